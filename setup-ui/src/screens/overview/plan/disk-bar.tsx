import type { ReactNode } from 'react';
import { bytesText } from '../../../parts/facts/format.ts';
import { useWords } from '../../../words/words.tsx';
import type { DiskBar } from './derive-plan.ts';

const WIDTH = 1000;

/** The disk before and after, as a bar and in words. */
export function DiskBarView(props: { readonly disk: DiskBar }): ReactNode {
  const { t, tag } = useWords();
  const { disk } = props;
  const bytes = (value: number): string => bytesText(value, tag);
  const used = disk.usedShare * WIDTH;
  const added = Math.max(disk.addedShare * WIDTH, disk.addedShare > 0 ? 4 : 0);
  const label = t('overview.plan.disk-bar', {
    total: bytes(disk.total),
    used: bytes(disk.total - disk.freeNow),
    added: bytes(Math.max(0, disk.freeNow - disk.freeAfter)),
  });
  return (
    <div className="space-y-1">
      <svg
        role="img"
        aria-label={label}
        viewBox={`0 0 ${WIDTH} 10`}
        preserveAspectRatio="none"
        className="block h-2.5 w-full overflow-hidden rounded bg-sunken"
      >
        <rect x="0" y="0" width={used} height="10" className="fill-edge-strong" />
        <rect
          x={Math.min(used, WIDTH - added)}
          y="0"
          width={added}
          height="10"
          className={disk.isTooSmall ? 'fill-bad' : 'fill-accent'}
        />
      </svg>
      <p className="tabular flex flex-wrap gap-x-3">
        <span>{t('overview.plan.disk-now', { free: bytes(disk.freeNow), total: bytes(disk.total) })}</span>
        <span>{t('overview.plan.disk-after', { free: bytes(disk.freeAfter) })}</span>
      </p>
      {disk.isTooSmall && <p className="font-medium text-bad">{t('overview.plan.disk-too-small')}</p>}
    </div>
  );
}
