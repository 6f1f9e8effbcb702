import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CHROMIUM } from './chromium.ts';
import { PAGE_FOLDER } from './page-folder.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BUILD =
  "import { buildPage } from './scripts/build/page.ts'; await buildPage(process.argv[1], 'demo');";

/** Builds the page once before all browser tests, in a process of its own: a test runner's environment would build another page. */
export async function setup(): Promise<void> {
  if (CHROMIUM === undefined) return;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', BUILD, PAGE_FOLDER], {
    cwd: ROOT,
    env: { ...process.env, NODE_ENV: 'production' },
    timeout: 120_000,
  });
}
