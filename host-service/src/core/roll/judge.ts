import type { Digest } from '../../contract/names.ts';
import { safeLine, type ProblemCode } from '../../contract/problem.ts';
import type { ObservedControlPlane, ObservedPod } from './observed.ts';
import { endedByItself, newestHash, newestPods, refusalOf } from './reasons.ts';

/** Milliseconds after which waiting is a verdict (design §6). */
export const ROLL_TIMES = {
  /** Running and not ready. */
  neverReadyMs: 60_000,
  /** Was ready, runs, and is not ready any more. */
  silentMs: 30_000,
  /** No place for its pod. */
  noRoomMs: 60_000,
  /** The runtime refuses to make the container: it may be busy with its own restart at first. */
  containerMs: 20_000,
} as const;

export type RollFault = Extract<
  ProblemCode,
  | 'roll.image-missing'
  | 'roll.wrong-architecture'
  | 'roll.crashed'
  | 'roll.out-of-memory'
  | 'roll.never-ready'
  | 'roll.silent'
  | 'roll.no-room'
  | 'roll.storage-too-new'
  | 'roll.objects-unreadable'
>;

export interface RollFailure {
  readonly kind: 'failed';
  readonly code: RollFault;
  /** One line. */
  readonly detail: string;
  /** Whose log says why; `previous` = of the run before the present one. */
  readonly pod?: { readonly name: string; readonly previous: boolean };
  /** Not the build's own fault: it may be tried again by itself after a while. */
  readonly retryable: boolean;
}

/** What is seen of a build that was put in. */
export type RollVerdict =
  /** `now`: what it waits for, one sentence that stays the same while the wait is the same. */
  { readonly kind: 'progressing'; readonly now: string } | { readonly kind: 'available' } | RollFailure;

/** Faults that say nothing about the build itself. */
export const RETRYABLE: ReadonlySet<ProblemCode> = new Set(['roll.image-missing', 'roll.no-room']);

const OTHER_PROCESSOR = /exec format error|no match for platform/i;

/** When one looks, and since when one has been looking. */
export interface Watch {
  readonly now: Date;
  /** While power was off nobody was silent: what the platform says of before is not counted. Absent = since ever. */
  readonly since?: Date | undefined;
}

/**
 * What is to be thought of the build `digest`, from the pods of the newest template only: engine, guard and boot script judge by this one
 * function, so that they cannot disagree (design §6.5-6.8). Pure; `now` is compared with the platform's own times, and no wait is longer than
 * whoever judges has watched.
 */
export function judgeRoll(seen: ObservedControlPlane, digest: Digest, watch: Watch): RollVerdict {
  if (seen.digest !== digest) return going('Another control plane is named by now');
  if (seen.observedGeneration < seen.generation) return going('Waiting for the platform to take it up');
  const pods = newestPods(seen);
  for (const pod of pods) {
    const failure = faultOf(pod, watch);
    if (failure !== undefined) return failure;
  }
  if (isAvailable(seen)) return { kind: 'available' };
  // The platform's own patience runs on while the power is off.
  if (seen.isLate && waitedMs(undefined, watch) >= ROLL_TIMES.neverReadyMs) return tooLate(pods);
  return going(waitOf(pods));
}

/**
 * The verdict after the failed program's log was read: what it said about itself is more exact than how it ended.
 */
export function withLog(failure: RollFailure, log: string): RollFailure {
  if (OTHER_PROCESSOR.test(log) && log.length < 512) return { ...failure, code: 'roll.wrong-architecture' };
  const said = /roll\.(?:storage-too-new|objects-unreadable)/.exec(log)?.[0];
  if (said === 'roll.storage-too-new' || said === 'roll.objects-unreadable')
    return { ...failure, code: said };
  return failure;
}

const going = (now: string): RollVerdict => ({ kind: 'progressing', now });

function isAvailable(seen: ObservedControlPlane): boolean {
  const hash = newestHash(seen);
  const others = seen.pods.filter((pod) => pod.template !== hash && !pod.isDeleting);
  return (
    hash !== undefined &&
    others.length === 0 &&
    seen.updatedReplicas >= seen.replicas &&
    seen.availableReplicas >= seen.replicas
  );
}

function failed(
  code: RollFault,
  pod: ObservedPod,
  detail: string,
  log?: { readonly previous: boolean },
): RollFailure {
  return {
    kind: 'failed',
    code,
    detail: safeLine(`${pod.name}: ${detail}`),
    ...(log === undefined ? {} : { pod: { name: pod.name, previous: log.previous } }),
    retryable: RETRYABLE.has(code),
  };
}

