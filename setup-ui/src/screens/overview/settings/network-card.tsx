import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Card } from '../../../parts/basic/card.tsx';
import { useWords } from '../../../words/words.tsx';

/** The way to how this box goes to other hosts. */
export function NetworkCard(): ReactNode {
  const { t } = useWords();
  return (
    <Card title={t('overview.settings.network')}>
      <p className="mb-2 text-sm text-muted">{t('overview.settings.network.text')}</p>
      <Link href="/network" className="inline-flex min-h-7 items-center text-sm">
        {t('overview.settings.network.open')}
      </Link>
    </Card>
  );
}
