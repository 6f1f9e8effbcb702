import { PROOF_LABEL, PROOF_NAME, type TrialSight } from '../../core/storage/facts.ts';
import { PROOF_CONTAINER } from '../../core/storage/trial.ts';
import { endedIn, items, text, waitingIn } from '../observe/read.ts';
import type { KubeObject } from '../ports.ts';

/** One pod of a trial write, as far as the verdict needs it. */
export function trialOf(pod: KubeObject, warnings: ReadonlyMap<string, string>): TrialSight {
  const { name, uid = '', labels = {}, deletionTimestamp } = pod.metadata;
  const status = items(pod, 'status', 'containerStatuses').find(
    (one) => text(one, 'name') === PROOF_CONTAINER,
  );
  const ended = endedIn(status);
  const phase = text(pod, 'status', 'phase');
  return {
    ...{ name, uid, operation: labels[PROOF_LABEL] ?? '', isDeleting: deletionTimestamp !== undefined },
    attempt: Number(/-(\d{1,3})$/.exec(name.slice(PROOF_NAME.length))?.[1] ?? 0),
    phase: phase === '' ? 'Pending' : phase,
    left: ended?.message === '' ? undefined : ended?.message,
    waiting: waitingIn(status) ?? notPlaced(pod),
    warning: warnings.get(uid),
    reason: text(pod, 'status', 'reason') || ended?.reason || 'no reason given',
  };
}

function notPlaced(pod: KubeObject): TrialSight['waiting'] {
  const placed = items(pod, 'status', 'conditions').find((one) => text(one, 'type') === 'PodScheduled');
  if (text(placed, 'status') !== 'False') return undefined;
  return { reason: 'Unschedulable', message: text(placed, 'message') };
}

/** The newest warning about each object, by its uid. */
export function warningsOf(events: readonly KubeObject[]): ReadonlyMap<string, string> {
  const when = (event: KubeObject): string =>
    text(event, 'lastTimestamp') ||
    text(event, 'series', 'lastObservedTime') ||
    text(event, 'eventTime') ||
    (event.metadata.creationTimestamp ?? '');
  const sorted = events
    .filter((event) => text(event, 'type') === 'Warning')
    .toSorted((a, b) => (when(a) < when(b) ? -1 : 1));
  return new Map(
    sorted.map((event) => [
      text(event, 'involvedObject', 'uid'),
      `${text(event, 'reason')}: ${text(event, 'message')}`.slice(0, 400),
    ]),
  );
}
