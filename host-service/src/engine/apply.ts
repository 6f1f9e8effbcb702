import type { Actor } from '../contract/appliance.ts';
import type { Operation } from '../contract/objects.ts';
import type { OperationSpec, StepKind } from '../contract/operation.ts';
import type { ProblemBody } from '../contract/problem.ts';
import { nextStep } from '../core/plan/make-plan.ts';
import type { Observed } from '../core/plan/observed.ts';
import type { Plan } from '../core/plan/step.ts';
import { isCodeProblem } from '../core/setup/registered.ts';
import { wakeIn, type Engine } from './engine.ts';
import { endingOf, endOperation } from './journal/ending.ts';
import { createOperation, journal, openOperation, operationName, startedStatus } from './journal/journal.ts';
import { restWhilePaused } from './journal/pause.ts';
import { takeStep } from './journal/take-step.ts';
import { bootsOf, takeUp } from './journal/take-up.ts';
import type { ApplyInput, Outcome } from './journal/turn.ts';
import { tidyUnfinished } from './storage/tidy.ts';

type StepsPlan = Extract<Plan, { kind: 'steps' }>;
const ENGINE: Actor = { by: 'appliance', via: 'engine' };

/**
 * APPLY: at most one step of the plan, inside its operation. Ends an operation whose work is done, that has failed or that is no longer
 * wanted; starts one when there is work; takes the next step, unless a person has paused it. Whether a step worked is decided by the next OBSERVE.
 */
export async function applyPlan(engine: Engine, input: ApplyInput, signal: AbortSignal): Promise<Outcome> {
  const found = openOperation(input.observed.operations);
  const open = found === undefined ? undefined : await takeUp(engine, found, signal);
  if (open !== undefined) {
    const ending = endingOf(open, input);
    if (ending !== undefined) {
      await tidyUnfinished(engine, open, ending, signal);
      await endOperation(engine, open, ending, signal);
      wakeIn(engine, 0);
      return { acted: true, open: undefined, problems: [] };
    }
  }
  const { plan } = input;
  if (open?.status?.pause !== undefined) {
    restWhilePaused(engine);
    return { acted: false, open, problems: [] };
  }
  if (plan.kind === 'blocked') return { acted: false, open, problems: [plan.problem] };
  const step = nextStep(plan);
  if (plan.kind === 'nothing' || step === undefined) return { acted: false, open, problems: [] };
  if (open === undefined && input.startHeld !== undefined)
    return { acted: false, open, problems: input.startHeld };
  const wait = open === undefined ? backOff(engine, input.observed, plan) : undefined;
  if (wait !== undefined) return { acted: false, open, problems: [wait] };
  const operation = open ?? (await start(engine, input, plan, signal));
  if (operation === undefined) return { acted: false, open, problems: [] };
  return takeStep(engine, { ...input, plan, operation, step }, signal);
}

/**
 * Why an operation is not started now: it failed under the same intent before. Doubling waits, then given up until a person asks; the
 * next time is in the detail.
 */
function backOff(engine: Engine, observed: Observed, plan: StepsPlan): ProblemBody | undefined {
  const failed = observed.operations.filter(
    ({ spec, status }) =>
      spec.to.digest === plan.to.digest &&
      spec.intentRevision === observed.intentRevision &&
      status?.outcome === 'failed' &&
      // What a person had to correct is corrected by now, else the plan would be blocked.
      !isCodeProblem(status.problem?.code ?? ''),
  );
  const [last] = failed;
  if (last === undefined) return undefined;
  const problem = last.status?.problem ?? {
    code: 'internal.bug' as const,
    detail: 'it failed without a reason',
  };
  const detail = `${last.metadata.name} failed: ${problem.detail}`.slice(0, 420);
  if (failed.length >= engine.patience.retries) {
    return {
      ...problem,
      detail: `${detail}; given up after ${failed.length} tries until somebody asks for a retry`,
    };
  }
  const ended = Date.parse(last.status?.endedAt ?? last.status?.startedAt ?? '');
  const next = ended + engine.patience.retryMs * 2 ** (failed.length - 1);
  const waitMs = next - engine.ports.clock.now().getTime();
  if (!(waitMs > 0)) return undefined;
  wakeIn(engine, waitMs);
  return { ...problem, detail: `${detail}; next try at ${new Date(next).toISOString()}` };
}

/** Creates the operation before its first step acts. undefined when the name is taken by one that is over: try again in the next second. */
async function start(
  engine: Engine,
  { observed, profile }: ApplyInput,
  plan: StepsPlan,
  signal: AbortSignal,
): Promise<Operation | undefined> {
  const { cluster, clock, log } = engine.ports;
  const at = clock.now();
  const name = operationName(at, plan.verb, plan.to.digest);
  const operation = await createOperation(cluster, name, specOf(observed, profile, plan), signal);
  if (operation.status !== undefined && operation.status.outcome !== 'running') {
    wakeIn(engine, 1_000);
    return undefined;
  }
  engine.memory.operation = name;
  log.info('operation started', { operation: name, to: plan.to.version });
  if (operation.status !== undefined) return operation;
  const text = `${plan.verb} to ${plan.to.version}`;
  const begun = { ...operation, status: startedStatus(operation.spec, at) };
  const boots = await bootsOf(cluster, signal);
  return journal(cluster, begun, { boots, event: { level: 'info', text } }, at, signal);
}

function specOf(observed: Observed, profile: string, plan: StepsPlan): OperationSpec {
  const cause =
    plan.verb !== 'revert'
      ? undefined
      : observed.operations.find(
          ({ spec, status }) => spec.to.digest === plan.from?.digest && status?.problem !== undefined,
        );
  const byItself = plan.verb === 'revert' || plan.verb === 'repair';
  return {
    verb: plan.verb,
    ...(plan.from === undefined ? {} : { from: plan.from }),
    to: plan.to,
    profile,
    intentRevision: observed.intentRevision,
    ...(cause?.status?.problem === undefined
      ? {}
      : { cause: { operation: cause.metadata.name, problem: cause.status.problem } }),
    actor: byItself ? ENGINE : (observed.spec.intent.actor ?? ENGINE),
    steps: plan.steps.map(({ kind }): StepKind => kind),
  };
}
