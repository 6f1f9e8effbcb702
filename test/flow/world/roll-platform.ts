import { CONTROL_PLANE_NAME } from 'host-service/contract/control-plane.ts';
import { CONTROL_PLANE_NAMESPACE } from 'host-service/contract/names.ts';
import type { KubeObject } from 'host-service/engine/ports.ts';
import { canonical, listOf, recordOf } from 'host-service/core/json.ts';
import { sha256 } from '../../fixtures/sign.ts';
import type { WorldCluster } from './cluster.ts';
import type { Json } from './store.ts';

/** What a build of the control plane does once it is put in. `late`: crashes ten seconds after it got ready. */
export type BuildBehaviour =
  | 'good'
  | 'image-missing'
  | 'other-processor'
  | 'crash'
  | 'late-crash'
  | 'never-ready'
  | 'hang'
  | 'out-of-memory'
  | 'config-error'
  | 'no-room';

const NAMESPACE = CONTROL_PLANE_NAMESPACE;
const LABELS = { 'app.kubernetes.io/name': CONTROL_PLANE_NAME };
const HASH = 'pod-template-hash';
/** Milliseconds: a program's start, and how long a ready pod is watched before it counts (minReadySeconds). */
const START_MS = 2_000;
const WATCHED_MS = 30_000;

export function imageIn(podSpec: unknown): string {
  const { image } = recordOf(listOf(recordOf(podSpec)['containers'])[0]);
  return typeof image === 'string' ? image : '';
}
export const digestOfImage = (image: string): string => image.slice(image.indexOf('@') + 1);

/** The Deployment controller, scheduler and kubelet of the control plane: surge one, unavailable none. */
export class RollPlatform {
  readonly behaviour = new Map<string, BuildBehaviour>();
  private readonly cluster: WorldCluster;

  constructor(cluster: WorldCluster) {
    this.cluster = cluster;
  }

  /** Pods that are there, oldest first. */
  pods(): readonly KubeObject[] {
    const made = ({ metadata }: KubeObject): string => metadata.creationTimestamp ?? '';
    return this.cluster.store.list('Pod', NAMESPACE).toSorted((a, b) => (made(a) < made(b) ? -1 : 1));
  }

  tick(): void {
    const { store } = this.cluster;
    const deployment = store.get({ kind: 'Deployment', namespace: NAMESPACE, name: CONTROL_PLANE_NAME });
    if (deployment === undefined) return;
    const template = recordOf(recordOf(deployment['spec'])['template']);
    const hash = sha256(canonical(template)).slice(7, 17);
    this.replicaSet(deployment, template, hash);
    const newest = this.pods().find((pod) => pod.metadata.labels?.[HASH] === hash);
    if (newest === undefined) this.pod(template, hash);
    for (const pod of this.pods()) this.kubelet(pod);
    const now = store.now().getTime();
    const settled = this.pods().filter((pod) => now - (readySince(pod) ?? now) >= WATCHED_MS);
    if (settled.some((pod) => pod.metadata.labels?.[HASH] === hash)) {
      for (const pod of this.pods()) {
        if (pod.metadata.labels?.[HASH] !== hash)
          store.remove({ kind: 'Pod', namespace: NAMESPACE, name: pod.metadata.name });
      }
    }
    this.status(deployment, {
      observedGeneration: deployment.metadata.generation,
      replicas: this.pods().length,
      updatedReplicas: 1,
      availableReplicas: settled.length,
      conditions: [{ type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated' }],
    });
    this.endpoints();
  }

  private replicaSet(deployment: KubeObject, template: Json, hash: string): void {
    const { store } = this.cluster;
    const name = `${CONTROL_PLANE_NAME}-${hash}`;
    const sets = store.list('ReplicaSet', NAMESPACE);
    const revisionOf = ({ metadata }: KubeObject): number =>
      Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
    const highest = Math.max(0, ...sets.map(revisionOf));
    const own = sets.find(({ metadata }) => metadata.name === name);
    if (own !== undefined && revisionOf(own) === highest) return;
    // As the real one does when it goes back: the old set gets the newest number.
    store.remove({ kind: 'ReplicaSet', namespace: NAMESPACE, name });
    const metadata = recordOf(template['metadata']);
    const labels = { ...recordOf(metadata['labels']), [HASH]: hash };
    store.seed({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        ...{ name, namespace: NAMESPACE, labels: { ...LABELS, [HASH]: hash } },
        annotations: { 'deployment.kubernetes.io/revision': `${highest + 1}` },
        ...{ ownerReferences: [ownedBy('Deployment', deployment.metadata.name)] },
      },
      spec: { replicas: 1, template: { ...template, metadata: { ...metadata, labels } } },
    });
  }

  private pod(template: Json, hash: string): void {
    this.cluster.store.seed({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...{ name: `${CONTROL_PLANE_NAME}-${hash}-pod`, namespace: NAMESPACE },
        labels: { ...LABELS, [HASH]: hash },
        ...{ ownerReferences: [ownedBy('ReplicaSet', `${CONTROL_PLANE_NAME}-${hash}`)] },
      },
      spec: recordOf(template['spec']),
    });
  }

