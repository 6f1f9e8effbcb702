import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileMessageOrThrow } from '@lingui/message-utils/compileMessage';
import { PROBLEMS } from 'host-service/contract/problem.ts';
import type { Plugin } from 'vite';
import { z } from 'zod';

const FOLDER = fileURLToPath(new URL('./src/words/', import.meta.url));
const PREFIX = 'virtual:words/';
/** Words that the first screen needs; the others follow by themselves and are waited for by screens that need them. */
const FIRST: ReadonlySet<string> = new Set(['common', 'parts', 'shell', 'states', 'overview']);
/** What stands in dialogs and behind disclosures of the first screen can come a moment later. */
const LATER = /^overview\.(dialog|preview|changed|settings|error|asked|stopped)\b/;
const Catalogue = z.record(z.string(), z.string());

export type Part = 'first' | 'more';

/** English words for problems are those of the contract's table; every other language has a file. */
const tableWords = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(PROBLEMS).flatMap(([code, { title, remedy }]) => [
      [`problems.${code}.title`, title],
      [`problems.${code}.remedy`, remedy],
    ]),
  );

async function textsOf(locale: string, part: Part): Promise<Record<string, string>> {
  const folder = join(FOLDER, locale);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const texts: Record<string, string> = part === 'more' && locale === 'en' ? tableWords() : {};
  for (const file of files) {
    const name = basename(file, '.json');
    const entries = Catalogue.parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
    for (const [key, text] of Object.entries(entries)) {
      const whole = `${name}.${key}`;
      if ((FIRST.has(name) && !LATER.test(whole)) === (part === 'first')) texts[whole] = text;
    }
  }
  return texts;
}

/**
 * Compiled messages of a locale: `<file>.<key>` -> what `@lingui/core` formats without a parser.
 *
 * @throws Error that names the key of a message with mistakes
 */
export async function compileWords(locale: string, part: Part): Promise<Record<string, unknown>> {
  const messages: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(await textsOf(locale, part))) {
    try {
      messages[key] = compileMessageOrThrow(text);
    } catch (error) {
      throw new Error(`words/${locale}, ${key}: ${String(error)}`, { cause: error });
    }
  }
  return messages;
}

const asModule = (name: string, value: unknown): string =>
  `export const ${name} = JSON.parse(${JSON.stringify(JSON.stringify(value))});`;

/** Who acts next after each problem. */
const actors = (): Record<string, string> =>
  Object.fromEntries(Object.entries(PROBLEMS).map(([code, { next }]) => [code, next]));

/**
 * Serves `virtual:words/<locale>` and `virtual:words/<locale>/more`: the catalogues of a locale, compiled while building so that no parser is
 * shipped.
 */
export function words(): Plugin {
  return {
    name: 'words',
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : undefined),
    async load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return undefined;
      const [locale = '', more] = id.slice(PREFIX.length + 1).split('/');
      const folder = join(FOLDER, locale);
      for (const file of await readdir(folder)) this.addWatchFile(join(folder, file));
      const messages = asModule(
        'messages',
        await compileWords(locale, more === undefined ? 'first' : 'more'),
      );
      return more === undefined ? messages : `${messages}\n${asModule('actors', actors())}`;
    },
    handleHotUpdate({ file, server }) {
      if (!file.startsWith(FOLDER) || !file.endsWith('.json')) return;
      server.moduleGraph.invalidateAll();
      server.hot.send({ type: 'full-reload' });
    },
  };
}
