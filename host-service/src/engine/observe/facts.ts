import type {
  ConditionFact,
  ContainerFact,
  DeliveryFact,
  JobFact,
  PodFact,
  WorkloadFact,
} from '../../core/status/component/facts.ts';
import type { KubeObject } from '../ports.ts';
import { count, endedIn, items, member, text, waitingIn } from './read.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

export const conditionsIn = (object: unknown): readonly ConditionFact[] =>
  items(object, 'status', 'conditions').map((condition) => ({
    type: text(condition, 'type'),
    status: text(condition, 'status'),
    reason: text(condition, 'reason'),
    message: text(condition, 'message'),
  }));

/**
 * The generation that an object's status speaks of. The delivery controllers raise `status.observedGeneration` only when they succeed; a failure of
 * the newest generation says which one it means in the Ready condition itself (fluxcd/pkg/runtime, ComputeReconcileResult).
 */
export function seenGeneration(object: KubeObject): number {
  const failed = items(object, 'status', 'conditions').find(
    (condition) => text(condition, 'type') === 'Ready' && text(condition, 'status') === 'False',
  );
  return Math.max(count(object, 'status', 'observedGeneration'), count(failed, 'observedGeneration'));
}

/** Kind and name of the controller that owns an object. */
export function ownerOf(object: KubeObject): PodFact['owner'] {
  const owners = items(object.metadata, 'ownerReferences');
  const owner = owners.find((one) => member(one, 'controller') === true) ?? owners[0];
  return owner === undefined ? undefined : { kind: text(owner, 'kind'), name: text(owner, 'name') };
}

export function podFact(object: KubeObject): PodFact {
  const conditions = conditionsIn(object);
  const ip = text(object, 'status', 'podIP');
  return {
    name: object.metadata.name,
    namespace: object.metadata.namespace ?? '',
    phase: text(object, 'status', 'phase'),
    reason: text(object, 'status', 'reason'),
    isDeleting: object.metadata.deletionTimestamp !== undefined,
    isReady: conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
    ip: ip === '' ? undefined : ip,
    labels: object.metadata.labels ?? {},
    owner: ownerOf(object),
    containers: [
      ...containersIn(object, 'initContainers', 'initContainerStatuses'),
      ...containersIn(object, 'containers', 'containerStatuses'),
    ],
    conditions,
  };
}

function containersIn(
  pod: KubeObject,
  specs: 'containers' | 'initContainers',
  statuses: 'containerStatuses' | 'initContainerStatuses',
): readonly ContainerFact[] {
  const states = new Map(items(pod, 'status', statuses).map((status) => [text(status, 'name'), status]));
  return items(pod, 'spec', specs).map((spec) => {
    const name = text(spec, 'name');
    const status = states.get(name);
    const ended = endedIn(status);
    return {
      name,
      image: text(spec, 'image'),
      imageId: text(status, 'imageID'),
      ready: member(status, 'ready') === true,
      restarts: count(status, 'restartCount'),
      waiting: waitingIn(status),
      ended: ended === undefined ? undefined : { reason: ended.reason, exitCode: ended.exitCode },
      isInit: specs === 'initContainers',
    };
  });
}

/** `replicaSets`: those of the namespace; only a Deployment needs them. */
export function workloadFact(
  object: KubeObject,
  replicaSets: readonly KubeObject[],
): WorkloadFact | undefined {
  const base = {
    generation: object.metadata.generation ?? 0,
    observedGeneration: count(object, 'status', 'observedGeneration'),
    conditions: conditionsIn(object),
  };
  switch (object.kind) {
    case 'Deployment':
      return {
        ...base,
        kind: 'Deployment',
        ...replicas(object),
        newest: newestReplicaSet(object, replicaSets),
      };
    case 'StatefulSet': {
      const value = text(object, 'status', 'updateRevision');
      const newest = value === '' ? undefined : { label: 'controller-revision-hash', value };
      return { ...base, kind: 'StatefulSet', ...replicas(object), newest };
    }
    case 'DaemonSet': {
      const value = object.metadata.annotations?.[TEMPLATE_GENERATION] ?? '';
      return {
        ...base,
        kind: 'DaemonSet',
        wanted: count(object, 'status', 'desiredNumberScheduled'),
        existing: count(object, 'status', 'currentNumberScheduled'),
        updated: count(object, 'status', 'updatedNumberScheduled'),
        available: count(object, 'status', 'numberAvailable'),
        newest: value === '' ? undefined : { label: 'pod-template-generation', value },
      };
    }
    default:
      return undefined;
  }
}

function replicas(object: KubeObject): Pick<WorkloadFact, 'wanted' | 'existing' | 'updated' | 'available'> {
  const wanted = member(object, 'spec', 'replicas');
  return {
    wanted: typeof wanted === 'number' ? wanted : 1,
    existing: count(object, 'status', 'replicas'),
    updated: count(object, 'status', 'updatedReplicas'),
    available: count(object, 'status', 'availableReplicas'),
  };
}

/** The ReplicaSet of the Deployment's own revision: after a roll back to an older template that is an old ReplicaSet with a new number. */
function newestReplicaSet(
  deployment: KubeObject,
  replicaSets: readonly KubeObject[],
): WorkloadFact['newest'] {
  const revisionOf = (set: KubeObject): number => Number(set.metadata.annotations?.[REVISION] ?? 0);
  const own = replicaSets
    .filter((set) => {
      const owner = ownerOf(set);
      return owner?.kind === 'Deployment' && owner.name === deployment.metadata.name;
    })
    .sort((a, b) => revisionOf(b) - revisionOf(a));
  return own[0] === undefined ? undefined : { replicaSet: own[0].metadata.name };
}

export function jobFact(object: KubeObject): JobFact {
  return {
    kind: 'Job',
    succeeded: count(object, 'status', 'succeeded'),
    failed: count(object, 'status', 'failed'),
    conditions: conditionsIn(object),
    images: ['initContainers', 'containers'].flatMap((list) =>
      items(object, 'spec', 'template', 'spec', list).map((container) => text(container, 'image')),
    ),
  };
}

export function deliveryFact(object: KubeObject): DeliveryFact | undefined {
  if (object.kind !== 'HelmRelease' && object.kind !== 'Kustomization') return undefined;
  const [last] = items(object, 'status', 'history');
  return {
    kind: object.kind,
    generation: object.metadata.generation ?? 0,
    observedGeneration: seenGeneration(object),
    conditions: conditionsIn(object),
    isSuspended: member(object, 'spec', 'suspend') === true,
    lastAppliedRevision: text(object, 'status', 'lastAppliedRevision'),
    lastAttemptedRevisionDigest: text(object, 'status', 'lastAttemptedRevisionDigest'),
    lastRelease:
      last === undefined ? undefined : { status: text(last, 'status'), ociDigest: text(last, 'ociDigest') },
  };
}
