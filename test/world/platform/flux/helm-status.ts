import { conditionsOf, type Condition } from '../conditions.ts';
import {
  at,
  canonical,
  hashOf,
  isRecord,
  listAt,
  recordAt,
  textAt,
  timeOf,
  type Json,
  type Thing,
} from '../fields.ts';
import { render, type Chart } from './chart.ts';
import { inventoryOf } from './inventory.ts';
import { handledAt, REQUESTED_AT } from './source.ts';

const HISTORY = 5;

export type Action = 'install' | 'upgrade';

/** What one installation or upgrade is made of. */
export interface Work {
  readonly chart: Chart;
  readonly ociDigest: string;
  /** Chart version with the digest's first 12 digits, as helm-controller writes it. */
  readonly version: string;
  readonly values: Json;
  readonly configDigest: string;
  readonly name: string;
  readonly namespace: string;
}

export const status = (release: Thing, conditions: readonly Condition[], more: Json): Json => ({
  ...recordAt(release, 'status'),
  ...handledAt(release),
  ...more,
  conditions: conditionsOf(release, conditions, new Date()),
});

export const attempt = (work: Work, generation: number, action: string): Json => ({
  storageNamespace: work.namespace,
  lastAttemptedGeneration: generation,
  lastAttemptedRevision: work.version,
  lastAttemptedRevisionDigest: work.ociDigest,
  lastAttemptedConfigDigest: work.configDigest,
  lastAttemptedReleaseAction: action,
});

export const attemptOf = ({ metadata }: Thing, { ociDigest, configDigest }: Work): string =>
  [metadata.generation, metadata.annotations?.[REQUESTED_AT], ociDigest, configDigest].join(' ');

/** The newest entries, and what is deployed: from there the next one is an upgrade. */
function truncated(history: readonly unknown[]): readonly unknown[] {
  const kept = history.slice(0, HISTORY);
  const deployed = history.find((one) => ['deployed', 'superseded'].includes(textAt(one, 'status')));
  return deployed === undefined || kept.includes(deployed) ? kept : [...kept, deployed];
}

/** Whether the newest helm release is this chart with these values. */
export function isInstalled(release: Thing, work: Work): boolean {
  const [last] = listAt(release, 'status', 'history');
  return (
    textAt(last, 'status') === 'deployed' &&
    textAt(last, 'ociDigest') === work.ociDigest &&
    textAt(last, 'configDigest') === work.configDigest &&
    textAt(last, 'name') === work.name &&
    textAt(last, 'namespace') === work.namespace
  );
}

export function succeeded(
  work: Work,
  action: Action,
  version: number,
  observedGeneration: number,
): readonly Condition[] {
  const reason = action === 'install' ? 'InstallSucceeded' : 'UpgradeSucceeded';
  const message = `Helm ${action} succeeded for release ${work.namespace}/${work.name}.v${version} with chart ${work.chart.name}@${work.version}`;
  const part = { status: 'True', reason, message, observedGeneration } as const;
  return [
    { type: 'Ready', ...part },
    { type: 'Released', ...part },
  ];
}

/** Status after an installation or upgrade: a new entry in front of the history. */
export function outcome(release: Thing, work: Work, action: Action, failure: string | undefined): Json {
  const generation = release.metadata.generation ?? 0;
  const history = listAt(release, 'status', 'history');
  const version = Number(at(history[0], 'version') ?? 0) + 1;
  const now = timeOf(new Date());
  const entry = {
    apiVersion: 'v2',
    digest: `sha256:${hashOf(canonical([work.name, version, work.ociDigest, work.configDigest]))}`,
    ociDigest: work.ociDigest,
    name: work.name,
    namespace: work.namespace,
    version,
    status: failure === undefined ? 'deployed' : 'failed',
    chartName: work.chart.name,
    chartVersion: work.version,
    configDigest: work.configDigest,
    firstDeployed: textAt(history.at(-1), 'firstDeployed') || now,
    lastDeployed: now,
  };
  const older = history.map((one) =>
    isRecord(one) && one['status'] === 'deployed' && failure === undefined
      ? { ...one, status: 'superseded' }
      : one,
  );
  const more = {
    ...attempt(work, generation, action),
    observedGeneration: generation,
    history: truncated([entry, ...older]),
    ...(failure === undefined
      ? {
          inventory: inventoryOf(render({ chart: work.chart, values: work.values, release: work })),
          failures: 0,
        }
      : { failures: Number(at(release, 'status', 'failures') ?? 0) + 1 }),
  };
  if (failure === undefined) return status(release, succeeded(work, action, version, generation), more);
  const reason = action === 'install' ? 'InstallFailed' : 'UpgradeFailed';
  const message = `Helm ${action} failed for release ${work.namespace}/${work.name} with chart ${work.chart.name}@${work.version}: ${failure}`;
  const part = { status: 'False', reason, message, observedGeneration: generation } as const;
  return status(
    release,
    [
      { type: 'Ready', ...part },
      { type: 'Released', ...part },
    ],
    more,
  );
}
