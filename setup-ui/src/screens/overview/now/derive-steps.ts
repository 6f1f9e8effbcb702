import type { StepView } from 'host-service/contract/api/operations.ts';
import type { StepKind } from 'host-service/contract/operation.ts';
import type { ProblemBody } from 'host-service/contract/problem.ts';
import { saying, type Saying } from '../model/saying.ts';

/** How long something takes, against what is usual here (E-05): `long` is over twice the usual, `late` later than ever seen. */
export type Pace = 'unknown' | 'usual' | 'long' | 'late';

/** Milliseconds. */
export function paceOf(ageMs: number, usualMs: number | undefined, worstMs: number | undefined): Pace {
  if (worstMs !== undefined && ageMs > worstMs) return 'late';
  if (usualMs === undefined) return 'unknown';
  return ageMs > 2 * usualMs ? 'long' : 'usual';
}

export interface StepRow {
  readonly kind: StepKind;
  readonly state: StepView['state'];
  readonly title: Saying;
  readonly stateWord: Saying;
  /** Milliseconds that it took, or takes so far. */
  readonly tookMs?: number;
  readonly usualMs?: number;
  readonly worstMs?: number;
  readonly pace: Pace;
  readonly attempts: number;
  readonly problem?: ProblemBody;
  /** The server's own words, English. */
  readonly serverText?: string;
  readonly evidence?: string;
}

/** The steps of an operation as rows. `nowMs`: the present, to tell how long the current one takes. */
export function stepRowsOf(steps: readonly StepView[], nowMs: number): readonly StepRow[] {
  return steps.map((step) => {
    const tookMs = tookOf(step, nowMs);
    return {
      kind: step.kind,
      state: step.state,
      title: saying(`states.kind.${step.kind}`),
      stateWord: saying(`states.step.${step.state}`),
      pace: tookMs === undefined ? 'unknown' : paceOf(tookMs, step.usualMs, step.worstMs),
      attempts: step.attempts,
      ...(tookMs === undefined ? {} : { tookMs }),
      ...(step.usualMs === undefined ? {} : { usualMs: step.usualMs }),
      ...(step.worstMs === undefined ? {} : { worstMs: step.worstMs }),
      ...(step.problem === undefined ? {} : { problem: step.problem }),
      ...(step.now === undefined ? {} : { serverText: step.now }),
      ...(step.evidence === undefined ? {} : { evidence: step.evidence }),
    };
  });
}

/** Never negative: the clocks of box and browser may differ. */
function tookOf({ startedAt, endedAt, state, pausedMs = 0 }: StepView, nowMs: number): number | undefined {
  if (startedAt === undefined) return undefined;
  if (endedAt === undefined && state !== 'running') return undefined;
  const end = endedAt === undefined ? nowMs : Date.parse(endedAt);
  return Math.max(0, end - Date.parse(startedAt) - pausedMs);
}

/** The step that is at work, else the one that failed, else the next one. */
export function currentStepOf(steps: readonly StepView[]): StepView | undefined {
  return (
    steps.find(({ state }) => state === 'running') ??
    steps.find(({ state }) => state === 'failed') ??
    steps.find(({ state }) => state === 'pending')
  );
}
