import type { Continuation, OperationStatus } from '../../contract/operation.ts';

/** What is known when an operation is taken up again. */
interface Sight {
  /** Boot ids of the nodes now. */
  readonly boots: readonly string[];
  /** When the holder of the Lease before was last seen alive. */
  readonly lastAlive: Date | undefined;
  readonly now: Date;
}

/**
 * Why an operation had stopped. A machine has another boot id after each start, so when none of those that worked on it before is left, the power was
 * away; a box of several machines counts as restarted while one of them ran on. What nobody knows is not called a power cut. Pure.
 */
export function continuationOf(
  status: Pick<OperationStatus, 'boots' | 'events' | 'startedAt'> | undefined,
  { boots, lastAlive, now }: Sight,
): Continuation {
  const before = status?.boots ?? [];
  const isNew = before.length > 0 && boots.length > 0 && !before.some((id) => boots.includes(id));
  const told = status === undefined ? [] : [status.events.at(-1)?.at ?? status.startedAt];
  const times = [...told.map((at) => Date.parse(at)), lastAlive?.getTime() ?? Number.NaN];
  // Clocks may jump while the power is away: a stop is never later than its end.
  const known = times.filter((time) => Number.isFinite(time) && time <= now.getTime());
  return {
    ...(known.length === 0 ? {} : { stoppedAt: new Date(Math.max(...known)).toISOString() }),
    at: now.toISOString(),
    kind: isNew ? 'power' : 'restart',
  };
}
