import type { ObservedPod } from '../observed.ts';
import { endedByItself, refusalOf } from '../reasons.ts';
import { bootedAt, type HostMoment } from './sight.ts';
import { GUARD_TIMES } from './times.ts';

/** Whether what the cluster says of the pod can be of this run of its machine; of other machines it is believed. */
function isFresh(pod: ObservedPod, moment: HostMoment): boolean {
  if (pod.node !== moment.node || moment.uptimeMs >= GUARD_TIMES.bootMs) return true;
  const boot = bootedAt(moment);
  return [pod.createdAt, pod.runningSince, endedByItself(pod)?.at].some(
    (time) => time !== undefined && time > boot,
  );
}

/** Its program was started, or the platform said that it cannot be: from then on waiting means something. */
export const couldRun = (pod: ObservedPod, moment: HostMoment): boolean =>
  isFresh(pod, moment) &&
  (pod.runningSince !== undefined || endedByItself(pod) !== undefined || refusalOf(pod) !== undefined);

/** An end becomes a missing address only after a moment. */
const END_BEFORE_SILENCE_MS = 15_000;

/**
 * Its program has ended within the silence that lasts for `silentMs`, or cannot be started. One that runs again after it ended counts as well:
 * it may end again and again. A cut of power is no evidence.
 */
export function hasEvidence(pod: ObservedPod, moment: HostMoment, silentMs: number): boolean {
  if (!isFresh(pod, moment)) return false;
  if (pod.runningSince === undefined && refusalOf(pod) !== undefined) return true;
  const ended = endedByItself(pod);
  return ended !== undefined && moment.now.getTime() - ended.at.getTime() <= silentMs + END_BEFORE_SILENCE_MS;
}

/** Restarts of a pod: as last seen, and those of them that count against it. */
export interface Restarts {
  readonly seen: number;
  readonly counted: number;
}

/**
 * Counts on. A restart through a cut of power or of the runtime says nothing. Of those that a pod shows when it is seen first and that may be
 * older than this run of the machine, only the last one is known to the platform.
 */
export function countRestarts(before: Restarts | undefined, pod: ObservedPod, moment: HostMoment): Restarts {
  const seen = pod.restarts;
  // Without an end that is known the platform made the pod anew, as it does after a power cut.
  const wasCut = endedByItself(pod) === undefined;
  const boot = bootedAt(moment);
  if (before === undefined && pod.createdAt <= boot) {
    const isNew = endedByItself(pod) !== undefined && pod.ended !== undefined && pod.ended.at > boot;
    return { seen, counted: Math.min(seen, isNew ? 1 : 0) };
  }
  const more = Math.max(0, seen - (before?.seen ?? 0));
  return { seen, counted: (before?.counted ?? 0) + Math.max(0, more - (wasCut ? 1 : 0)) };
}
