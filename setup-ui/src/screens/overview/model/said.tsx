import type { ReactNode } from 'react';
import { useWords } from '../../../words/words.tsx';
import type { Saying } from './saying.ts';

/** A saying in the person's language. */
export function Said(props: { readonly of: Saying }): ReactNode {
  const { t } = useWords();
  return t(props.of.key, props.of.values);
}

/** Sayings, each a paragraph. */
export function SaidList(props: { readonly of: readonly Saying[] }): ReactNode {
  return props.of.map((one) => (
    <p key={one.key} className="wrap-break-word">
      <Said of={one} />
    </p>
  ));
}

/** The box's own words: English, and only where somebody asked for details. */
export function ServerText(props: { readonly children: string; readonly isCode?: boolean }): ReactNode {
  const { children, isCode = false } = props;
  return isCode ? (
    <pre
      lang="en"
      dir="ltr"
      className="max-h-64 overflow-auto rounded-md bg-sunken p-2 text-xs whitespace-pre-wrap wrap-anywhere"
    >
      {children}
    </pre>
  ) : (
    <span lang="en" dir="ltr" className="wrap-anywhere">
      {children}
    </span>
  );
}
