import type { ObservedControlPlane } from '../observed.ts';
import { newestPods } from '../reasons.ts';
import { couldRun, countRestarts, hasEvidence, type Restarts } from './pods.ts';
import type { GuardSight, HostMoment } from './sight.ts';

/**
 * Since when it has been so, in monotonic milliseconds of this host, and nothing else: whatever can be read from the cluster is read again.
 * A guard that was started again therefore waits as long as one that has just seen the trouble begin.
 */
export interface GuardMemory {
  /** What the times are about: another template starts them anew. */
  readonly subject: string | undefined;
  /** No address gets requests. */
  readonly silentSince: number | undefined;
  /** Within that silence a program of the newest template was started, or could not be. */
  readonly triedSince: number | undefined;
  /** Within that silence one of them had ended, or could not be started. */
  readonly evidenceSince: number | undefined;
  readonly absentSince: number | undefined;
  /** It answers, its probation is over, and it has not said about itself that it works. */
  readonly unclearedSince: number | undefined;
  /** By pod. */
  readonly restarts: Readonly<Record<string, Restarts>>;
}

const NOTHING_SINCE = {
  subject: undefined,
  silentSince: undefined,
  triedSince: undefined,
  evidenceSince: undefined,
  absentSince: undefined,
  unclearedSince: undefined,
} as const;

/** What a guard knows that has just been started. */
export const NOTHING_SEEN: GuardMemory = { ...NOTHING_SINCE, restarts: {} };

/** The memory after one more look. What cannot be seen is not known to last: an API server that was away starts all times anew. Pure. */
export function remember(memory: GuardMemory, sight: GuardSight, moment: HostMoment): GuardMemory {
  const now = moment.monotonicMs;
  if (sight.kind === 'blind') return { ...memory, ...NOTHING_SINCE };
  if (sight.kind === 'absent')
    return { ...NOTHING_SINCE, restarts: {}, absentSince: memory.absentSince ?? now };
  const { plane } = sight;
  const restarts = Object.fromEntries(
    plane.pods.map((pod) => [pod.name, countRestarts(memory.restarts[pod.name], pod, moment)]),
  );
  const subject = `${plane.uid}/${plane.generation}`;
  const before = memory.subject === subject ? memory : NOTHING_SINCE;
  if (plane.readyEndpoints > 0) {
    const isOverdue = plane.probationUntil !== undefined && plane.probationUntil < moment.now;
    const unclearedSince = isOverdue ? (before.unclearedSince ?? now) : undefined;
    return { ...NOTHING_SINCE, subject, restarts, unclearedSince };
  }
  const pods = newestPods(plane);
  const silentSince = before.silentSince ?? now;
  const isTried = pods.some((pod) => couldRun(pod, moment));
  const isEvident = pods.some((pod) => hasEvidence(pod, moment, now - silentSince));
  return {
    subject,
    silentSince,
    triedSince: before.triedSince ?? (isTried ? now : undefined),
    evidenceSince: isEvident ? (before.evidenceSince ?? now) : undefined,
    absentSince: undefined,
    unclearedSince: undefined,
    restarts,
  };
}

/** Restarts of the newest template's programs that count against them. */
export function restartsSince(memory: GuardMemory, plane: ObservedControlPlane): number {
  return newestPods(plane).reduce((sum, { name }) => sum + (memory.restarts[name]?.counted ?? 0), 0);
}
