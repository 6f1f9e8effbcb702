import type { Digest } from '../../contract/names.ts';
import { safeLine, type ProblemBody } from '../../contract/problem.ts';
import { restartsSince, type GuardMemory } from './guard/memory.ts';
import { hasEvidence } from './guard/pods.ts';
import type { GuardSight, HostMoment, LeaderSight } from './guard/sight.ts';
import { GUARD_TIMES, PROBATION_RESTARTS } from './guard/times.ts';
import { failureOf } from './record.ts';
import { judgeRoll, type RollFailure } from './judge.ts';
import type { ObservedControlPlane, ObservedPod } from './observed.ts';
import { newestPods } from './reasons.ts';
import { wayBack } from './way-back.ts';

/** What the guard of a host is to do now. `detail` is one sentence for people. */
export type GuardVerdict =
  | { readonly kind: 'fine'; readonly detail: string }
  | {
      readonly kind: 'waiting';
      readonly detail: string;
      /** Milliseconds after which it makes sense to look again. */
      readonly againMs: number;
      readonly problem?: ProblemBody;
    }
  /** Put the former one back: the build that goes, and why. */
  | { readonly kind: 'restore'; readonly failed: Digest; readonly failure: RollFailure }
  /** Make it from what came with this host. */
  | { readonly kind: 'install'; readonly detail: string };

interface Seen {
  readonly sight: Extract<GuardSight, { kind: 'seen' }>;
  readonly plane: ObservedControlPlane;
  readonly memory: GuardMemory;
  readonly moment: HostMoment;
}

/** Why it would act, and since when it has been so. */
interface Trouble {
  readonly kind: 'restarts' | 'evidence' | 'silence' | 'uncleared';
  readonly forMs: number;
  readonly limitMs: number;
}

/**
 * The verdict on one look (design §6.6), `memory` being that after it. Pure: engine, boot command and agent come to the same one. Times count from
 * when this host could see the API server and the program could have been started, so that neither a cut of power nor a registry that is
 * away is taken for a bad build (B-53).
 */
export function judgeGuard(sight: GuardSight, memory: GuardMemory, moment: HostMoment): GuardVerdict {
  switch (sight.kind) {
    case 'blind':
      return waiting(`The platform cannot be asked: ${sight.detail}`);
    case 'absent':
      return judgeAbsent(sight.leader, memory, moment);
    case 'seen':
      return judgeSeen({ sight, plane: sight.plane, memory, moment });
  }
}

function waiting(
  detail: string,
  leftMs: number = GUARD_TIMES.lookMs,
  problem?: ProblemBody,
): GuardVerdict & { kind: 'waiting' } {
  const againMs = Math.min(GUARD_TIMES.lookMs, Math.max(250, leftMs));
  return {
    kind: 'waiting',
    detail: safeLine(detail),
    againMs,
    ...(problem === undefined ? {} : { problem }),
  };
}

function judgeAbsent(leader: LeaderSight, memory: GuardMemory, moment: HostMoment): GuardVerdict {
  if (leader.isRenewing && leader.holder.startsWith('boot/'))
    return waiting(`There is no control plane; ${leader.holder} is making one`);
  const forMs = moment.monotonicMs - (memory.absentSince ?? moment.monotonicMs);
  if (forMs < GUARD_TIMES.absentMs)
    return waiting(`There is no control plane for ${seconds(forMs)}`, GUARD_TIMES.absentMs - forMs);
  if (moment.baked === undefined)
    return waiting('There is no control plane, and none came with this host', undefined, noWayBack(''));
  return { kind: 'install', detail: `There was no control plane for ${seconds(forMs)}` };
}

