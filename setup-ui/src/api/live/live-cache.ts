import type { QueryClient } from '@tanstack/react-query';
import type { OperationDetail } from 'host-service/contract/api/operations.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { OperationEvent } from 'host-service/contract/operation.ts';
import { KEYS } from '../query-keys.ts';

/** Appends an event once and in order; `gap` = something between was missed and has to be fetched. */
export function withEvent(detail: OperationDetail, event: OperationEvent): OperationDetail | 'gap' {
  const last = detail.events.at(-1)?.n ?? 0;
  if (event.n <= last) return detail;
  if (event.n > last + 1) return 'gap';
  return { ...detail, events: [...detail.events, event], lastEvent: event.n };
}

/** Takes steps and outcome from a snapshot and keeps the events; `gap` = the snapshot knows of more events. */
export function withSnapshot(
  detail: OperationDetail,
  view: StatusView['operation'],
): OperationDetail | 'gap' {
  if (view?.name !== detail.name) return detail;
  if (view.lastEvent > (detail.events.at(-1)?.n ?? 0)) return 'gap';
  return { ...detail, ...view, events: detail.events };
}

/** What the list of releases depends on: when it changes the list is asked for again. */
function releasesMark(view: StatusView | undefined): string {
  const { status } = view ?? {};
  return JSON.stringify([
    view?.intentRevision,
    status?.running?.digest,
    status?.lastGood?.digest,
    status?.available?.digest,
    status?.target?.digest,
    status?.channel?.sequence,
    status?.quarantined.map((entry) => [entry.digest, entry.attempts]),
    status?.trace,
  ]);
}

const operationMark = (view: StatusView | undefined): string =>
  JSON.stringify([view?.operation?.name, view?.operation?.outcome]);

function updateDetail(
  client: QueryClient,
  name: string,
  change: (detail: OperationDetail) => OperationDetail | 'gap',
): void {
  const key = KEYS.operation(name);
  const detail = client.getQueryData<OperationDetail>(key);
  if (detail === undefined) return;
  const changed = change(detail);
  if (changed === 'gap') void client.invalidateQueries({ queryKey: key });
  else if (changed !== detail) client.setQueryData(key, changed);
}

/** Puts a snapshot into the cache and asks again for what depends on it. */
export function applySnapshot(client: QueryClient, view: StatusView): void {
  const before = client.getQueryData<StatusView>(KEYS.status);
  // An answer of a poll that is on its way is older than this.
  void client.cancelQueries({ queryKey: KEYS.status });
  client.setQueryData(KEYS.status, view);
  if (view.operation !== undefined)
    updateDetail(client, view.operation.name, (detail) => withSnapshot(detail, view.operation));
  if (before === undefined) return;
  if (releasesMark(before) !== releasesMark(view)) void client.invalidateQueries({ queryKey: KEYS.releases });
  if (operationMark(before) !== operationMark(view))
    void client.invalidateQueries({ queryKey: KEYS.operations, exact: true });
}

/** Puts one event of an operation into the cache. */
export function applyOperationEvent(client: QueryClient, operation: string, event: OperationEvent): void {
  updateDetail(client, operation, (detail) => withEvent(detail, event));
}
