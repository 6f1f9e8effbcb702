import {
  CONTROL_PLANE_CONTAINER,
  CONTROL_PLANE_NAME,
  ROLL_ANNOTATIONS,
  VERSION_LABEL,
} from '../../contract/control-plane.ts';
import { Digest, Version } from '../../contract/names.ts';
import { recordOf } from '../../core/json.ts';
import type { ObservedControlPlane, ObservedPod, ObservedTemplate } from '../../core/roll/observed.ts';
import { digestIn } from '../../core/status/component/digests.ts';
import { conditionsIn, ownerOf } from '../observe/facts.ts';
import { count, endedIn, items, member, text, waitingIn } from '../observe/read.ts';
import type { Cluster, KubeObject } from '../ports.ts';

const HASH = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';
const SELECTOR = `app.kubernetes.io/name=${CONTROL_PLANE_NAME}`;

/** The Deployment itself, for whoever writes it, and what it means. */
export interface Look {
  readonly deployment: KubeObject;
  readonly seen: ObservedControlPlane;
}

/** Deployment of the control plane in a namespace. */
export const controlPlaneRef = (namespace: string) =>
  ({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: CONTROL_PLANE_NAME }) as const;

/**
 * The control plane as the cluster shows it: one read and three lists in its own namespace. undefined when there is no Deployment.
 * Throws Problem cluster.*.
 */
export async function observeControlPlane(
  cluster: Pick<Cluster, 'get' | 'list'>,
  namespace: string,
  signal: AbortSignal,
): Promise<ObservedControlPlane | undefined> {
  return (await lookAtControlPlane(cluster, namespace, signal))?.seen;
}

/** The same, with the object itself. */
export async function lookAtControlPlane(
  cluster: Pick<Cluster, 'get' | 'list'>,
  namespace: string,
  signal: AbortSignal,
): Promise<Look | undefined> {
  const deployment = await cluster.get(controlPlaneRef(namespace), signal);
  if (deployment === undefined) return undefined;
  const labelled = { namespace, labelSelector: SELECTOR, signal };
  const [sets, pods, slices] = await Promise.all([
    cluster.list({ apiVersion: 'apps/v1', kind: 'ReplicaSet' }, labelled),
    cluster.list({ apiVersion: 'v1', kind: 'Pod' }, labelled),
    cluster.list(
      { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
      { namespace, labelSelector: `kubernetes.io/service-name=${CONTROL_PLANE_NAME}`, signal },
    ),
  ]);
  return { deployment, seen: seenOf(deployment, sets, pods, slices) };
}

function seenOf(
  deployment: KubeObject,
  sets: readonly KubeObject[],
  pods: readonly KubeObject[],
  slices: readonly KubeObject[],
): ObservedControlPlane {
  const { uid = '', resourceVersion = '', generation = 0, annotations = {} } = deployment.metadata;
  const wanted = member(deployment, 'spec', 'replicas');
  const image = imageIn(member(deployment, 'spec', 'template', 'spec'));
  const until = dateOf(annotations[ROLL_ANNOTATIONS.probationUntil]);
  return {
    ...{ uid, resourceVersion, generation, image },
    observedGeneration: count(deployment, 'status', 'observedGeneration'),
    digest: digestIn(image),
    version: versionIn(member(deployment, 'spec', 'template', 'metadata', 'labels')),
    replicas: typeof wanted === 'number' ? wanted : 1,
    updatedReplicas: count(deployment, 'status', 'updatedReplicas'),
    availableReplicas: count(deployment, 'status', 'availableReplicas'),
    isLate: conditionsIn(deployment).some(
      ({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
    ),
    previousDigest: digestFrom(annotations[ROLL_ANNOTATIONS.previousDigest]),
    probationUntil: until,
    changedBy: annotations[ROLL_ANNOTATIONS.changedBy],
    release: digestFrom(annotations[ROLL_ANNOTATIONS.release]),
    pods: pods.map(podOf),
    templates: sets
      .filter((set) => isOf(deployment, set))
      .map(templateOf)
      .toSorted((a, b) => b.revision - a.revision),
    readyEndpoints: slices.reduce((sum, slice) => sum + readyIn(slice), 0),
  };
}

const isOf = (deployment: KubeObject, set: KubeObject): boolean => {
  const owner = ownerOf(set);
  return owner?.kind === 'Deployment' && owner.name === deployment.metadata.name;
};

const imageIn = (podSpec: unknown): string => {
  const containers = items(podSpec, 'containers');
  const own = containers.find((container) => text(container, 'name') === CONTROL_PLANE_CONTAINER);
  return text(own ?? containers[0], 'image');
};

const digestFrom = (value: string | undefined): Digest | undefined => Digest.safeParse(value).data;
const versionIn = (labels: unknown): Version | undefined =>
  Version.safeParse(member(labels, VERSION_LABEL)).data;

function dateOf(value: unknown): Date | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function templateOf(set: KubeObject): ObservedTemplate {
  const template = recordOf(member(set, 'spec', 'template'));
  const metadata = recordOf(template['metadata']);
  const { [HASH]: own, ...labels } = recordOf(metadata['labels']);
  const hash = typeof own === 'string' ? own : (set.metadata.labels?.[HASH] ?? '');
  return {
    hash,
    revision: Number(set.metadata.annotations?.[REVISION] ?? 0),
    digest: digestIn(imageIn(template['spec'])),
    version: versionIn(labels),
    template: { ...template, metadata: { ...metadata, labels } },
  };
}

function podOf(pod: KubeObject): ObservedPod {
  const { name, labels, creationTimestamp, deletionTimestamp } = pod.metadata;
  const statuses = items(pod, 'status', 'containerStatuses');
  const status = statuses.find((one) => text(one, 'name') === CONTROL_PLANE_CONTAINER) ?? statuses[0];
  const conditions = items(pod, 'status', 'conditions');
  const ready = conditions.find((one) => text(one, 'type') === 'Ready');
  const scheduled = conditions.find((one) => text(one, 'type') === 'PodScheduled');
  return {
    name,
    node: filled(text(pod, 'spec', 'nodeName')),
    ip: filled(text(pod, 'status', 'podIP')),
    template: labels?.[HASH],
    digest: digestIn(imageIn(member(pod, 'spec'))),
    createdAt: dateOf(creationTimestamp) ?? new Date(0),
    isDeleting: deletionTimestamp !== undefined,
    isReady: text(ready, 'status') === 'True',
    readySince: dateOf(text(ready, 'lastTransitionTime')),
    runningSince: dateOf(text(status, 'state', 'running', 'startedAt')),
    restarts: count(status, 'restartCount'),
    waiting: waitingIn(status),
    ended: endOf(status),
    unschedulable:
      text(scheduled, 'status') === 'False'
        ? `${text(scheduled, 'reason')}: ${text(scheduled, 'message')}`
        : undefined,
  };
}

function endOf(status: unknown): ObservedPod['ended'] {
  const ended = endedIn(status);
  if (ended === undefined) return undefined;
  const { finishedAt, ...how } = ended;
  return { ...how, at: dateOf(finishedAt) ?? new Date(0) };
}

const filled = (value: string): string | undefined => (value === '' ? undefined : value);

/** Addresses that get requests: an endpoint that says nothing about being ready is (Kubernetes API, EndpointConditions). */
const readyIn = (slice: KubeObject): number =>
  items(slice, 'endpoints')
    .filter((endpoint) => member(endpoint, 'conditions', 'ready') !== false)
    .reduce<number>((sum, endpoint) => sum + items(endpoint, 'addresses').length, 0);
