import type { Plugin } from 'esbuild';

/**
 * Leaves out zod's messages in forty languages: no program shows them, and reading them costs time and memory at every start. A build fails
 * when the one language that stays is not there any more.
 */
export const slim: Plugin = {
  name: 'slim',
  setup(build) {
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};
