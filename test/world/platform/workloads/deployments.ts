import { conditionOf, conditionsOf, type Condition } from '../conditions.ts';
import {
  at,
  canonical,
  numberAt,
  ownerReference,
  recordAt,
  safeHash,
  textAt,
  type Json,
  type Thing,
} from '../fields.ts';
import { create, KINDS, remove, replace, writeStatus, type Machine } from '../machine.ts';
import { childrenOf, isAlive, isReady, makePod, randomSuffix, restUntilAvailable } from './pods.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const HASH = 'pod-template-hash';

const revisionOf = (set: Thing): number => Number(set.metadata.annotations?.[REVISION] ?? 0);
const replicasOf = (object: Thing): number => numberAt(object, 'spec', 'replicas') ?? 1;

/** How many copies each ReplicaSet is to have now. */
export interface Scale {
  readonly newest: number;
  readonly older: number;
}

export interface ScaleInput {
  readonly strategy: 'Recreate' | 'RollingUpdate';
  readonly wanted: number;
  /** Pods of older templates that still exist, and those of the newest that are available. */
  readonly oldPods: number;
  readonly available: number;
}

/** Recreate: first the old away, then the new. Otherwise the old stay until as many new ones are available (surge all, none unavailable). */
export function scaleOf({ strategy, wanted, oldPods, available }: ScaleInput): Scale {
  if (strategy === 'Recreate') return { newest: oldPods > 0 ? 0 : wanted, older: 0 };
  return { newest: wanted, older: Math.max(0, Math.min(oldPods, wanted - available)) };
}

/** Stand-in for the deployment controller. */
export async function reconcileDeployment(machine: Machine, key: string): Promise<number | undefined> {
  const [namespace, name = ''] = key.split('/');
  const deployment = machine.cache.get(KINDS.deployment, namespace, name);
  if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return undefined;
  const sets = childrenOf(machine, KINDS.replicaSet, deployment);
  const newest = await newestSet(machine, deployment, sets);
  const older = sets.filter(({ metadata }) => metadata.uid !== newest.metadata.uid);
  const now = Date.now();
  const minReady = numberAt(deployment, 'spec', 'minReadySeconds') ?? 0;
  const newPods = childrenOf(machine, KINDS.pod, newest).filter(isAlive);
  const oldPods = older.flatMap((set) => childrenOf(machine, KINDS.pod, set));
  const rests = newPods.filter(isReady).map((pod) => restUntilAvailable(pod, minReady, now));
  const available = rests.filter((rest) => rest === 0).length;
  const strategy =
    textAt(deployment, 'spec', 'strategy', 'type') === 'Recreate' ? 'Recreate' : 'RollingUpdate';
  const wanted = replicasOf(deployment);
  const scale = scaleOf({ strategy, wanted, oldPods: oldPods.length, available });
  await scaleTo(machine, newest, scale.newest);
  await scaleOlder(machine, older, scale.older);
  const counts = { wanted, newPods, oldPods, available };
  const current = machine.cache.get(KINDS.deployment, namespace, name) ?? deployment;
  const written = await writeStatus(machine, current, statusOf(current, newest, counts, now));
  const waits = [...rests.filter((rest) => rest > 0), ...deadlineOf(written, now)];
  return waits.length === 0 ? undefined : Math.min(...waits) + 1;
}

/** The ReplicaSet of the present template, made when there is none; of a template that comes back it gets the newest number. */
async function newestSet(machine: Machine, deployment: Thing, sets: readonly Thing[]): Promise<Thing> {
  const template = at(deployment, 'spec', 'template');
  const hash = safeHash(canonical(template));
  const found = sets.find(({ metadata }) => metadata.labels?.[HASH] === hash);
  const highest = Math.max(0, ...sets.map(revisionOf));
  if (found !== undefined) {
    if (revisionOf(found) === highest) return found;
    const annotations = { ...found.metadata.annotations, [REVISION]: String(highest + 1) };
    return replace(machine, { ...found, metadata: { ...found.metadata, annotations } });
  }
  const { name, namespace } = deployment.metadata;
  const labels = { ...recordAt(template, 'metadata', 'labels'), [HASH]: hash } as Record<string, string>;
  const matchLabels = { ...recordAt(deployment, 'spec', 'selector', 'matchLabels'), [HASH]: hash };
  return create(machine, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      annotations: { [REVISION]: String(highest + 1) },
      ownerReferences: [ownerReference(deployment)],
    },
    spec: {
      replicas: 0,
      selector: { matchLabels },
      template: { ...recordAt(template), metadata: { ...recordAt(template, 'metadata'), labels } },
    },
  });
}

async function scaleTo(machine: Machine, set: Thing, replicas: number): Promise<void> {
  if (replicasOf(set) === replicas) return;
  await replace(machine, { ...set, spec: { ...recordAt(set, 'spec'), replicas } });
}

