import type { ReactNode } from 'react';
import { Icon } from '../../../parts/basic/icon.tsx';
import { clockTime } from '../../../parts/facts/format.ts';
import { useNow } from '../../../parts/facts/now.tsx';
import { useWords } from '../../../words/words.tsx';
import type { Now } from './derive-now.ts';

/** Who has paused it since when, and after what it was taken up again. */
export function Interruptions(props: {
  readonly now: { readonly [K in 'paused' | 'continued']?: Now[K] | undefined };
}): ReactNode {
  const { t, tag } = useWords();
  const nowMs = useNow();
  const { paused, continued } = props.now;
  const timeOf = (at: string): string => clockTime(Date.parse(at), tag, nowMs);
  return (
    <>
      {paused !== undefined && (
        <p
          data-paused={paused.by}
          className="flex gap-2 rounded-md border border-warn-line bg-warn-soft p-3 text-sm"
        >
          <Icon name="pause" className="mt-0.5 text-warn" />
          <span className="min-w-0 font-medium wrap-anywhere">
            {t('overview.stopped.paused', { by: paused.by, at: timeOf(paused.at) })}
            {paused.reason !== undefined && ` (${paused.reason})`}
          </span>
        </p>
      )}
      {continued !== undefined && (
        <p data-continued={continued.kind} className="text-sm font-medium">
          {t(`overview.stopped.${continued.kind}`, { at: timeOf(continued.stoppedAt ?? continued.at) })}
        </p>
      )}
    </>
  );
}
