import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { storeLocale, type Locale } from '../words/locale.ts';
import { loadWords, WordsProvider, type Words } from '../words/words.tsx';
import { ErrorBoundary } from './error-boundary.tsx';

/** Language and the net under everything. */
export function Root(props: { readonly firstWords: Words; readonly children: ReactNode }): ReactNode {
  const [words, setWords] = useState(props.firstWords);
  const choose = useCallback((locale: Locale) => {
    storeLocale(locale);
    // When the chunk cannot be had, the language stays as it is.
    loadWords(locale).then(setWords, () => undefined);
  }, []);
  useEffect(() => {
    document.documentElement.lang = words.tag;
  }, [words]);
  return (
    <WordsProvider words={words} choose={choose}>
      <ErrorBoundary>{props.children}</ErrorBoundary>
    </WordsProvider>
  );
}
