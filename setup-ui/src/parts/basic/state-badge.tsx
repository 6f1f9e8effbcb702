import type { ReactNode } from 'react';
import { useWords } from '../../words/words.tsx';
import type { MessageKey } from '../../words/keys.ts';
import { cx } from './class-names.ts';
import { Icon } from './icon.tsx';
import { lookOf, type Tone } from './state-look.ts';

const TONES: Readonly<Record<Tone, string>> = {
  good: 'border-good-line bg-good-soft text-good',
  warn: 'border-warn-line bg-warn-soft text-warn',
  bad: 'border-bad-line bg-bad-soft text-bad',
  info: 'border-info-line bg-info-soft text-info',
  plain: 'border-line bg-sunken text-muted',
};

/** Any state that has a word in `words/en/states.json`. */
export type StateKey = Extract<
  MessageKey,
  `states.${'phase' | 'component' | 'outcome' | 'step' | 'verdict'}.${string}`
>;

/** Icon, word and colour together; none of them alone (E-15). */
export function StateBadge(props: {
  readonly state: StateKey;
  /** The last known state, perhaps no longer true: no colour promises anything. */ readonly isOld?: boolean;
  readonly className?: string;
}): ReactNode {
  const { t } = useWords();
  const known = lookOf(props.state);
  const { icon, tone } = props.isOld === true ? ({ icon: 'clock', tone: 'plain' } as const) : known;
  return (
    <span
      data-state={props.state}
      className={cx(
        'inline-flex items-center gap-1.5 rounded-full border px-2 py-0.5 text-xs font-medium whitespace-nowrap',
        TONES[tone],
        props.className,
      )}
    >
      <Icon name={icon} className="size-3.5" />
      {t(props.state)}
    </span>
  );
}
