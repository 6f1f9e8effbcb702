import { CONTROL_PLANE_NAMESPACE, Digest } from 'host-service/contract/names.ts';
import { Release } from 'host-service/contract/release.ts';
import type { KubeObject } from 'host-service/engine/ports.ts';
import { sha256 } from '../../fixtures/sign.ts';
import type { WorldCluster } from './cluster.ts';
import type { Json } from './store.ts';
import type { Behaviour, Vendor } from './vendor.ts';

const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? { ...value } : {});
const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => record(inner)[key], value);
const textAt = (value: unknown, ...path: readonly string[]): string => {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
};

/** What the platform and the delivery controllers do between two looks: one step each, from what is wanted to what is. */
export class Platform {
  private readonly cluster: WorldCluster;
  private readonly vendor: Vendor;
  /** While true nothing moves. */
  paused = false;

  constructor(cluster: WorldCluster, vendor: Vendor) {
    this.cluster = cluster;
    this.vendor = vendor;
  }

  tick(): void {
    if (this.paused) return;
    const { store } = this.cluster;
    for (const crd of store.list('CustomResourceDefinition'))
      this.status(crd, { conditions: [condition('Established', 'True', 'InitialNamesAccepted')] });
    for (const namespace of store.list('Namespace')) this.status(namespace, { phase: 'Active' });
    if (this.works('source-controller')) for (const source of store.list('OCIRepository')) this.fetch(source);
    if (this.works('kustomize-controller'))
      for (const root of store.list('Kustomization')) this.reconcile(root);
    // The control plane's own has a world of its own (roll-world.ts).
    for (const deployment of store.list('Deployment'))
      if (deployment.metadata.namespace !== CONTROL_PLANE_NAMESPACE) this.roll(deployment);
  }

  /** A controller does its work only when it was installed and is available. */
  private works(name: string): boolean {
    const found = this.cluster.store.get({ kind: 'Deployment', namespace: 'flux-system', name });
    return JSON.stringify(found?.['status'] ?? '').includes('"availableReplicas":1');
  }

  private status(object: KubeObject, status: Json): void {
    this.cluster.store.replaceStatus({
      ...object,
      metadata: { name: object.metadata.name, namespace: object.metadata.namespace },
      status,
    });
  }

  private fetch(source: KubeObject): void {
    const digest = textAt(source, 'spec', 'ref', 'digest');
    const known = this.vendor.byConfig.has(digest);
    const before = record(source['status']);
    this.status(source, {
      ...before,
      observedGeneration: source.metadata.generation,
      ...(known
        ? {
            artifact: {
              revision: digest,
              digest,
              path: 'x',
              url: 'http://x/x',
              lastUpdateTime: '2026-11-21T12:00:00Z',
            },
          }
        : {}),
      conditions: [
        known
          ? condition('Ready', 'True', 'Succeeded', `stored artifact for digest ${digest}`)
          : condition('Ready', 'False', 'OCIArtifactPullFailed', 'no such artifact'),
      ],
    });
  }

  private reconcile(root: KubeObject): void {
    const [source] = this.cluster.store.list('OCIRepository');
    const revision = textAt(source, 'status', 'artifact', 'revision');
    const release = Release.safeParse(this.vendor.byConfig.get(revision));
    if (!release.success) return;
    for (const component of release.data.components) {
      const [key] = component.images;
      const image = key === undefined ? undefined : release.data.images[key];
      if (image === undefined) continue;
      this.cluster.store.apply(
        {
          apiVersion: 'apps/v1',
          kind: component.kind,
          metadata: { name: component.name, namespace: component.namespace },
          spec: {
            replicas: 1,
            selector: { matchLabels: { app: component.name } },
            template: {
              metadata: { labels: { app: component.name } },
              spec: { containers: [{ name: 'main', image: `${image.repository}@${image.digest}` }] },
            },
          },
        },
        'kustomize-controller',
      );
    }
    this.status(root, {
      observedGeneration: root.metadata.generation,
      lastAppliedRevision: revision,
      lastAttemptedRevision: revision,
      conditions: [condition('Ready', 'True', 'ReconciliationSucceeded', `Applied revision: ${revision}`)],
    });
  }

