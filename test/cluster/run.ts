/* eslint no-console: off -- this is a command line program */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { ensureTools } from './build.ts';
import { ESSENTIAL } from './tools.ts';

/** Builds the programs of the test world, then runs the cluster tier; arguments go to vitest. */
async function main(): Promise<number> {
  const tools = await ensureTools({ log: (line) => console.log(line) });
  for (const { name, reason } of tools.missing) {
    console.log(`missing: ${name}: ${reason}`);
  }
  const missing = tools.missing.filter(({ name }) => ESSENTIAL.includes(name));
  if (missing.length > 0) {
    console.log(
      `cluster tier skipped: ${missing.map(({ name, reason }) => `${name} (${reason})`).join(', ')}`,
    );
    return process.env['APPLIANCE_REQUIRE_CLUSTER'] === '1' ? 1 : 0;
  }
  const args = ['run', '--project', 'cluster', ...process.argv.slice(2)];
  const vitest = new URL('../../node_modules/vitest/vitest.mjs', import.meta.url).pathname;
  const child = spawn(process.execPath, [vitest, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => child.kill(signal));
  }
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

process.exitCode = await main();
