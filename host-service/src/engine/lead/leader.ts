import { CONTROL_PLANE_NAME } from '../../contract/control-plane.ts';
import { Problem } from '../../contract/problem.ts';
import type { Clock, LeaseRecord, LeaseStore, Log } from '../ports.ts';

/** Name of the Lease whose holder acts (design §5). */
export const LEASE_NAME = CONTROL_PLANE_NAME;

/** Design §3 Leader: 10 s, renewed every 2 s, given up at 7 s. */
export const LEASE_TIMES = { durationMs: 10_000, renewMs: 2_000, giveUpMs: 7_000 } as const;

export interface Leader {
  /** Whether a write may be sent now: the Lease was renewed less than 7 s ago. */
  mayWrite(): boolean;
  /** Name of the holder as last seen; empty = nobody. */
  holder(): string;
  /** When the Lease was renewed last before it was won here, by the clock of whoever held it; undefined = never. */
  lastAlive(): Date | undefined;
  /**
   * Tries to get and keep the Lease until the signal fires, then releases it. Calls `lead` each time it is won; the signal handed to it
   * fires when the Lease is lost, and the next try starts only after `lead` has returned: never two at once.
   */
  run(lead: (held: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
}

interface LeaderOptions {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly namespace: string;
  /** Unique for each start of the program. */
  readonly identity: string;
  readonly times?: typeof LEASE_TIMES | { durationMs: number; renewMs: number; giveUpMs: number };
}

/** What a candidate remembers: expiry is judged by our own monotonic time since the record was last seen to change (protocols §4.4). */
interface Seen {
  record: LeaseRecord | undefined;
  changedAt: number;
  /** Monotonic time before the request of the last successful renewal was sent; undefined = not the holder. */
  renewedAt: number | undefined;
  /** When it was renewed last before it was won. */
  lastAlive: Date | undefined;
}

/** Leader election over one Lease. No clock is ever compared with another machine's. */
export function createLeader(options: LeaderOptions): Leader {
  const { clock, log, identity } = options;
  const times = options.times ?? LEASE_TIMES;
  const seen: Seen = {
    ...{ record: undefined, changedAt: clock.monotonic() },
    ...{ renewedAt: undefined, lastAlive: undefined },
  };
  const mayWrite = (): boolean =>
    seen.renewedAt !== undefined && clock.monotonic() - seen.renewedAt < times.giveUpMs;

  const attempt = async (signal: AbortSignal): Promise<void> => {
    try {
      await tryOnce(options, times.durationMs, seen, signal);
    } catch (error) {
      if (signal.aborted) return;
      const code = error instanceof Problem ? error.code : 'internal.bug';
      if (code === 'cluster.conflict') seen.renewedAt = undefined;
      log.warn('lease not renewed', { code, error: error instanceof Error ? error.message : String(error) });
    }
  };

  const hold = async (lead: (held: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> => {
    const lost = new AbortController();
    log.info('lease held', { identity });
    const work = lead(AbortSignal.any([signal, lost.signal])).finally(() => lost.abort());
    while (!signal.aborted && !lost.signal.aborted) {
      await clock.sleep(times.renewMs, AbortSignal.any([signal, lost.signal]));
      if (signal.aborted || lost.signal.aborted) break;
      await attempt(signal);
      if (!mayWrite()) lost.abort();
    }
    await work;
    log.info('lease no longer used', { identity });
  };

  return {
    mayWrite,
    holder: () => seen.record?.holder ?? '',
    lastAlive: () => seen.lastAlive,
    async run(lead, signal) {
      while (!signal.aborted) {
        await attempt(signal);
        if (mayWrite()) await hold(lead, signal);
        else await clock.sleep(times.renewMs, signal);
      }
      await release(options, seen);
    },
  };
}

async function tryOnce(
  options: LeaderOptions,
  durationMs: number,
  seen: Seen,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock, namespace, identity } = options;
  const sentAt = clock.monotonic();
  const found = await store.read(LEASE_NAME, namespace, signal);
  if (found?.resourceVersion !== seen.record?.resourceVersion || found?.holder !== seen.record?.holder) {
    seen.changedAt = clock.monotonic();
    seen.record = found;
  }
  const own = found?.holder === identity;
  const free =
    found === undefined ||
    found.holder === '' ||
    clock.monotonic() - seen.changedAt >= Math.max(durationMs, found.durationSeconds * 1000);
  if (!own) seen.renewedAt = undefined;
  if (!own && !free) return;
  // A container that is started again in its pod finds its own name in the Lease, and has not renewed it itself.
  if (seen.renewedAt === undefined)
    seen.lastAlive = found === undefined ? undefined : timeOf(found.renewTime);
  const now = micro(clock.now());
  const written = await store.write(
    {
      name: LEASE_NAME,
      namespace,
      holder: identity,
      durationSeconds: Math.ceil(durationMs / 1000),
      acquireTime: own ? found.acquireTime : now,
      renewTime: now,
      transitions: own || found === undefined ? (found?.transitions ?? 0) : found.transitions + 1,
      ...(found?.resourceVersion === undefined ? {} : { resourceVersion: found.resourceVersion }),
    },
    signal,
  );
  seen.record = written;
  seen.changedAt = clock.monotonic();
  seen.renewedAt = sentAt;
}

/** Gives the Lease back, so that the next one need not wait; best effort, bounded to 2 s. */
async function release(options: LeaderOptions, seen: Seen): Promise<void> {
  if (seen.renewedAt === undefined || seen.record?.holder !== options.identity) return;
  const record = seen.record;
  seen.renewedAt = undefined;
  const late = new AbortController();
  const done = new AbortController();
  void options.clock.sleep(2_000, done.signal).then(() => late.abort());
  try {
    await options.store.write(
      { ...record, holder: '', renewTime: micro(options.clock.now()), durationSeconds: 1 },
      late.signal,
    );
    options.log.info('lease released', { identity: options.identity });
  } catch (error) {
    options.log.warn('lease not released; it expires', { error: String(error) });
  } finally {
    done.abort();
  }
}

const timeOf = (text: string): Date | undefined => {
  const time = Date.parse(text);
  return time > 0 ? new Date(time) : undefined;
};

const micro = (time: Date): string => time.toISOString().replace('Z', '000Z');
