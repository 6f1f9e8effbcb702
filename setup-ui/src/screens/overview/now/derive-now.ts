import type { OperationView } from 'host-service/contract/api/operations.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { Actor, ComponentHealth } from 'host-service/contract/appliance.ts';
import type { StepKind } from 'host-service/contract/operation.ts';
import type { Ask } from '../model/ask.ts';
import { openOperation, TIERS } from '../model/facts.ts';
import { saying, type Saying } from '../model/saying.ts';
import { currentStepOf, paceOf, stepRowsOf, type Pace, type StepRow } from './derive-steps.ts';

/** What the box does at this moment, and how that compares with what is usual (R-01, E-04, E-05). */
export interface Now {
  readonly name: string;
  readonly verb: OperationView['verb'];
  readonly title: Saying;
  /** The current wait in one sentence. */
  readonly sentence: Saying;
  /** The same in the server's own words, English. */
  readonly serverText?: string;
  /** Since when this wait lasts, milliseconds. */
  readonly ageMs?: number;
  readonly usualMs?: number;
  readonly worstMs?: number;
  readonly pace: Pace;
  /** Done and all steps. */
  readonly done: number;
  readonly total: number;
  readonly steps: readonly StepRow[];
  readonly resumes: number;
  readonly actor: Actor;
  readonly causeOperation?: string;
  readonly startedAt: string;
  /** Absent where the contract has no cancel: going back and repairing lead to the good release. */
  readonly cancel?: Extract<Ask, { kind: 'cancel' }>;
  /** Pausing, or going on where it is paused. */
  readonly pause?: Extract<Ask, { kind: 'pause' | 'resume' }>;
  /** Who has stopped it, and when. */
  readonly paused?: NonNullable<OperationView['paused']>;
  /** After what it was taken up again. */
  readonly continued?: NonNullable<OperationView['continued']>;
}

const WAITS: ReadonlySet<StepKind> = new Set(['wait-components', 'migrate']);

/** The operation under way; undefined when nothing is. `nowMs`: the present. */
export function nowOf(view: StatusView, nowMs: number): Now | undefined {
  const operation = openOperation(view);
  if (operation === undefined) return undefined;
  const summary = view.status?.operation?.name === operation.name ? view.status.operation : undefined;
  const step = currentStepOf(operation.steps);
  const since = step?.startedAt ?? summary?.stepSince;
  const { paused, continued } = operation;
  // A pause is nobody's delay: the wait is as old as it was when it was paused.
  const untilMs = paused === undefined ? nowMs : Date.parse(paused.at);
  const ageMs =
    since === undefined ? undefined : Math.max(0, untilMs - Date.parse(since) - (step?.pausedMs ?? 0));
  const usualMs = step?.usualMs ?? summary?.usualMs;
  const worstMs = step?.worstMs ?? summary?.worstMs;
  const serverText = step?.now ?? summary?.now;
  const cancel = cancelAsk(operation);
  return {
    name: operation.name,
    verb: operation.verb,
    title: titleOf(operation),
    // A wait that nobody works at would be a lie.
    sentence:
      paused !== undefined
        ? saying('overview.stopped.still')
        : sentenceOf(step?.kind ?? summary?.step, view.status?.components ?? [], operation.to.version),
    pace: ageMs === undefined || paused !== undefined ? 'unknown' : paceOf(ageMs, usualMs, worstMs),
    done: operation.steps.filter(({ state }) => state === 'done' || state === 'skipped').length,
    total: operation.steps.length,
    steps: stepRowsOf(operation.steps, nowMs),
    resumes: operation.resumes,
    actor: operation.actor,
    startedAt: operation.startedAt,
    ...(serverText === undefined || serverText === '' ? {} : { serverText }),
    ...(ageMs === undefined ? {} : { ageMs }),
    ...(usualMs === undefined ? {} : { usualMs }),
    ...(worstMs === undefined ? {} : { worstMs }),
    ...(operation.cause?.operation === undefined ? {} : { causeOperation: operation.cause.operation }),
    ...(cancel === undefined
      ? {}
      : { cancel, pause: { kind: paused ? 'resume' : 'pause', to: operation.to.version } }),
    ...(paused === undefined ? {} : { paused }),
    ...(continued === undefined ? {} : { continued }),
  };
}

/** An operation in words: verb, from, to. */
export function titleOf({ verb, from, to }: Pick<OperationView, 'verb' | 'from' | 'to'>): Saying {
  return from === undefined || from.version === to.version
    ? saying(`overview.operation.${verb}`, { to: to.version })
    : saying(`overview.operation.${verb}-from`, { from: from.version, to: to.version });
}

function cancelAsk({ verb, from, to }: OperationView): Now['cancel'] {
  if (verb !== 'install' && verb !== 'update') return undefined;
  return {
    kind: 'cancel',
    verb,
    to: to.version,
    ...(from === undefined ? {} : { from: from.version }),
  };
}

/** The wait in words: what the step does, and the parts that are still outstanding, in the order in which they come up. */
export function sentenceOf(
  step: StepKind | undefined,
  components: readonly ComponentHealth[],
  version: string,
): Saying {
  if (step === undefined) return saying('overview.wait.finishing');
  const outstanding = components
    .filter(({ state }) => state !== 'ready')
    .sort((a, b) => TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier));
  const [first, ...more] = outstanding;
  if (!WAITS.has(step) || first === undefined) return saying(`overview.wait.${step}`, { version });
  return saying('overview.wait.part', { part: first.title, more: more.length });
}
