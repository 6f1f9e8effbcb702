import type { IconName } from './icon.tsx';

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'plain';

export interface Look {
  readonly icon: IconName;
  readonly tone: Tone;
}

const LOOKS: Readonly<Record<string, Look>> = {
  running: { icon: 'spinner', tone: 'info' },
  'phase.running': { icon: 'check', tone: 'good' },
  starting: { icon: 'spinner', tone: 'info' },
  'needs-you': { icon: 'hand', tone: 'warn' },
  installing: { icon: 'spinner', tone: 'info' },
  updating: { icon: 'spinner', tone: 'info' },
  reverting: { icon: 'back', tone: 'warn' },
  degraded: { icon: 'alert', tone: 'warn' },
  blocked: { icon: 'cross', tone: 'bad' },
  held: { icon: 'pause', tone: 'plain' },
  paused: { icon: 'pause', tone: 'warn' },
  ready: { icon: 'check', tone: 'good' },
  progressing: { icon: 'spinner', tone: 'info' },
  failed: { icon: 'cross', tone: 'bad' },
  missing: { icon: 'clock', tone: 'plain' },
  succeeded: { icon: 'check', tone: 'good' },
  cancelled: { icon: 'dash', tone: 'plain' },
  pending: { icon: 'clock', tone: 'plain' },
  done: { icon: 'check', tone: 'good' },
  skipped: { icon: 'dash', tone: 'plain' },
  pass: { icon: 'check', tone: 'good' },
  skip: { icon: 'dash', tone: 'plain' },
  wait: { icon: 'clock', tone: 'info' },
  refuse: { icon: 'cross', tone: 'bad' },
};

/** How a state looks: `states.phase.running` or just `running`. Unknown states look plain, never good. */
export function lookOf(state: string): Look {
  const path = state.replace(/^states\./, '');
  return LOOKS[path] ?? LOOKS[path.slice(path.lastIndexOf('.') + 1)] ?? { icon: 'info', tone: 'plain' };
}