function judgeSeen(seen: Seen): GuardVerdict {
  const { plane } = seen;
  if (plane.replicas === 0) return waiting('Somebody has switched the control plane off: none is wanted');
  if (plane.digest === undefined)
    return waiting(
      `The image ${plane.image} is not named by its digest, so nobody can say what was there before`,
    );
  const trouble = troubleOf(seen);
  if (trouble === undefined) return fine(seen);
  if (trouble.forMs < trouble.limitMs)
    return waiting(
      `${wordsOf(trouble)} (acts after ${seconds(trouble.limitMs)})`,
      trouble.limitMs - trouble.forMs,
    );
  if (trouble.kind === 'silence' && isWithoutRoom(plane) && !isOnProbation(seen))
    return waiting('There is no room for the control plane; another one would not find any either');
  const other = anotherLeader(seen, plane.digest);
  if (other !== undefined && !(trouble.kind === 'evidence' && trouble.forMs >= GUARD_TIMES.leaderMs))
    return waiting(`${wordsOf(trouble)}; left to ${other}, who leads`);
  return restore(seen, plane.digest, trouble);
}

function fine({ plane }: Seen): GuardVerdict {
  const version = plane.version ?? 'of unknown version';
  const isIn = newestPods(plane).some(({ isReady }) => isReady);
  if (!isIn) return { kind: 'fine', detail: `The control plane serves while ${version} is put in` };
  const probation = plane.probationUntil === undefined ? '' : ', on probation';
  return { kind: 'fine', detail: `Control plane ${version} serves${probation}` };
}

const isOnProbation = ({ plane, moment }: Pick<Seen, 'plane' | 'moment'>): boolean =>
  plane.probationUntil !== undefined && plane.probationUntil > moment.now;

function troubleOf(seen: Seen): Trouble | undefined {
  const { plane, memory } = seen;
  const onProbation = isOnProbation(seen);
  if (onProbation && restartsSince(memory, plane) >= PROBATION_RESTARTS)
    return { kind: 'restarts', forMs: 0, limitMs: 0 };
  if (plane.readyEndpoints > 0) return unclearedTrouble(seen);
  const { evidenceSince, triedSince } = memory;
  const { evidenceMs, silenceMs, notStartedMs, probationMs, rollingMs } = GUARD_TIMES;
  const since = { tried: passed(seen, triedSince), started: passed(seen, countedFrom(seen)) };
  const patient = (ms: number): number => (isRolling(seen) ? Math.max(ms, rollingMs) : ms);
  if (evidenceSince !== undefined) {
    const forMs = passed(seen, evidenceSince);
    return {
      kind: 'evidence',
      forMs,
      limitMs: onProbation ? Math.min(evidenceMs, probationMs) : patient(evidenceMs),
    };
  }
  if (onProbation) return { kind: 'silence', forMs: since.started, limitMs: probationMs };
  if (triedSince !== undefined) return { kind: 'silence', forMs: since.tried, limitMs: patient(silenceMs) };
  return { kind: 'silence', forMs: since.started, limitMs: patient(notStartedMs) };
}

/** Serving is not enough: who cannot finish its own roll cannot do the next one either. */
function unclearedTrouble(seen: Seen): Trouble | undefined {
  const { unclearedSince } = seen.memory;
  if (unclearedSince === undefined) return undefined;
  const forMs = passed(seen, unclearedSince);
  return { kind: 'uncleared', forMs, limitMs: GUARD_TIMES.unclearedMs };
}

const passed = ({ moment }: Seen, since: number | undefined): number =>
  since === undefined ? 0 : Math.max(0, moment.monotonicMs - since);

/** From when the silence counts: when something was tried, else from the look that found it, but not while the machine still starts. */
function countedFrom({ memory: { triedSince, silentSince }, moment }: Seen): number | undefined {
  if (triedSince !== undefined) return triedSince;
  const { bootMs } = GUARD_TIMES;
  if (silentSince === undefined || moment.uptimeMs < bootMs) return undefined;
  return Math.max(silentSince, moment.monotonicMs - (moment.uptimeMs - bootMs));
}

