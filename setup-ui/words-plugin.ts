import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileMessageOrThrow } from '@lingui/message-utils/compileMessage';
import type { Plugin } from 'vite';
import { z } from 'zod';

const FOLDER = fileURLToPath(new URL('./src/words/', import.meta.url));
const PREFIX = 'virtual:words/';
const Catalogue = z.record(z.string(), z.string());

/** Compiled messages of a locale: `<file>.<key>` -> what `@lingui/core` formats without a parser. @throws Error that names file and key of a message with mistakes */
export async function compileWords(locale: string): Promise<Record<string, unknown>> {
  const folder = join(FOLDER, locale);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const messages: Record<string, unknown> = {};
  for (const file of files) {
    const entries = Catalogue.parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
    for (const [key, text] of Object.entries(entries)) {
      try {
        messages[`${basename(file, '.json')}.${key}`] = compileMessageOrThrow(text);
      } catch (error) {
        throw new Error(`words/${locale}/${file}, ${key}: ${String(error)}`, { cause: error });
      }
    }
  }
  return messages;
}

/** Serves `virtual:words/<locale>`: the catalogues of a locale, compiled while building so that no parser is shipped. */
export function words(): Plugin {
  return {
    name: 'words',
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : undefined),
    async load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return undefined;
      const locale = id.slice(PREFIX.length + 1);
      const folder = join(FOLDER, locale);
      for (const file of await readdir(folder)) this.addWatchFile(join(folder, file));
      return `export const messages = JSON.parse(${JSON.stringify(JSON.stringify(await compileWords(locale)))});`;
    },
    handleHotUpdate({ file, server }) {
      if (file.startsWith(FOLDER) && file.endsWith('.json')) {
        server.moduleGraph.invalidateAll();
        server.hot.send({ type: 'full-reload' });
      }
    },
  };
}
