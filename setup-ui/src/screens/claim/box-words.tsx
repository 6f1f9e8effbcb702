import { useId, type ReactNode } from 'react';
import { useWords } from '../../words/words.tsx';

/** Whether this is the right box, before anything is typed: its six words, without claiming more than they prove. */
export function BoxWords(props: { readonly words: readonly string[] }): ReactNode {
  const { t } = useWords();
  const id = useId();
  return (
    <section aria-labelledby={id} className="mb-5 space-y-2 rounded-md bg-sunken p-3 text-sm">
      <h2 id={id} className="font-semibold">
        {t('session.words.title')}
      </h2>
      <p>{t('session.words.text')}</p>
      <ol
        aria-label={t('session.words.label')}
        className="grid grid-cols-2 gap-x-4 gap-y-1 font-mono font-semibold sm:grid-cols-3"
      >
        {props.words.map((word, at) => (
          // The place is part of what is compared.
          <li key={`${at} ${word}`} lang="en" className="flex gap-2">
            <span aria-hidden="true" className="font-normal text-muted">
              {at + 1}
            </span>
            <span className="min-w-0 wrap-anywhere">{word}</span>
          </li>
        ))}
      </ol>
      <p className="text-xs text-muted">{t('session.words.honest')}</p>
    </section>
  );
}
