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
  /** The message of a key, with its values filled in. */
  readonly t: (key: MessageKey, values?: MessageValues) => string;
  /** The same for a key that is made from data; undefined when there is none. */
  readonly find: (key: string, values?: MessageValues) => string | undefined;
}

/** Words of a locale from compiled messages. */
export function createWords(locale: Locale, messages: Readonly<Record<string, unknown>>): Words {
  const tag = locale === 'qps' ? 'en' : locale;
  const i18n = setupI18n({ locale, locales: tag, messages: { [locale]: messages as Messages } });
  return {
    locale,
    tag,
    t: (key, values) => i18n._(key, values),
    find: (key, values) => (Object.hasOwn(messages, key) ? i18n._(key, values) : undefined),
  };
}

/** Fetches the words of a locale: one lazy chunk each. */
export async function loadWords(locale: Locale): Promise<Words> {
  if (locale === 'de') return createWords(locale, (await import('virtual:words/de')).messages);
  const { messages } = await import('virtual:words/en');
  return createWords(locale, locale === 'qps' ? pseudoMessages(messages) : messages);
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
