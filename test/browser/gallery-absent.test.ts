import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM } from './support/chromium.ts';
import { pageFolder } from './support/page-folder.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUILD =
  "import { buildPage } from './scripts/build/page.ts'; await buildPage(process.argv[1], 'production');";

/** What only gallery, panel and pseudo-language say. */
const OF_DEMOS = [
  '/demo/faults',
  'Demo: break something',
  'this is the gallery',
  'There is no such state',
  '⟦',
];

/** Everything in a built page that is not compressed, as one text. */
async function textOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !/\.(br|gz)$/.test(entry.name));
  const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'utf8')));
  return texts.join('\n');
}

describe('the page of the product', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'appliance-page-'));
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', BUILD, folder], {
      cwd: ROOT,
      env: { ...process.env, NODE_ENV: 'production' },
      timeout: 120_000,
    });
  }, 150_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has neither the gallery of states nor the panel that breaks things (E-28)', async () => {
    const text = await textOf(folder);
    expect(text).toContain('/api/events');
    expect(OF_DEMOS.filter((words) => text.includes(words))).toEqual([]);
  });

  it.skipIf(CHROMIUM === undefined)('differs in that from the page of the demo', async () => {
    const text = await textOf(pageFolder());
    expect(OF_DEMOS.filter((words) => !text.includes(words))).toEqual([]);
  });
});