  /** A Deployment's ReplicaSet and pod, ready or broken as the image behaves. */
  private roll(deployment: KubeObject): void {
    const { store } = this.cluster;
    const { name, namespace, generation, uid } = deployment.metadata;
    const template = record(at(deployment, 'spec', 'template'));
    const image = textAt((at(template, 'spec', 'containers') as readonly unknown[])[0], 'image');
    const hash = sha256(JSON.stringify(template)).slice(7, 17);
    const behaviour = this.vendor.behaviour.get(image.slice(image.indexOf('@') + 1)) ?? 'good';
    const set = `${name}-${hash}`;
    const ready = behaviour === 'good' || behaviour === 'mute';
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name, uid: uid ?? '', controller: true };
    for (const pod of store.list('Pod', namespace))
      if (labelOf(pod, 'app') === name && labelOf(pod, 'pod-template-hash') !== hash)
        store.remove({ kind: 'Pod', namespace, name: pod.metadata.name });
    // As the real controller does when it goes back: the old ReplicaSet gets the newest revision number.
    const revision = String(generation);
    const old = store.get({ kind: 'ReplicaSet', namespace, name: set });
    if (old?.metadata.annotations?.['deployment.kubernetes.io/revision'] !== revision) {
      store.remove({ kind: 'ReplicaSet', namespace, name: set });
    }
    this.ensure(
      'apps/v1',
      'ReplicaSet',
      set,
      namespace,
      {
        ownerReferences: [owner],
        labels: { app: name, 'pod-template-hash': hash },
        annotations: { 'deployment.kubernetes.io/revision': revision },
      },
      {
        replicas: 1,
        template: { ...template, metadata: { labels: { app: name, 'pod-template-hash': hash } } },
      },
    );
    const podName = `${set}-abcde`;
    const setOwner = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: set,
      uid: `uid-${set}`,
      controller: true,
    };
    const pod = this.ensure(
      'v1',
      'Pod',
      podName,
      namespace,
      { ownerReferences: [setOwner], labels: { app: name, 'pod-template-hash': hash } },
      record(template['spec']),
    );
    this.status(pod, podStatus(image, behaviour));
    this.status(deployment, {
      observedGeneration: generation,
      replicas: 1,
      updatedReplicas: 1,
      ...(ready ? { readyReplicas: 1, availableReplicas: 1 } : { unavailableReplicas: 1 }),
      conditions: [
        condition('Available', ready ? 'True' : 'False', 'MinimumReplicasAvailable'),
        condition(
          'Progressing',
          'True',
          ready ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated',
          `ReplicaSet "${set}" has successfully progressed.`,
        ),
      ],
    });
  }

  private ensure(
    apiVersion: string,
    kind: string,
    name: string,
    namespace: string | undefined,
    metadata: Json,
    spec: Json,
  ): KubeObject {
    const { store } = this.cluster;
    const found = store.get({ kind, namespace, name });
    if (found !== undefined) return found;
    return store.seed({
      apiVersion,
      kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...metadata },
      spec,
    });
  }
}

function podStatus(image: string, behaviour: Behaviour): Json {
  const ready = behaviour === 'good' || behaviour === 'mute';
  const digest = Digest.parse(image.slice(image.indexOf('@') + 1));
  const state =
    behaviour === 'crash'
      ? { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' } }
      : behaviour === 'slow'
        ? { waiting: { reason: 'ContainerCreating' } }
        : { running: { startedAt: '2026-11-21T12:00:00Z' } };
  return {
    phase: behaviour === 'slow' ? 'Pending' : 'Running',
    podIP: '10.0.0.7',
    podIPs: [{ ip: '10.0.0.7' }],
    conditions: [
      condition('Ready', ready ? 'True' : 'False', ready ? '' : 'ContainersNotReady'),
      condition('PodScheduled', 'True', ''),
    ],
    containerStatuses: [
      {
        name: 'main',
        image,
        imageID: image.replace(/^.*@/, `registry/x@${digest.slice(0, 0)}`),
        ready,
        restartCount: behaviour === 'crash' ? 5 : 0,
        state,
        ...(behaviour === 'crash' ? { lastState: { terminated: { exitCode: 1, reason: 'Error' } } } : {}),
      },
    ],
  };
}

const labelOf = (object: KubeObject, key: string): string | undefined => object.metadata.labels?.[key];
const condition = (type: string, status: string, reason: string, message = ''): Json => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: '2026-11-21T12:00:00Z',
});
