import { setupI18n, type Messages } from '@lingui/core';
import { compileWords } from '../../../setup-ui/words-plugin.ts';

/** The message of a key as the page shows it. @throws Error for a key that the catalogue does not have */
export type Say = (key: string, values?: Readonly<Record<string, string | number>>) => string;

/** The words of the page in a language, from the catalogues that the page itself is built from. */
export async function wordsIn(locale: 'en' | 'de'): Promise<Say> {
  const messages = { ...(await compileWords(locale, 'first')), ...(await compileWords(locale, 'more')) };
  const i18n = setupI18n({ locale, locales: locale, messages: { [locale]: messages as Messages } });
  return (key, values) => {
    if (!Object.hasOwn(messages, key)) throw new Error(`words/${locale} have no ${key}`);
    return i18n._(key, values);
  };
}
