import { useId, type ReactNode } from 'react';
import { useWords } from '../../../words/words.tsx';
import { cx } from '../../basic/class-names.ts';
import { Icon, type IconName } from '../../basic/icon.tsx';
import { LiveText } from '../../facts/live-text.tsx';
import { strengthOf, type Level } from './strength.ts';
import { useEstimate } from './use-estimate.ts';

interface Look {
  readonly icon: IconName;
  readonly bar: string;
  readonly text: string;
}
const BAD: Look = { icon: 'alert', bar: 'bg-bad', text: 'text-bad' };
const LOOKS: Readonly<Record<Level, Look>> = {
  short: BAD,
  guessable: BAD,
  weak: BAD,
  fair: { icon: 'alert', bar: 'bg-warn', text: 'text-warn' },
  good: { icon: 'check', bar: 'bg-good', text: 'text-good' },
  strong: { icon: 'check', bar: 'bg-good', text: 'text-good' },
  unknown: { icon: 'clock', bar: 'bg-sunken', text: 'text-muted' },
};
const PARTS = [1, 2, 3, 4] as const;

export interface StrengthMeterProps {
  readonly password: string;
  /** What somebody who guesses would try first: names of product, vendor and person. */
  readonly names: readonly string[];
  readonly minLength: number;
  /** Whether the box refuses what is easy to guess; else it is advice. */
  readonly isRule: boolean;
}

/** How good the password is that is being typed: in a word, in colour, and what would make it better. It is judged in this page. */
export function StrengthMeter(props: StrengthMeterProps): ReactNode {
  const { t, find } = useWords();
  const id = useId();
  const { password, names, minLength, isRule } = props;
  const estimated = useEstimate(password, names);
  if (password === '') return null;
  const { level, filled, missing, tips } = strengthOf(password, names, minLength, estimated);
  const look = LOOKS[level];
  const word =
    level === 'guessable' && !isRule
      ? t('strength.level.weak')
      : t(`strength.level.${level}`, { n: missing, min: minLength });
  return (
    <div className="space-y-1 text-sm" data-strength={level}>
      <div
        role="meter"
        aria-label={t('strength.label')}
        aria-valuemin={0}
        aria-valuemax={4}
        aria-valuenow={filled}
        aria-valuetext={word}
        aria-describedby={id}
        className="flex gap-1"
      >
        {PARTS.map((part) => (
          <span key={part} className={cx('h-1.5 flex-1 rounded', part <= filled ? look.bar : 'bg-sunken')} />
        ))}
      </div>
      <p className={cx('flex items-start gap-1.5 font-medium', look.text)}>
        <Icon name={look.icon} className="mt-0.5" />
        <LiveText text={word} />
      </p>
      <ul id={id} className="text-muted">
        {tips.map((tip) => (
          <li key={tip}>{find(`strength.${tip}`)}</li>
        ))}
      </ul>
    </div>
  );
}
