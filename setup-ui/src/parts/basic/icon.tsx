import type { ReactNode } from 'react';
import { cx } from './class-names.ts';

/** Strokes on a 16 px grid. */
const PATHS = {
  alert: 'M8 2 15 14H1Zm0 4.5v3.5m0 2v.01',
  arrow: 'M2.5 8h11M9 3.5 13.5 8 9 12.5',
  back: 'M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M3 6.5 6 3.5M3 6.5l3 3',
  check: 'm3 8.5 3.2 3.2L13 5',
  chevron: 'm6 3.5 4.5 4.5L6 12.5',
  clock: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13Zm0 3V8l2.5 1.5',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  cross: 'm4 4 8 8m0-8-8 8',
  dash: 'M3.5 8h9',
  down: 'M8 2.5v11M3.5 9 8 13.5 12.5 9',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z',
  hand: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13ZM8 4.5v4m0 3v.01',
  info: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13ZM8 7.5v4m0-7v.01',
  key: 'M10.5 2a3.5 3.5 0 1 1-2.6 5.9L2.5 13.3V11m2.2.2 1.6 1.6M10.8 5.2v.01',
  language: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13ZM1.5 8h13M8 1.5c4 4 4 9 0 13-4-4-4-9 0-13Z',
  lock: 'M3.5 7h9v6.5h-9zM5.5 7V4.5a2.5 2.5 0 0 1 5 0V7',
  pause: 'M5.5 3.5v9m5-9v9',
  person: 'M8 2a2.75 2.75 0 1 1 0 5.5A2.75 2.75 0 0 1 8 2ZM2.5 14c.3-3 2.4-4.5 5.5-4.5s5.2 1.5 5.5 4.5',
  plug: 'M5.5 1.5v4m5-4v4M3.5 5.5h9V8a4.5 4.5 0 0 1-9 0Zm4.5 7v2',
  refresh: 'M13.5 8A5.5 5.5 0 1 1 11.7 4M13.5 1.5V4.5h-3',
  shield: 'M8 1.5 13.5 3.5V8c0 3.2-2.2 5.4-5.5 6.5C4.7 13.4 2.5 11.2 2.5 8V3.5Zm-2.5 6 2 2 3.5-3.5',
  spinner: 'M8 1.5A6.5 6.5 0 1 1 1.5 8',
} as const;

export type IconName = keyof typeof PATHS;

/** A sign beside words, never instead of them: hidden from screen readers (E-15). */
export function Icon(props: { readonly name: IconName; readonly className?: string }): ReactNode {
  return (
    <svg
      viewBox="0 0 16 16"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      className={cx('shrink-0', props.name === 'spinner' && 'turn', props.className)}
    >
      <path d={PATHS[props.name]} />
    </svg>
  );
}
