import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Plugin } from 'esbuild';

const UNDICI = dirname(createRequire(import.meta.url).resolve('undici/package.json'));

/** What our own clients take from undici. Its entry adds the ways of asking to every dispatcher; so does this one. */
const CONNECTIONS = `
import Dispatcher from './lib/dispatcher/dispatcher.js';
import Pool from './lib/dispatcher/pool.js';
import buildConnector from './lib/core/connect.js';
import ways from './lib/api/index.js';
Object.assign(Dispatcher.prototype, ways);
export { buildConnector, Pool };
`;

/**
 * Leaves out what no program uses, because reading it costs time and memory at every start: zod's messages in forty languages, and of undici
 * all but connections for our own clients (Node has a fetch of its own). A build fails when what stays is not there any more, or when one of
 * ours asks undici for something else.
 */
export const slim: Plugin = {
  name: 'slim',
  setup(build) {
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
    build.onResolve({ filter: /^undici$/ }, ({ importer }) =>
      // Other packages get all of it.
      importer.includes('/node_modules/') ? undefined : { path: 'connections', namespace: 'undici' },
    );
    build.onLoad({ filter: /.*/, namespace: 'undici' }, () => ({
      contents: CONNECTIONS,
      resolveDir: UNDICI,
    }));
  },
};

/**
 * Writes what esbuild leaves as it is (regular expressions, comments) in ASCII as well: one other letter, and the whole text of the program is
 * kept in memory with two bytes a letter.
 */
export async function inAscii(path: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  await writeFile(path, text.replace(/[^\0-\x7f]/g, escaped));
}
