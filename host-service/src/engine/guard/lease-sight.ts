import type { LeaderSight } from '../../core/roll/guard/sight.ts';
import type { Clock, LeaseRecord, LeaseStore } from '../ports.ts';

/** Looks at a Lease that somebody else holds. */
export interface LeaseSight {
  /** Throws Problem cluster.*. */
  look(signal: AbortSignal): Promise<LeaderSight>;
}

/** A Lease that says nothing about its duration is believed so long, in milliseconds. */
const SHORTEST_MS = 10_000;

/**
 * Watches whether a Lease is renewed. Judged by our own monotonic time since the record was last seen to change, never by the times in it
 * (protocols §4.4): who has just begun to look believes the holder for one duration.
 */
export function watchLease(options: {
  readonly store: LeaseStore;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly name: string;
  readonly namespace: string;
}): LeaseSight {
  const { store, clock, name, namespace } = options;
  const seen: { record: LeaseRecord | undefined; changedAt: number } = { record: undefined, changedAt: 0 };
  return {
    async look(signal) {
      const found = await store.read(name, namespace, signal);
      const isSame =
        found?.resourceVersion === seen.record?.resourceVersion && found?.holder === seen.record?.holder;
      if (!isSame) seen.changedAt = clock.monotonic();
      seen.record = found;
      if (found === undefined || found.holder === '') return { holder: '', isRenewing: false };
      const lastsMs = Math.max(SHORTEST_MS, found.durationSeconds * 1000);
      return { holder: found.holder, isRenewing: clock.monotonic() - seen.changedAt < lastsMs };
    },
  };
}
