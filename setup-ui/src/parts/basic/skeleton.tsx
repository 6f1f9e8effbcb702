import type { ReactNode } from 'react';
import { useWords } from '../../words/words.tsx';
import { cx } from './class-names.ts';

/** Holds the place of lines that are on their way, so that nothing jumps (E-26). Says so once to screen readers. */
export function Skeleton(props: { readonly lines?: number; readonly className?: string }): ReactNode {
  const { t } = useWords();
  return (
    <div className={cx('space-y-2', props.className)} role="status">
      <span className="sr-only">{t('common.loading')}</span>
      {Array.from({ length: props.lines ?? 3 }, (_, index) => (
        <div
          key={index}
          aria-hidden="true"
          className={cx('h-4 rounded bg-sunken', index % 3 === 2 ? 'w-2/3' : 'w-full')}
        />
      ))}
    </div>
  );
}
