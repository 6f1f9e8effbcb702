import { setupI18n, type Messages } from '@lingui/core';
import { createContext, use, type ReactNode } from 'react';
import type { MessageKey } from './keys.ts';
import type { Locale } from './locale.ts';
import { pseudoMessages } from './pseudo.ts';

export type MessageValues = Readonly<Record<string, string | number>>;

export interface Words {
  readonly locale: Locale;
  /** BCP 47 tag for `Intl`. */
  readonly tag: string;
  /** Whether all words are here, or only those of the first screen. */
  readonly isWhole: boolean;
  /** The message of a key, with its values filled in. */
  readonly t: (key: MessageKey, values?: MessageValues) => string;
  /** The same for a key that is made from data; undefined when there is none. */
  readonly find: (key: string, values?: MessageValues) => string | undefined;
  /** Who acts next after a problem. */
  readonly actorOf: (code: string) => string | undefined;
}

/** What is fetched of a locale. */
export interface Catalogue {
  readonly messages: Readonly<Record<string, unknown>>;
  /** Problem code -> who acts next; comes with the second part. */
  readonly actors?: Readonly<Record<string, string>>;
}

/** Words of a locale from compiled messages. */
export function createWords(locale: Locale, { messages, actors }: Catalogue): Words {
  const tag = locale === 'qps' ? 'en' : locale;
  const shown = __GALLERY__ && locale === 'qps' ? pseudoMessages(messages) : messages;
  // A word that has not come yet shows as such and not as its key; in a whole catalogue none is missing (a test holds that).
  const missing = (_: string, key: string): string => (actors === undefined ? '…' : key);
  const i18n = setupI18n({ missing, locale, locales: tag, messages: { [locale]: { ...shown } as Messages } });
  return {
    locale,
    tag,
    isWhole: actors !== undefined,
    t: (key, values) => i18n._(key, values),
    find: (key, values) => (Object.hasOwn(shown, key) ? i18n._(key, values) : undefined),
    actorOf: (code) => actors?.[code],
  };
}

const FIRST: Readonly<Record<string, () => Promise<Catalogue>>> = {
  en: () => import('virtual:words/en'),
  de: () => import('virtual:words/de'),
};
const MORE: Readonly<Record<string, () => Promise<Required<Catalogue>>>> = {
  en: () => import('virtual:words/en/more'),
  de: () => import('virtual:words/de/more'),
};
const bare = (): Promise<Catalogue> => Promise.resolve({ messages: {} });

/** Fetches the words that the first screen needs: one small chunk for each language. */
export async function loadWords(locale: Locale): Promise<Words> {
  return createWords(locale, await (FIRST[locale] ?? FIRST['en'] ?? bare)());
}

/** Fetches all words of a language. */
export async function loadAllWords(locale: Locale): Promise<Words> {
  const [first, more] = await Promise.all([
    (FIRST[locale] ?? FIRST['en'] ?? bare)(),
    (MORE[locale] ?? MORE['en'] ?? bare)(),
  ]);
  return createWords(locale, { ...more, messages: { ...first.messages, ...more.messages } });
}

interface WordsContext {
  readonly words: Words;
  /** Loads another language and remembers it. */
  readonly choose: (locale: Locale) => void;
}

const Context = createContext<WordsContext | undefined>(undefined);

export function WordsProvider(props: WordsContext & { readonly children: ReactNode }): ReactNode {
  return <Context value={{ words: props.words, choose: props.choose }}>{props.children}</Context>;
}

function useContextWords(): WordsContext {
  const found = use(Context);
  if (found === undefined) throw new Error('useWords is used outside WordsProvider');
  return found;
}

/** `const { t } = useWords(); t('overview.title', { version })`. */
export const useWords = (): Words => useContextWords().words;
/** Changes the language of the page. */
export const useChooseLocale = (): WordsContext['choose'] => useContextWords().choose;
