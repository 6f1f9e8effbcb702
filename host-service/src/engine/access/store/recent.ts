import { Problem } from '../../../contract/problem.ts';
import type { AccessParts } from '../ports.ts';

/** Milliseconds: how old an answer may be; how old while the cluster is away; the longest wait for one. */
const AGE = { freshMs: 5_000, awayMs: 10 * 60_000, waitMs: 3_000 } as const;

/** A value of the cluster that many ask for, read seldom. */
export interface Recent<T> {
  /** At most 5 s old; up to 10 min while the cluster does not answer. Throws Problem cluster.* when there is none. */
  get(): Promise<T>;
  /** As `get`, but read anew although it is not old: for what we know to be missing in it. At most once in 5 s. */
  again(): Promise<T>;
  /** Takes over what was just written. */
  keep(value: T): void;
}

interface Known<T> {
  readonly value: T;
  readonly at: number;
}

/** Reads through `read`, which must stop with its signal. One read serves all who wait, so it does not end with one of them. */
export function createRecent<T>(
  clock: AccessParts['clock'],
  read: (signal: AbortSignal) => Promise<T>,
): Recent<T> {
  let known: Known<T> | undefined;
  let triedAt = -Infinity;
  let againAt = -Infinity;
  let reading: Promise<T> | undefined;
  const ageOf = (time: number): number => clock.monotonic() - time;

  const readNow = async (): Promise<T> => {
    const before = known;
    triedAt = clock.monotonic();
    try {
      const value = await within(AGE.waitMs, clock, read);
      // Something was written while we read: that is newer.
      if (known === before) known = { value, at: clock.monotonic() };
      return known?.value ?? value;
    } catch (error) {
      if (known === undefined || ageOf(known.at) > AGE.awayMs) throw error;
      return known.value;
    }
  };
  const readOnce = (): Promise<T> => (reading ??= readNow().finally(() => (reading = undefined)));

  const get = async (): Promise<T> => {
    if (known !== undefined) {
      const isFresh = ageOf(known.at) <= AGE.freshMs;
      // While the cluster is away, one request in 5 s finds out whether it is back; the others do not wait for that.
      const isAway = reading === undefined && ageOf(triedAt) <= AGE.freshMs && ageOf(known.at) <= AGE.awayMs;
      if (isFresh || isAway) return known.value;
    }
    return readOnce();
  };
  return {
    get,
    again: async () => {
      if (ageOf(againAt) <= AGE.freshMs) return get();
      againAt = clock.monotonic();
      return readOnce();
    },
    keep: (value) => {
      known = { value, at: clock.monotonic() };
    },
  };
}

/** The work's result, or Problem cluster.timeout; the work is told to stop. */
async function within<T>(
  limitMs: number,
  clock: AccessParts['clock'],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const limit = clock.sleep(limitMs, over.signal).then((): never => {
    throw new Problem('cluster.timeout', 'users and keys could not be read in time');
  });
  try {
    return await Promise.race([work(over.signal), limit]);
  } finally {
    over.abort();
  }
}
