import { isSecretType } from '../../contract/api/answer-mistake.ts';
import type { Product } from '../../contract/product.ts';
import { usesOf } from './uses.ts';

const PREFIX = '_replace.';

/**
 * Key in the draft that says: a person replaces this answer, although a Secret has it already. Without it a key that exists is never changed
 * (B-06). No setting can have this name: theirs begin with a letter.
 */
export const replaceMarkOf = (setting: string): string => `${PREFIX}${setting}`;

/** Secret questions whose answers may be replaced and are to be, by the names of the draft's keys alone. */
export function replacedIn(product: Product, keys: Iterable<string>): readonly string[] {
  const names = new Set(keys);
  return [...names]
    .filter((key) => key.startsWith(PREFIX))
    .map((key) => key.slice(PREFIX.length))
    .filter((name) => names.has(name) && mayReplace(product, name));
}

/** Texts of the draft with a mark for each of these answers that a Secret has already: so that the next look writes it anew. */
export function withReplaceMarks(
  product: Product,
  keysOf: (secret: string) => ReadonlySet<string> | undefined,
  texts: Readonly<Record<string, string>>,
  names: Iterable<string>,
): Readonly<Record<string, string>> {
  const marks = [...names]
    .filter((name) => mayReplace(product, name) && Object.hasOwn(texts, name))
    .filter((name) => usesOf(product, name).some(({ secret, key }) => keysOf(secret)?.has(key) === true))
    .map((name) => [replaceMarkOf(name), 'yes'] as const);
  return { ...texts, ...Object.fromEntries(marks) };
}

function mayReplace(product: Product, name: string): boolean {
  const definition = Object.hasOwn(product.settings, name) ? product.settings[name] : undefined;
  return definition !== undefined && definition.editable && isSecretType(definition.type);
}