  private kubelet(pod: KubeObject): void {
    const digest = digestOfImage(imageIn(pod['spec']));
    const made = Date.parse(pod.metadata.creationTimestamp ?? '');
    const ageMs = this.cluster.store.now().getTime() - made;
    this.status(pod, podStatus(this.behaviour.get(digest) ?? 'good', made, ageMs));
  }

  private endpoints(): void {
    const ready = this.pods().filter((pod) => readySince(pod) !== undefined);
    const name = `${CONTROL_PLANE_NAME}-abcde`;
    const { store } = this.cluster;
    store.apply(
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          ...{ name, namespace: NAMESPACE },
          labels: { 'kubernetes.io/service-name': CONTROL_PLANE_NAME },
        },
        endpoints: ready.map(() => ({ addresses: ['198.18.0.7'], conditions: { ready: true } })),
      },
      'endpointslice-controller',
    );
  }

  private status(object: KubeObject, status: Json): void {
    const { name, namespace } = object.metadata;
    this.cluster.store.replaceStatus({ ...object, metadata: { name, namespace }, status });
  }
}

const ownedBy = (kind: string, name: string): Json => ({
  ...{ apiVersion: 'apps/v1', kind, name, uid: `uid-${name}`, controller: true },
});

/** Since when a pod is ready, in milliseconds; undefined = it is not. */
export function readySince(pod: KubeObject): number | undefined {
  const conditions = listOf(recordOf(pod['status'])['conditions']).map(recordOf);
  const ready = conditions.find(({ type }) => type === 'Ready');
  return ready?.['status'] === 'True' ? Date.parse(String(ready['lastTransitionTime'])) : undefined;
}

const waiting = (reason: string, message: string): Json => ({ state: { waiting: { reason, message } } });

function podStatus(behaviour: BuildBehaviour, made: number, ageMs: number): Json {
  const at = (ms: number): string => new Date(made + ms).toISOString();
  const running: Json = { state: { running: { startedAt: at(1_000) } } };
  const ended = (exitCode: number, reason: string, message = ''): Json => ({
    ...waiting('CrashLoopBackOff', 'back-off restarting failed container'),
    restartCount: 1,
    lastState: { terminated: { exitCode, reason, message, finishedAt: at(START_MS) } },
  });
  const isUp = ageMs >= START_MS;
  const lost = ageMs >= START_MS + 10_000;
  const container = (): Json => {
    switch (behaviour) {
      case 'good':
      case 'never-ready':
      case 'hang':
        return running;
      case 'image-missing':
        return waiting('ErrImagePull', 'not found');
      case 'other-processor':
        return isUp ? ended(255, 'StartError', 'exec /usr/bin/node: exec format error') : running;
      case 'crash':
        return isUp ? ended(1, 'Error') : running;
      case 'late-crash':
        return lost ? ended(1, 'Error') : running;
      case 'out-of-memory':
        return isUp ? ended(137, 'OOMKilled') : running;
      case 'config-error':
        return waiting('CreateContainerConfigError', 'configmap not found');
      case 'no-room':
        return {};
    }
  };
  const isReady =
    isUp && (behaviour === 'good' || ((behaviour === 'late-crash' || behaviour === 'hang') && !lost));
  const turnedMs = isReady ? START_MS : lost && /late-crash|hang/.test(behaviour) ? START_MS + 10_000 : 0;
  const noRoom = behaviour === 'no-room';
  return {
    phase: noRoom ? 'Pending' : 'Running',
    podIP: '198.18.0.7',
    conditions: [
      { type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: at(turnedMs) },
      noRoom
        ? { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'Insufficient memory' }
        : { type: 'PodScheduled', status: 'True' },
    ],
    containerStatuses: noRoom
      ? []
      : [{ name: 'control-plane', ready: isReady, restartCount: 0, ...container() }],
  };
}
