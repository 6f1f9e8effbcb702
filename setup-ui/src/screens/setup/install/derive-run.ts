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

/** How long all of it takes, from history: milliseconds from the first step to the last. */
export interface Range {
  readonly usualMs: number;
  readonly worstMs: number;
}

/** Usual and worst time of all steps together; undefined while one has no history. */
export function rangeOf(steps: readonly StepView[]): Range | undefined {
  const known = steps.filter(({ state }) => state !== 'skipped');
  if (known.length === 0 || known.some(({ usualMs }) => usualMs === undefined)) return undefined;
  const sum = (of: (step: StepView) => number): number => known.reduce((all, step) => all + of(step), 0);
  return {
    usualMs: sum(({ usualMs }) => usualMs ?? 0),
    worstMs: sum(({ usualMs, worstMs }) => worstMs ?? usualMs ?? 0),
  };
}

/** The newest events, newest first. */
export const newestOf = (events: readonly OperationEvent[], count: number): readonly OperationEvent[] =>
  events.slice(-count).reverse();
