import type { ReactNode } from 'react';
import { useWords } from '../words/words.tsx';

/** Frame of every screen. */
export function Shell(props: { readonly children: ReactNode }): ReactNode {
  const { t } = useWords();
  return (
    <>
      <a className="skip-link" href="#content">
        {t('shell.skip')}
      </a>
      <main id="content" tabIndex={-1} className="mx-auto w-full max-w-5xl p-4">
        {props.children}
      </main>
    </>
  );
}