/** A journalled roll goes on while one of the former pods still answers. */
function isRolling({ sight: { roll }, plane, moment }: Seen): boolean {
  if (roll === undefined || moment.now.getTime() - roll.startedAt.getTime() > GUARD_TIMES.rollMs)
    return false;
  const newest = new Set(newestPods(plane));
  return plane.pods.some((pod) => !newest.has(pod) && pod.isReady && !pod.isDeleting);
}

function isWithoutRoom(plane: ObservedControlPlane): boolean {
  const pods = newestPods(plane);
  return pods.length > 0 && pods.every(({ unschedulable }) => unschedulable !== undefined);
}

/** Somebody else than the failing build holds the Lease of the control plane and renews it: theirs to decide. */
function anotherLeader({ sight: { leader }, plane }: Seen, failing: Digest): string | undefined {
  if (!leader.isRenewing || leader.holder === '') return undefined;
  const pod = plane.pods.find(({ name }) => name === leader.holder);
  return pod?.digest === failing ? undefined : leader.holder;
}

function restore(seen: Seen, failed: Digest, trouble: Trouble): GuardVerdict {
  const { plane, moment, sight } = seen;
  const failure = failureFor(seen, failed, trouble);
  const { baked } = moment;
  const isBakedLeft =
    baked !== undefined && baked !== failed && failureOf(sight.record, baked)?.quarantined !== true;
  if (wayBack(plane, sight.record, failed).kind === 'none' && !isBakedLeft)
    return waiting(`${wordsOf(trouble)}, and no earlier one is left`, undefined, noWayBack(failure.detail));
  return { kind: 'restore', failed, failure };
}

/** The reason in the words of the one judgement that the engine uses, where it has one for what is seen. */
function failureFor(seen: Seen, failed: Digest, trouble: Trouble): RollFailure {
  const { plane, moment } = seen;
  const pods = newestPods(plane);
  const isSilent = trouble.kind === 'silence';
  const evident = pods.filter((pod) => hasEvidence(pod, moment, trouble.forMs));
  for (const pod of isSilent ? pods : [...evident, ...pods]) {
    const alone = { ...plane, pods: [pod], observedGeneration: plane.generation };
    const judged = judgeRoll(alone, failed, { now: moment.now });
    if (judged.kind === 'failed' && (!isSilent || SILENT.has(judged.code))) return judged;
  }
  const [pod] = pods;
  const words = wordsOf(trouble);
  const mute = isOnProbation(seen) && !pods.some(wasReady) ? 'roll.never-ready' : 'roll.silent';
  const code = {
    restarts: 'roll.crashed',
    evidence: 'roll.crashed',
    silence: mute,
    uncleared: 'roll.never-ready',
  } as const;
  const isOfBefore = trouble.kind === 'restarts' || trouble.kind === 'evidence';
  return {
    kind: 'failed',
    code: code[trouble.kind],
    detail: safeLine(pod === undefined ? words : `${pod.name}: ${words}`),
    ...(pod === undefined ? {} : { pod: { name: pod.name, previous: isOfBefore } }),
    retryable: false,
  };
}

/** Its condition turned after its start. */
const wasReady = ({ readySince, runningSince }: ObservedPod): boolean =>
  readySince !== undefined &&
  runningSince !== undefined &&
  readySince.getTime() > runningSince.getTime() + 1_000;

const SILENT: ReadonlySet<string> = new Set(['roll.silent', 'roll.never-ready']);

const noWayBack = (detail: string): ProblemBody => ({ code: 'roll.no-way-back', detail: safeLine(detail) });

function wordsOf({ kind, forMs }: Trouble): string {
  if (kind === 'restarts') return `The new control plane was started again ${PROBATION_RESTARTS} times`;
  if (kind === 'uncleared')
    return `The new control plane answers, but has not finished its own update ${seconds(forMs)} after its probation`;
  if (kind === 'evidence') return `The control plane has ended or cannot start for ${seconds(forMs)}`;
  return `No control plane answers for ${seconds(forMs)}`;
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
