import type { SessionEntry } from 'host-service/contract/api/session.ts';
import type { Words } from '../../../words/words.tsx';

export interface SessionRow {
  readonly entry: SessionEntry;
  readonly device: string;
}

/** This device first, then the newest. The box sends them so, but for the clock of whoever looks later. */
export function sessionRowsOf(sessions: readonly SessionEntry[], t: Words['t']): readonly SessionRow[] {
  const rank = ({ isThis, since }: SessionEntry): string => (isThis ? '9' : '0') + since;
  return [...sessions]
    .sort((one, other) => (rank(one) < rank(other) ? 1 : -1))
    .map((entry) => ({ entry, device: deviceText(entry, t) }));
}

/** In the person's language: the box says it in English, in words of its own lists. */
export function deviceText({ device, via }: Pick<SessionEntry, 'device' | 'via'>, t: Words['t']): string {
  if (via === 'cli') return t('session.list.cli');
  const [browser = '', system] = device.split(' on ');
  const name = browser === 'Unknown browser' ? t('session.list.unknown') : browser;
  return system === undefined ? name : t('session.list.device', { browser: name, system });
}
