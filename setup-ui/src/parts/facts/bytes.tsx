import type { ReactNode } from 'react';
import { useWords } from '../../words/words.tsx';
import { bytesText } from './format.ts';

/** Bytes in the unit that fits. */
export function Bytes(props: { readonly value: number }): ReactNode {
  const { tag } = useWords();
  return <span className="tabular whitespace-nowrap">{bytesText(props.value, tag)}</span>;
}