function faultOf(pod: ObservedPod, watch: Watch): RollFailure | undefined {
  return notStarted(pod, watch) ?? endedBadly(pod) ?? notAnswering(pod, watch);
}

/** Milliseconds that something has lasted under our eyes. */
const waitedMs = (from: Date | undefined, { now, since }: Watch): number =>
  now.getTime() - Math.max(from?.getTime() ?? 0, since?.getTime() ?? 0);

function notStarted(pod: ObservedPod, watch: Watch): RollFailure | undefined {
  const { waiting, unschedulable } = pod;
  const ageMs = waitedMs(pod.createdAt, watch);
  if (unschedulable !== undefined && ageMs >= ROLL_TIMES.noRoomMs)
    return failed('roll.no-room', pod, unschedulable);
  if (waiting === undefined) return undefined;
  const words = `${waiting.reason}: ${waiting.message}`;
  if (OTHER_PROCESSOR.test(waiting.message)) return failed('roll.wrong-architecture', pod, words);
  const refusal = refusalOf(pod);
  if (refusal === 'image') return failed('roll.image-missing', pod, words);
  if (refusal === 'container' && ageMs >= ROLL_TIMES.containerMs) return failed('roll.crashed', pod, words);
  return undefined;
}

function endedBadly(pod: ObservedPod): RollFailure | undefined {
  const { ended, waiting, restarts } = pod;
  const isLoop = refusalOf(pod) === 'loop';
  // A start that is counted without an end before it: the platform made the whole pod anew, as it does after a power cut. That says nothing.
  if (ended === undefined && !isLoop) return undefined;
  if (ended !== undefined && !isLoop && endedByItself(pod) === undefined) return undefined;
  // Of the run that ended: the present one, when there is one, knows nothing of it.
  const log = { previous: pod.runningSince !== undefined || waiting !== undefined };
  if (ended === undefined) return failed('roll.crashed', pod, `started ${restarts + 1} times`, log);
  const words = `ended with ${ended.reason} (exit code ${ended.exitCode}) ${ended.message}`.trim();
  if (ended.reason === 'OOMKilled') return failed('roll.out-of-memory', pod, words, log);
  if (OTHER_PROCESSOR.test(ended.message)) return failed('roll.wrong-architecture', pod, words, log);
  return failed('roll.crashed', pod, words, log);
}

function notAnswering(pod: ObservedPod, watch: Watch): RollFailure | undefined {
  const { runningSince, readySince, isReady } = pod;
  if (isReady || runningSince === undefined) return undefined;
  const log = { previous: false };
  // The condition turned after the start: it was ready once.
  const wasReady = readySince !== undefined && readySince.getTime() > runningSince.getTime() + 1_000;
  const mute = wasReady ? waitedMs(readySince, watch) : 0;
  if (mute >= ROLL_TIMES.silentMs)
    return failed('roll.silent', pod, `was ready and has not answered for ${seconds(mute)}`, log);
  const running = waitedMs(runningSince, watch);
  if (wasReady || running < ROLL_TIMES.neverReadyMs) return undefined;
  return failed('roll.never-ready', pod, `runs for ${seconds(running)} and is not ready`, log);
}

/** The platform's own patience is over. A program that never started has no part in that. */
function tooLate(pods: readonly ObservedPod[]): RollFailure {
  const [pod] = pods;
  if (pod === undefined) {
    const detail = 'the platform has not made its pod in time';
    return { kind: 'failed', code: 'roll.never-ready', detail, retryable: false };
  }
  if (pod.unschedulable !== undefined) return failed('roll.no-room', pod, pod.unschedulable);
  if (pods.every(({ runningSince }) => runningSince === undefined))
    return failed('roll.image-missing', pod, 'its image is not here in time');
  return failed('roll.never-ready', pod, 'was not available in time', { previous: false });
}

function waitOf(pods: readonly ObservedPod[]): string {
  if (pods.length === 0) return 'Waiting for the new control plane to be made';
  if (pods.some(({ unschedulable }) => unschedulable !== undefined))
    return 'Waiting for room for the new control plane';
  if (pods.some(({ runningSince }) => runningSince === undefined))
    return 'Fetching and starting the new control plane';
  if (pods.some(({ isReady }) => !isReady)) return 'Waiting until the new control plane is ready';
  return 'The new control plane is ready and is watched for half a minute';
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
