import { readFile } from 'node:fs/promises';
import type { Plugin } from 'vite';

/** Parts of zod that no page needs: making JSON Schema, and messages for people. */
const UNUSED = /\/zod\/v4\/core\/(to-json-schema|json-schema-processors|json-schema-generator)\.js$/;
const MESSAGES = /\/zod\/v4\/locales\/en\.js$/;
const EXPECTED = 3;

/** Names that a module of zod exports. */
function exportsOf(text: string): readonly string[] {
  return [...text.matchAll(/^export (?:const|function|class) (\w+)/gm)].flatMap(([, name]) => name ?? []);
}

/**
 * Leaves out of the page what zod brings along unasked: about a tenth of the first load. The answers are parsed all the same; only an issue says
 * its code instead of an English sentence. The build fails when zod is laid out in another way than this expects.
 */
export function slim(): Plugin {
  const seen = new Set<string>();
  return {
    name: 'slim',
    apply: 'build',
    enforce: 'pre',
    async load(id) {
      if (MESSAGES.test(id)) {
        seen.add('messages');
        return 'export default () => ({ localeError: (issue) => issue.code });';
      }
      const found = UNUSED.exec(id)?.[1];
      if (found === undefined) return undefined;
      seen.add(found);
      const names = exportsOf(await readFile(id, 'utf8'));
      return names.map((name) => `export const ${name} = () => undefined;`).join('\n');
    },
    buildEnd(error) {
      if (error === undefined && seen.size < EXPECTED)
        this.error(`zod is laid out in another way: found only ${[...seen].join(', ')}`);
    },
  };
}
