import type { Operation } from '../../contract/objects.ts';
import type { StepRecord } from '../../contract/operation.ts';
import { Problem, type ProblemBody, type ProblemCode } from '../../contract/problem.ts';
import type { KnownRelease } from '../../core/plan/observed.ts';
import type { Plan, Step } from '../../core/plan/step.ts';
import { isCodeProblem } from '../../core/setup/registered.ts';
import { wakeIn, type Engine } from '../engine.ts';
import type { StepContext, StepResult } from '../steps/executor.ts';
import { runStep } from '../steps/table.ts';
import { endOperation } from './ending.ts';
import { journal, type Entry } from './journal.ts';
import { quarantine } from './quarantine.ts';
import type { ApplyInput, Outcome } from './turn.ts';

/** One step of an operation that is about to be taken. */
interface Taking extends ApplyInput {
  readonly plan: Extract<Plan, { kind: 'steps' }>;
  readonly operation: Operation;
  readonly step: Step;
}

type Failed = Extract<StepResult, { kind: 'failed' }>;

/**
 * Takes one step: journal, effect, journal. The first entry says what is about to happen, so that a power cut in the middle leaves a trace;
 * the last one what was said about it. A failure puts the release into quarantine first and ends the operation then.
 */
export async function takeStep(engine: Engine, taking: Taking, signal: AbortSignal): Promise<Outcome> {
  const { step } = taking;
  const operation = await announce(engine, taking, signal);
  const release = taking.observed.releases.get(taking.plan.to.digest);
  if (release === undefined)
    throw new Problem('internal.bug', `release ${taking.plan.to.digest} is planned and unknown`);
  const { observed, parts, profile, registryOf } = taking;
  const context = { engine, observed, operation, release, parts, profile, registryOf, signal };
  const { result, error } = await attempt(context, step);
  const outcome = result.kind === 'failed' ? result : (overdue(engine, operation, step, result) ?? result);
  if (outcome.kind === 'failed') {
    await fail(engine, { ...taking, operation }, release, outcome, signal);
    wakeIn(engine, 0);
    return { acted: true, open: undefined, problems: [outcome.problem] };
  }
  const open = await note(engine, operation, step, outcome, error, signal);
  if (error !== undefined) throw error;
  const acted = outcome.kind === 'acted';
  wakeIn(engine, acted ? 0 : engine.patience.waitMs);
  const problems = outcome.kind === 'waiting' && outcome.problem !== undefined ? [outcome.problem] : [];
  return { acted, open, problems };
}

const recordOf = (operation: Operation, step: Step): StepRecord | undefined =>
  operation.status?.steps.find(({ kind }) => kind === step.kind);
const isOver = (record: StepRecord | undefined): boolean =>
  record?.state === 'done' || record?.state === 'skipped';
const keyOf = (operation: Operation, step: Step): string => `${operation.metadata.name} ${step.kind}`;

/** The entry before the effect: earlier steps that OBSERVE saw done, and this one running. Left out while a step only waits. */
async function announce(engine: Engine, taking: Taking, signal: AbortSignal): Promise<Operation> {
  const { operation, plan, step } = taking;
  const { cluster, clock } = engine.ports;
  const at = clock.now();
  const time = at.toISOString();
  const record = recordOf(operation, step);
  const finished = plan.steps
    .slice(0, plan.steps.indexOf(step))
    .filter((earlier) => !isOver(recordOf(operation, earlier)));
  const { watch } = engine.memory;
  const onlyWaits = watch?.key === keyOf(operation, step) && watch.waiting;
  if (finished.length === 0 && record?.state === 'running' && onlyWaits) return operation;
  const entry: Entry = {
    steps: [
      ...finished.map(({ kind, skipped }) =>
        skipped === undefined
          ? { kind, state: 'done' as const, endedAt: time }
          : { kind, state: 'skipped' as const, now: skipped },
      ),
      {
        kind: step.kind,
        state: 'running',
        attempts: (record?.attempts ?? 0) + 1,
        startedAt: record?.startedAt ?? time,
      },
    ],
    ...(record?.state === 'running'
      ? {}
      : { event: { level: 'info', step: step.kind, text: record?.title ?? step.kind } }),
  };
  return journal(cluster, operation, entry, at, signal);
}

/** What a fault of the platform means in the middle of a step. */
const TOLD_AS: Partial<Record<ProblemCode, ProblemCode>> = {
  'cluster.forbidden': 'apply.denied',
  'cluster.conflict': 'apply.conflict',
};

