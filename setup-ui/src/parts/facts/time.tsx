import type { ReactNode } from 'react';
import { useWords, type Words } from '../../words/words.tsx';
import { absoluteTime, durationParts, relativeTime } from './format.ts';
import { useNow } from './now.tsx';

/** Relative, with date, time and zone on hover and focus and for screen readers (E-17). */
export function Time(props: {
  /** RFC 3339, as the contract has it. */
  readonly at: string;
  /** `absolute` shows date and time themselves. */
  readonly form?: 'relative' | 'absolute';
}): ReactNode {
  const { t, tag } = useWords();
  const atMs = Date.parse(props.at);
  const now = useNow();
  const relative = relativeTime(atMs, now, tag) ?? t('parts.time.now');
  const absolute = absoluteTime(atMs, tag);
  const [shown, other] = props.form === 'absolute' ? [absolute, relative] : [relative, absolute];
  return (
    <time dateTime={props.at} tabIndex={0} className="hint tabular rounded underline-offset-2">
      {shown}
      <span className="hint-text" role="note">
        <span className="sr-only">, </span>
        {other}
      </span>
    </time>
  );
}

/** A length of time in at most two units: `38 s`, `4 min 10 s`, `2 days 3 h`. */
export function durationText(ms: number, t: Words['t']): string {
  const { d, h, m, s } = durationParts(ms);
  if (d > 0) return t('parts.duration.days', { d, h });
  if (h > 0) return t('parts.duration.hours', { h, m });
  if (m > 0) return s === 0 ? t('parts.duration.minutesOnly', { m }) : t('parts.duration.minutes', { m, s });
  return t('parts.duration.seconds', { n: s });
}

/** A fixed length, or one that grows: `since` a moment until now. */
export function Duration(props: { readonly ms: number } | { readonly since: string }): ReactNode {
  const { t } = useWords();
  const now = useNow();
  const ms = 'ms' in props ? props.ms : now - Date.parse(props.since);
  return <span className="tabular">{durationText(ms, t)}</span>;
}
