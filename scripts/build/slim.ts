import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

/**
 * Leaves out the parts of libraries that no program uses and that cost time and memory at every start: undici's fetch, WebSocket, cache and
 * mocks, which its one entry file all loads, and zod's messages in forty languages. A build fails when a file or name is not there any more.
 */
export const slim: Plugin = {
  name: 'slim',
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'slim' }));
    build.onLoad({ filter: /^undici$/, namespace: 'slim' }, () => {
      const folder = dirname(fileURLToPath(import.meta.resolve('undici')));
      const from = (path: string): string => JSON.stringify(join(folder, path));
      const contents = [
        `export { default as Pool } from ${from('lib/dispatcher/pool.js')};`,
        `export { default as buildConnector } from ${from('lib/core/connect.js')};`,
      ].join('\n');
      return { contents, resolveDir: folder };
    });
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};
