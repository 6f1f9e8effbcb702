import type { ReactNode } from 'react';
import { cx } from '../basic/class-names.ts';
import { Icon, type IconName } from '../basic/icon.tsx';
import { LiveText } from '../facts/live-text.tsx';

/** A line across the page about the page itself: data is old, no connection (E-09). Read out at most every 15 s. */
export function Ribbon(props: {
  readonly tone: 'warn' | 'bad';
  readonly text: string;
  readonly icon?: IconName;
}): ReactNode {
  return (
    <div
      className={cx(
        'border-b py-2 text-sm',
        props.tone === 'bad'
          ? 'border-bad-line bg-bad-soft text-bad'
          : 'border-warn-line bg-warn-soft text-warn',
      )}
    >
      <div className="mx-auto flex max-w-5xl items-start gap-2 px-3 sm:px-4">
        <Icon name={props.icon ?? (props.tone === 'bad' ? 'plug' : 'clock')} className="mt-0.5" />
        <span className="min-w-0">
          <LiveText text={props.text} />
        </span>
      </div>
    </div>
  );
}
