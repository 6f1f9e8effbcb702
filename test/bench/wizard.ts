import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../browser/wizard-bench.ts', import.meta.url));

/** A program of its own, because it speaks of pages and the other parts do not. @throws Error when it fails */
export async function wizardPart(): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`it ended with ${String(code)}`);
}
