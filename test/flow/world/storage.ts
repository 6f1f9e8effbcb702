import { PROOF_LABEL, PROOF_NAME } from 'host-service/core/storage/facts.ts';
import type { StorageDefinition } from 'host-service/contract/product.ts';
import { CONTROL_PLANE_NAMESPACE } from 'host-service/contract/names.ts';
import type { KubeObject } from 'host-service/engine/ports.ts';
import { digestFor } from '../../fixtures/documents.ts';
import type { WorldCluster } from './cluster.ts';
import type { Json } from './store.ts';

/** What a product of these tests says about its storage. */
export const STORAGE: StorageDefinition = {
  class: 'kept-data',
  provisioner: 'rancher.io/local-path',
  reclaimPolicy: 'Retain',
  driver: 'local-path-provisioner',
  proof: { uid: 70, gid: 70, subPath: 'pgdata', size: '16Mi' },
};

/** How the storage of the world behaves. */
export type StorageFault =
  | 'none'
  /** Claims stay without a volume, and the platform says why. */
  | 'pending'
  /** The folder inside of the volume cannot be made (B-23). */
  | 'sub-path'
  /** The user may not write. */
  | 'denied'
  /** The disk is full. */
  | 'full'
  /** The machine ends the first pod without a word. */
  | 'power'
  /** The pod never begins, for want of its image. */
  | 'image'
  /** Volumes are never taken away again. */
  | 'sticky';

const own = { namespace: CONTROL_PLANE_NAMESPACE };
const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? { ...value } : {});

/** Scheduler, driver and node, as far as they deal with volumes: one step for each object between two looks. */
export class StorageWorld {
  fault: StorageFault = 'none';
  /** Where a driver runs. */
  drivers: readonly string[] = ['kube-system'];

  tick(cluster: WorldCluster): void {
    const { store } = cluster;
    for (const namespace of this.drivers) this.#install(cluster, namespace);
    const claims = store.list('PersistentVolumeClaim');
    for (const claim of claims) this.#bind(cluster, claim);
    for (const pod of store.list('Pod', own.namespace))
      if (pod.metadata.labels?.[PROOF_LABEL] !== undefined) this.#run(cluster, pod);
    for (const volume of store.list('PersistentVolume')) {
      const ref = record(record(volume['spec'])['claimRef']);
      if (claims.some(({ metadata }) => metadata.uid === ref['uid'])) continue;
      const goes = record(volume['spec'])['persistentVolumeReclaimPolicy'] === 'Delete';
      if (goes && this.fault !== 'sticky')
        store.remove({ kind: 'PersistentVolume', name: volume.metadata.name });
      else status(cluster, volume, { phase: 'Released' });
    }
  }

  #install({ store }: WorldCluster, namespace: string): void {
    if (store.get({ kind: 'Deployment', namespace, name: 'local-path-provisioner' }) !== undefined) return;
    const image = `rancher/local-path-provisioner:v0.0.31@${digestFor('driver')}`;
    const spec = { replicas: 1, template: { spec: { containers: [{ name: 'main', image }] } } };
    const metadata = { name: 'local-path-provisioner', namespace };
    store.seed({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec });
  }

  #bind(cluster: WorldCluster, claim: KubeObject): void {
    const { store } = cluster;
    const { name, namespace, uid } = claim.metadata;
    const spec = record(claim['spec']);
    const isUsed = store
      .list('Pod', namespace)
      .some((pod) => JSON.stringify(pod['spec'] ?? '').includes(`"claimName":"${name}"`));
    if (record(claim['status'])['phase'] === 'Bound' || !isUsed) return;
    if (this.fault === 'pending') {
      warn(cluster, claim, 'ProvisioningFailed', 'create process timeout after 120 seconds');
      return;
    }
    store.seed({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `pvc-${uid ?? ''}` },
      spec: {
        storageClassName: spec['storageClassName'],
        persistentVolumeReclaimPolicy: 'Retain',
        claimRef: { kind: 'PersistentVolumeClaim', namespace, name, uid },
      },
      status: { phase: 'Bound' },
    });
    status(cluster, claim, { phase: 'Bound' });
  }

  #run(cluster: WorldCluster, pod: KubeObject): void {
    const phase = record(pod['status'])['phase'];
    if (phase === 'Succeeded' || phase === 'Failed') return;
    const claim = cluster.store.get({ kind: 'PersistentVolumeClaim', ...own, name: PROOF_NAME });
    if (record(claim?.['status'])['phase'] !== 'Bound') return;
    const state = (value: Json): Json => ({ containerStatuses: [{ name: 'write', state: value }] });
    const ended = (exitCode: number, message: string): Json => state({ terminated: { exitCode, message } });
    const fails = (code: string, message: string): Json => ({
      phase: 'Failed',
      ...ended(1, JSON.stringify({ ok: false, at: 'making a folder', code, message })),
    });
    switch (this.fault) {
      case 'sub-path': {
        const message = 'failed to create subPath directory for volumeMount "data" of container "write"';
        const waiting = { reason: 'CreateContainerConfigError', message };
        return status(cluster, pod, { phase: 'Pending', ...state({ waiting }) });
      }
      case 'image':
        return status(cluster, pod, {
          phase: 'Pending',
          ...state({ waiting: { reason: 'ImagePullBackOff', message: 'no such image' } }),
        });
      case 'denied':
        return status(cluster, pod, fails('EACCES', "EACCES: permission denied, mkdir '/data/x'"));
      case 'full':
        return status(cluster, pod, fails('ENOSPC', 'ENOSPC: no space left on device, write'));
      case 'power':
        if (pod.metadata.name.endsWith('-3')) break;
        return status(cluster, pod, { phase: 'Failed', reason: 'NodeShutdown', ...ended(137, '') });
      default:
    }
    status(cluster, pod, { phase: 'Succeeded', ...ended(0, '{"ok":true,"ms":12}') });
  }
}

function status(cluster: WorldCluster, object: KubeObject, said: Json): void {
  const { name, namespace } = object.metadata;
  cluster.store.replaceStatus({ ...object, metadata: { name, namespace }, status: said });
}

function warn({ store }: WorldCluster, about: KubeObject, reason: string, message: string): void {
  const { name, namespace, uid } = about.metadata;
  const event = `${name}.warning`;
  if (store.get({ kind: 'Event', namespace, name: event }) !== undefined) return;
  const involvedObject = { kind: about.kind, namespace, name, uid };
  const metadata = { name: event, namespace };
  store.seed({
    ...{ apiVersion: 'v1', kind: 'Event', metadata, involvedObject, type: 'Warning', reason, message },
    lastTimestamp: '2026-11-21T12:00:00Z',
  });
}
