import type { StatusView } from 'host-service/contract/api/status.ts';
import type { StepView } from 'host-service/contract/api/operations.ts';
import type { OperationEvent } from 'host-service/contract/operation.ts';
import { isSetUp } from '../model/is-set-up.ts';

/** Where the installation stands: what the screen is about. */
export type Standing =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'done' };

/** `waiting`: approved and not yet taken up, or something stands in the way. */
export function standingOf(view: Pick<StatusView, 'status' | 'operation'>): Standing['kind'] {
  const { operation } = view;
  if (operation?.outcome === 'running' && operation.verb !== 'roll') return 'running';
  if (isSetUp(view)) return 'done';
  return operation?.outcome === 'failed' || operation?.outcome === 'cancelled' ? 'failed' : 'waiting';
}

/** Whether what was approved has not been looked at yet: what the status says is about something older. */
export const isUnseen = ({
  status,
  intentRevision,
}: Pick<StatusView, 'status' | 'intentRevision'>): boolean => (status?.intentRevision ?? 0) < intentRevision;

/** Whether the last step has ended and the box does not say yet that it runs: still the same wait for a person. */
export const isProving = (view: Pick<StatusView, 'status' | 'operation'>): boolean =>
  view.operation?.verb === 'install' && view.operation.outcome === 'succeeded' && !isSetUp(view);

/** From history, in milliseconds. */
export interface Range {
  readonly usualMs: number;
  readonly worstMs: number;
}

/**
 * How long what is still to come usually and at worst takes; undefined while one of its steps has no history. A step that has begun counts with what
 * is left of it, never less than nothing. `nowMs`: the present.
 */
export function leftOf(steps: readonly StepView[], nowMs: number): Range | undefined {
  const open = steps.filter(({ state }) => state === 'pending' || state === 'running');
  if (open.length === 0 || open.some(({ usualMs }) => usualMs === undefined)) return undefined;
  const left = (step: StepView, wholeMs: number): number =>
    step.state === 'pending' || step.startedAt === undefined
      ? wholeMs
      : Math.max(0, wholeMs - Math.max(0, nowMs - Date.parse(step.startedAt) - (step.pausedMs ?? 0)));
  const sum = (of: (step: StepView) => number): number => open.reduce((all, step) => all + of(step), 0);
  return {
    usualMs: sum((step) => left(step, step.usualMs ?? 0)),
    worstMs: sum((step) => left(step, step.worstMs ?? step.usualMs ?? 0)),
  };
}

/** The newest events, newest first. */
export const newestOf = (events: readonly OperationEvent[], count: number): readonly OperationEvent[] =>
  events.slice(-count).reverse();