/** Runs the executor. What the platform refuses as wrong can never work; everything else that is thrown is told and tried again. */
async function attempt(
  context: StepContext,
  step: Step,
): Promise<{ readonly result: StepResult; readonly error?: Problem }> {
  try {
    return { result: await runStep(context, step) };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof Problem) || error.code === 'apply.not-leader') throw error;
    if (error.code === 'cluster.invalid') {
      return { result: { kind: 'failed', problem: { code: 'apply.rejected', detail: error.detail } } };
    }
    const code = TOLD_AS[error.code];
    const told = code === undefined ? error : new Problem(code, error.detail, { cause: error });
    return { result: { kind: 'waiting', now: told.message, outside: true }, error: told };
  }
}

/** A step whose picture has not changed for longer than it ever should. What still moves is late, not failed (design §7). */
function overdue(
  engine: Engine,
  operation: Operation,
  step: Step,
  result: Exclude<StepResult, Failed>,
): Failed | undefined {
  const { memory, patience, ports } = engine;
  const key = keyOf(operation, step);
  const now = ports.clock.monotonic();
  const picture = `${result.now}\n${result.evidence ?? ''}`;
  const same = memory.watch?.key === key && memory.watch.picture === picture;
  const since = same ? (memory.watch?.since ?? now) : now;
  memory.watch = { key, picture, since, waiting: result.kind === 'waiting' };
  if (now - since <= patience.stepMs[step.kind] || (result.kind === 'waiting' && result.outside === true))
    return undefined;
  const detail = `nothing has changed for ${Math.round((now - since) / 1000)} s: ${result.now}`.slice(0, 500);
  return {
    kind: 'failed',
    problem: {
      code: step.kind === 'install-flux' ? 'apply.flux-failed' : 'apply.step-timeout',
      detail,
      subject: step.kind,
    },
    ...(result.evidence === undefined ? {} : { evidence: result.evidence }),
  };
}

/** The entry after the effect. A wait is written only when its sentence changes. */
async function note(
  engine: Engine,
  operation: Operation,
  step: Step,
  result: Exclude<StepResult, Failed>,
  error: Problem | undefined,
  signal: AbortSignal,
): Promise<Operation> {
  const record = recordOf(operation, step);
  if (result.kind === 'waiting' && record?.now === result.now) return operation;
  const { cluster, clock } = engine.ports;
  const at = clock.now();
  const once = result.kind === 'acted' && result.once === true;
  const problem = error?.body ?? (result.kind === 'waiting' ? result.problem : undefined);
  const level = problem === undefined ? 'info' : 'warning';
  const entry: Entry = {
    steps: [
      {
        kind: step.kind,
        now: result.now,
        ...(result.evidence === undefined ? {} : { evidence: result.evidence }),
        ...(once ? { state: 'done', endedAt: at.toISOString() } : {}),
        ...(problem === undefined ? {} : { problem }),
      },
    ],
    ...(result.kind === 'acted' || problem !== undefined
      ? { event: { level, step: step.kind, text: result.now } }
      : {}),
  };
  return journal(cluster, operation, entry, at, signal);
}

/**
 * Neither the delivery engine nor the storage nor an install code is the release's fault: the first two are tried again by themselves, the last
 * is corrected.
 */
const isOfTheBox = (code: ProblemCode): boolean =>
  code === 'apply.flux-failed' || code.startsWith('storage.') || isCodeProblem(code);

/**
 * A terminal failure. Quarantine is written before the journal says failed and before anything is pointed back. What was confirmed before
 * and is only repaired or gone back to is kept out of quarantine: it is the way back.
 */
async function fail(
  engine: Engine,
  { operation, observed, step }: Taking,
  release: KnownRelease,
  failure: Failed,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, clock } = engine.ports;
  const { verb, to } = operation.spec;
  const { status } = release.object;
  const proven = status?.confirmedAt !== undefined && status.quarantine === undefined;
  const problem: ProblemBody = { ...failure.problem, since: clock.now().toISOString() };
  const isAtFault = !isOfTheBox(problem.code);
  if (isAtFault && (verb === 'install' || verb === 'update' || !proven)) {
    const retrySpent = observed.spec.intent.approvedRetry === to.digest;
    const why = { reason: problem, at: clock.now(), evidence: failure.evidence, retrySpent };
    await quarantine(cluster, release.object.metadata.name, why, signal);
  }
  engine.ports.log.warn('step failed', { step: step.kind, code: problem.code, detail: problem.detail });
  const { evidence } = failure;
  await endOperation(
    engine,
    operation,
    { outcome: 'failed', problem, evidence, text: `Failed: ${problem.detail}` },
    signal,
  );
}
