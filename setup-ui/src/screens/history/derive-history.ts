import type { OperationDetail, OperationView } from 'host-service/contract/api/operations.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import { whoOf } from '../overview/now/derive-who.ts';
import type { OperationEvent } from 'host-service/contract/operation.ts';
import { titleOf } from '../overview/now/derive-now.ts';
import { stepRowsOf, type StepRow } from '../overview/now/derive-steps.ts';
import type { Saying } from '../overview/model/saying.ts';

/** An operation as a row of the history. */
export interface OperationRow {
  readonly operation: OperationView;
  readonly title: Saying;
  readonly who: Saying;
  readonly reason?: string;
  /** Milliseconds that it took, or takes so far. */
  readonly tookMs: number;
}

/** One operation as a row. `nowMs`: the present. */
export function operationRowOf(operation: OperationView, nowMs: number): OperationRow {
  const { startedAt, endedAt, actor } = operation;
  const endMs = endedAt === undefined ? nowMs : Date.parse(endedAt);
  return {
    operation,
    title: titleOf(operation),
    who: whoOf(actor),
    tookMs: Math.max(0, endMs - Date.parse(startedAt)),
    ...(actor.reason === undefined || actor.reason === '' ? {} : { reason: actor.reason }),
  };
}

/**
 * The history, newest first. What is under way comes from the live status, which is newer than the list; an operation that the list does not
 * have yet stands at its head.
 */
export function historyOf(
  operations: readonly OperationView[],
  view: StatusView | undefined,
  nowMs: number,
): readonly OperationRow[] {
  const live = view?.operation;
  const merged = live === undefined ? operations : withLive(operations, live);
  return merged.map((operation) => operationRowOf(operation, nowMs));
}

function withLive(operations: readonly OperationView[], live: OperationView): readonly OperationView[] {
  return operations.some(({ name }) => name === live.name)
    ? operations.map((operation) => (operation.name === live.name ? newerOf(operation, live) : operation))
    : [live, ...operations];
}

/** What has ended does not run again: between two answers the one that knows the end is right. */
const newerOf = (a: OperationView, b: OperationView): OperationView =>
  a.outcome !== 'running' && b.outcome === 'running' ? a : b;

export interface OperationStory extends OperationRow {
  readonly steps: readonly StepRow[];
  /** In the order in which they happened. */
  readonly events: readonly OperationEvent[];
  /** The operation that led to this one. */
  readonly causeOperation?: string;
}

/** One operation with steps and events; `live` as the status has it, if it is the same. */
export function operationStoryOf(
  detail: OperationDetail,
  live: OperationView | undefined,
  nowMs: number,
): OperationStory {
  const operation = live?.name === detail.name ? newerOf(detail, live) : detail;
  const cause = operation.cause?.operation;
  return {
    ...operationRowOf(operation, nowMs),
    steps: stepRowsOf(operation.steps, nowMs),
    events: [...detail.events].sort((a, b) => a.n - b.n),
    ...(cause === undefined ? {} : { causeOperation: cause }),
  };
}
