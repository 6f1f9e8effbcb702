import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { EmptyState } from '../parts/basic/empty-state.tsx';
import { useWords } from '../words/words.tsx';

/** No such address. */
export function NotFound(): ReactNode {
  const { t } = useWords();
  return (
    <EmptyState title={t('shell.notFound.title')} action={<Link href="/">{t('shell.notFound.action')}</Link>}>
      {t('shell.notFound.text')}
    </EmptyState>
  );
}
