import { useId, type ReactNode } from 'react';
import { Disclosure } from '../../parts/basic/disclosure.tsx';
import { useWords } from '../../words/words.tsx';

/** Whether this is the right box: its six words, and what the browser's warning means, without claiming more than they prove. */
export function BoxWords(props: { readonly words: readonly string[] | undefined }): ReactNode {
  const { t } = useWords();
  const id = useId();
  return (
    <section aria-labelledby={id} className="mt-5 space-y-3 border-t border-line pt-4 text-sm">
      <h2 id={id} className="font-semibold">
        {t('session.words.title')}
      </h2>
      {props.words !== undefined && (
        <>
          <p>{t('session.words.text')}</p>
          <ol
            aria-label={t('session.words.label')}
            className="grid grid-cols-2 gap-x-4 gap-y-1 rounded-md bg-sunken p-3 font-mono sm:grid-cols-3"
          >
            {props.words.map((word, at) => (
              // The place is part of what is compared.
              <li key={`${at} ${word}`} lang="en" className="flex gap-2">
                <span aria-hidden="true" className="text-muted">
                  {at + 1}
                </span>
                <span className="min-w-0 wrap-anywhere">{word}</span>
              </li>
            ))}
          </ol>
          <p className="text-muted">{t('session.words.honest')}</p>
        </>
      )}
      <p>{t('session.certificate.short')}</p>
      <Disclosure title={t('session.certificate.title')}>
        <div className="space-y-2 text-muted">
          <p>{t('session.certificate.means')}</p>
          <p>{t('session.certificate.compare')}</p>
          <p>{t('session.certificate.differs')}</p>
        </div>
      </Disclosure>
    </section>
  );
}
