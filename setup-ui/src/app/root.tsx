import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { storeLocale, type Locale } from '../words/locale.ts';
import { loadAllWords, WordsProvider, type Words } from '../words/words.tsx';
import { ErrorBoundary } from './error-boundary.tsx';

/** Milliseconds until words that could not be had are asked for again. */
const AGAIN_MS = 2_000;

/** Fetches the rest of the words after the first screen stands. */
function useRestOfWords(words: Words, onWords: (words: Words) => void): void {
  useEffect(() => {
    if (words.isWhole) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const fetchRest = (): void => {
      loadAllWords(words.locale).then(
        (all) => {
          if (!isOver) onWords(all);
        },
        () => {
          if (!isOver) timer = setTimeout(fetchRest, AGAIN_MS);
        },
      );
    };
    fetchRest();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [words, onWords]);
}

/** Language and the net under everything. */
export function Root(props: { readonly firstWords: Words; readonly children: ReactNode }): ReactNode {
  const [words, setWords] = useState(props.firstWords);
  useRestOfWords(words, setWords);
  const choose = useCallback((locale: Locale) => {
    storeLocale(locale);
    // When the words cannot be had, the language stays as it is.
    loadAllWords(locale).then(setWords, () => undefined);
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
