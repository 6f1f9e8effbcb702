import type { ReactNode } from 'react';
import { Icon } from '../../parts/basic/icon.tsx';
import { useWords } from '../../words/words.tsx';

/** What was set while the box was built holds until something is said here. */
export function FixedNote(): ReactNode {
  const { t } = useWords();
  return (
    <p className="flex gap-2 rounded-md border border-info-line bg-info-soft p-3 text-sm">
      <Icon name="info" className="mt-0.5 text-info" />
      <span className="min-w-0">{t('network.fixed')}</span>
    </p>
  );
}
