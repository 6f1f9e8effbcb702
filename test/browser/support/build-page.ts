import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { CHROMIUM } from './chromium.ts';
import type {} from './page-folder.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BUILD =
  "import { buildPage } from './scripts/build/page.ts'; await buildPage(process.argv[1], 'demo');";

/**
 * Builds the page once before all browser tests, for this run alone: two runs at a time must not pull it from under each other. In a process of
 * its own, because a test runner's environment would build another page.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (CHROMIUM === undefined) return () => Promise.resolve();
  const parent = join(ROOT, 'dist/browser-page');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, 'run-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', BUILD, folder], {
      cwd: ROOT,
      env: { ...process.env, NODE_ENV: 'production' },
      timeout: 120_000,
    });
  } catch (error) {
    await remove();
    throw error;
  }
  project.provide('page', folder);
  return remove;
}
