import type { ReactNode } from 'react';
import { useWords } from './words.tsx';

/** Waits until all words are here: for screens that are not the first one. */
export function WholeWords(props: { readonly children: ReactNode; readonly fallback: ReactNode }): ReactNode {
  return useWords().isWhole ? props.children : props.fallback;
}
