import type { OperationView, StepView } from '../../../contract/api/operations.ts';
import type { Operation } from '../../../contract/objects.ts';
import type { StepRecord } from '../../../contract/operation.ts';
import { pausedOf, stepTimes } from '../../../core/status/operation-summary.ts';
import { startedStatus } from '../../journal/journal.ts';

interface Options {
  /** All that each step left as evidence, not only of what failed: for one operation in full. */
  readonly withEvidence: boolean;
}

/** An operation as people look at it; `history` are all operations of this box, for what is usual. */
export function operationView(
  operation: Operation,
  history: readonly Operation[],
  { withEvidence }: Options,
): OperationView {
  const { metadata, spec } = operation;
  const status = operation.status ?? startedStatus(spec, createdAt(operation));
  const others = history.filter((other) => other.metadata.name !== metadata.name);
  const { outcome, startedAt, endedAt, resumes, problem, continued, pause } = status;
  return {
    name: metadata.name,
    verb: spec.verb,
    ...(spec.from === undefined ? {} : { from: spec.from }),
    to: spec.to,
    intentRevision: spec.intentRevision,
    actor: spec.actor,
    ...(spec.cause === undefined ? {} : { cause: spec.cause }),
    outcome,
    startedAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    resumes,
    ...(continued === undefined ? {} : { continued }),
    ...(pause === undefined ? {} : { paused: pausedOf(pause) }),
    steps: status.steps.map((step) => stepView(step, others, withEvidence || step.state === 'failed')),
    ...(problem === undefined ? {} : { problem }),
    lastEvent: status.events.at(-1)?.n ?? 0,
  };
}

function stepView(step: StepRecord, history: readonly Operation[], withEvidence: boolean): StepView {
  const { evidence, ...rest } = step;
  return {
    ...rest,
    ...(withEvidence && evidence !== undefined ? { evidence } : {}),
    ...stepTimes(step.kind, history),
  };
}

/** When an operation without a journal began: it was created and its first entry is still to come. */
function createdAt({ metadata }: Operation): Date {
  const time = Date.parse(metadata.creationTimestamp ?? '');
  return new Date(Number.isFinite(time) ? time : 0);
}
