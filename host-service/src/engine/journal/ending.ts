import type { Operation } from '../../contract/objects.ts';
import type { OperationStatus, StepRecord } from '../../contract/operation.ts';
import type { ProblemBody } from '../../contract/problem.ts';
import type { Decision } from '../../core/decide/types.ts';
import { nextStep } from '../../core/plan/make-plan.ts';
import type { Observed } from '../../core/plan/observed.ts';
import type { Plan } from '../../core/plan/step.ts';
import type { Engine } from '../engine.ts';
import { journal, type Entry } from './journal.ts';

/** Why an operation is over. */
export interface Ending {
  readonly outcome: 'succeeded' | 'failed' | 'cancelled';
  readonly problem?: ProblemBody | undefined;
  readonly evidence?: string | undefined;
  readonly text: string;
}

/**
 * Whether an open operation is over, seen from the world alone, so that a restart at any point comes to the same end: its release was put
 * into quarantine since it started, something else is wanted now, or all its steps are done. A paused one is not given up by itself.
 */
export function endingOf(
  operation: Operation,
  { observed, decision, plan }: { observed: Observed; decision: Decision; plan: Plan },
): Ending | undefined {
  const { to } = operation.spec;
  const quarantine = observed.releases.get(to.digest)?.object.status?.quarantine;
  const startedAt = operation.status?.startedAt ?? operation.metadata.creationTimestamp ?? '';
  if (quarantine !== undefined && Date.parse(quarantine.at) >= Date.parse(startedAt)) {
    const { reason, evidence } = quarantine;
    return reason.code === 'apply.cancelled'
      ? { outcome: 'cancelled', problem: reason, text: 'Cancelled on request' }
      : { outcome: 'failed', problem: reason, evidence, text: `Failed: ${reason.detail}` };
  }
  if (decision.target !== to.digest) {
    // Pausing is no cancelling: what is wanted now is seen to when somebody lets it go on.
    if (operation.status?.pause !== undefined) return undefined;
    const problem: ProblemBody = { code: 'apply.cancelled', detail: 'something else is wanted now' };
    return { outcome: 'cancelled', problem, text: 'Given up: something else is wanted now' };
  }
  if (plan.kind === 'blocked' || nextStep(plan) !== undefined) return undefined;
  return { outcome: 'succeeded', text: `Done: ${to.version}` };
}

/** The last entry of a journal. Pure. */
export function endEntry(operation: Operation, ending: Ending, at: Date): Entry {
  const steps = (operation.status?.steps ?? []).map((step) => endedStep(step, ending, at));
  const { outcome, problem, text } = ending;
  return { steps, outcome, problem, event: { level: outcome === 'failed' ? 'error' : 'info', text } };
}

/** Writes the end into the journal. */
export async function endOperation(
  engine: Engine,
  operation: Operation,
  ending: Ending,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, clock, log } = engine.ports;
  const at = clock.now();
  const { outcome, problem } = ending;
  await journal(cluster, operation, endEntry(operation, ending, at), at, signal);
  engine.memory.operation = undefined;
  engine.memory.watch = undefined;
  engine.memory.probesFailingSince = undefined;
  log.info('operation ended', { operation: operation.metadata.name, outcome, code: problem?.code });
}

/** How a step stands when its operation is over. */
function endedStep(
  step: StepRecord,
  { outcome, problem, evidence }: Ending,
  at: Date,
): Pick<StepRecord, 'kind'> & Partial<StepRecord> {
  const { kind, state } = step;
  if (state === 'done' || state === 'skipped') return { kind };
  const ended = { endedAt: at.toISOString() };
  if (outcome === 'succeeded') return { kind, state: 'done', ...(state === 'running' ? ended : {}) };
  if (state !== 'running') return { kind, state: 'skipped' };
  const said = {
    ...(problem === undefined ? {} : { problem }),
    ...(evidence === undefined ? {} : { evidence }),
  };
  const left: OperationStatus['steps'][number]['state'] = outcome === 'failed' ? 'failed' : 'skipped';
  return { kind, state: left, ...ended, ...said };
}