/** Shares what the older ones may keep, newest first, and forgets those that are no way back any more. */
async function scaleOlder(machine: Machine, older: readonly Thing[], total: number): Promise<void> {
  let left = total;
  const ordered = older.toSorted((a, b) => revisionOf(b) - revisionOf(a));
  for (const [index, set] of ordered.entries()) {
    const keep = Math.min(left, replicasOf(set));
    left -= keep;
    await scaleTo(machine, set, keep);
    if (index >= 10 && keep === 0 && childrenOf(machine, KINDS.pod, set).length === 0)
      await remove(machine, set);
  }
}

interface Counts {
  readonly wanted: number;
  readonly newPods: readonly Thing[];
  readonly oldPods: readonly Thing[];
  readonly available: number;
}

function statusOf(
  deployment: Thing,
  newest: Thing,
  { wanted, newPods, oldPods, available }: Counts,
  now: number,
): Json {
  const generation = deployment.metadata.generation ?? 0;
  const alive = [...newPods, ...oldPods.filter(isAlive)];
  const ready = alive.filter(isReady).length;
  const availableAll = available + oldPods.filter((pod) => isAlive(pod) && isReady(pod)).length;
  const isComplete = newPods.length === wanted && available >= wanted && oldPods.length === 0;
  const few = availableAll < wanted;
  const conditions: readonly Condition[] = [
    few
      ? {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        }
      : {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        },
    progressOf(deployment, newest, isComplete, now),
  ];
  const count = (name: string, value: number): Json => (value > 0 ? { [name]: value } : {});
  const withTimes = conditionsOf(deployment, conditions, new Date(now)).map((one) => {
    const type = textAt(one, 'type');
    const old = conditionOf(deployment, type);
    const same =
      textAt(old, 'reason') === textAt(one, 'reason') && textAt(old, 'message') === textAt(one, 'message');
    const kept = same ? textAt(old, 'lastUpdateTime') : '';
    return {
      ...recordAt(one),
      lastUpdateTime: kept === '' ? new Date(now).toISOString().replace(/\.\d+Z$/, 'Z') : kept,
    };
  });
  return {
    observedGeneration: generation,
    ...count('replicas', alive.length),
    ...count('updatedReplicas', newPods.length),
    ...count('readyReplicas', ready),
    ...count('availableReplicas', availableAll),
    ...count('unavailableReplicas', Math.max(0, Math.max(wanted, alive.length) - availableAll)),
    conditions: withTimes,
  };
}

function progressOf(deployment: Thing, newest: Thing, isComplete: boolean, now: number): Condition {
  const set = `ReplicaSet "${newest.metadata.name}"`;
  if (isComplete)
    return {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `${set} has successfully progressed.`,
    };
  const late = {
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: `${set} has timed out progressing.`,
  } as const;
  const before = conditionOf(deployment, 'Progressing');
  const isSame = textAt(before, 'message').startsWith(set);
  const wasLate = textAt(before, 'reason') === 'ProgressDeadlineExceeded';
  if (isSame && wasLate) return late;
  const [rest] = deadlineOf(deployment, now);
  if (isSame && rest !== undefined && rest <= 0) return late;
  return {
    type: 'Progressing',
    status: 'True',
    reason: 'ReplicaSetUpdated',
    message: `${set} is progressing.`,
  };
}

/** Milliseconds until a roll that goes on is late; none when nothing goes on. */
function deadlineOf(deployment: Thing, now: number): readonly number[] {
  const progress = conditionOf(deployment, 'Progressing');
  if (textAt(progress, 'reason') !== 'ReplicaSetUpdated') return [];
  const seconds = numberAt(deployment, 'spec', 'progressDeadlineSeconds') ?? 600;
  return [Date.parse(textAt(progress, 'lastUpdateTime')) + seconds * 1000 - now];
}

/** Stand-in for the replicaset controller: as many pods as wanted, those that are not ready go first. */
export async function reconcileReplicaSet(machine: Machine, key: string): Promise<undefined> {
  const [namespace, name = ''] = key.split('/');
  const set = machine.cache.get(KINDS.replicaSet, namespace, name);
  if (set === undefined || set.metadata.deletionTimestamp !== undefined) return undefined;
  const wanted = replicasOf(set);
  const pods = childrenOf(machine, KINDS.pod, set).filter(isAlive);
  const template = at(set, 'spec', 'template');
  for (let missing = wanted - pods.length; missing > 0; missing -= 1)
    await makePod(machine, { owner: set, template, name: `${name}-${randomSuffix()}`, labels: {} });
  const surplus = pods
    .toSorted((a, b) => Number(isReady(a)) - Number(isReady(b)))
    .slice(0, Math.max(0, pods.length - wanted));
  for (const pod of surplus) await remove(machine, pod);
  const alive = childrenOf(machine, KINDS.pod, set).filter(isAlive);
  const ready = alive.filter(isReady).length;
  const current = machine.cache.get(KINDS.replicaSet, namespace, name) ?? set;
  await writeStatus(machine, current, {
    observedGeneration: current.metadata.generation ?? 0,
    replicas: alive.length,
    ...(alive.length > 0 ? { fullyLabeledReplicas: alive.length } : {}),
    ...(ready > 0 ? { readyReplicas: ready, availableReplicas: ready } : {}),
  });
  return undefined;
}
