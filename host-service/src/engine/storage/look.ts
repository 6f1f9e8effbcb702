import type { Product } from '../../contract/product.ts';
import {
  PROOF_ANNOTATION,
  PROOF_LABEL,
  PROOF_NAME,
  ProofRecord,
  type ClaimSight,
  type ClassSight,
  type DriverSight,
  type StorageFacts,
  type VolumeSight,
} from '../../core/storage/facts.ts';
import { count, items, member, text } from '../observe/read.ts';
import type { Cluster, KindRef, KubeObject } from '../ports.ts';
import { trialOf, warningsOf } from './trial-sight.ts';

/** Kinds that have to do with storage. */
export const STORAGE_KINDS = {
  storageClass: { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' },
  volume: { apiVersion: 'v1', kind: 'PersistentVolume' },
  claim: { apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
  pod: { apiVersion: 'v1', kind: 'Pod' },
} as const satisfies Record<string, KindRef>;
/** What a driver may run as. */
export const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet'].map((kind) => ({
  apiVersion: 'apps/v1',
  kind,
}));
const DEFAULT = 'storageclass.kubernetes.io/is-default-class';

/** What is seen, and the volumes themselves, because a change of one is sent whole. */
export interface StorageLook {
  readonly facts: StorageFacts;
  readonly volumes: ReadonlyMap<string, KubeObject>;
  readonly classes: ReadonlyMap<string, KubeObject>;
}

/** Looks at all of the box that has to do with storage: once, with a fixed number of calls. Throws Problem cluster.*. */
export async function lookAtStorage(
  cluster: Pick<Cluster, 'get' | 'list'>,
  product: Pick<Product, 'namespaces' | 'storage'>,
  namespace: string,
  signal: AbortSignal,
): Promise<StorageLook> {
  const place = { namespace, name: PROOF_NAME };
  const [classes, volumes, claim, pods, ...workloads] = await Promise.all([
    cluster.list(STORAGE_KINDS.storageClass, { signal }),
    cluster.list(STORAGE_KINDS.volume, { signal }),
    cluster.get({ ...STORAGE_KINDS.claim, ...place }, signal),
    cluster.list(STORAGE_KINDS.pod, { signal, namespace, labelSelector: PROOF_LABEL }),
    ...WORKLOADS.map(async (kind) => cluster.list(kind, { signal })),
  ]);
  const warnings =
    claim === undefined && pods.length === 0
      ? new Map<string, string>()
      : warningsOf(await cluster.list({ apiVersion: 'v1', kind: 'Event' }, { signal, namespace }));
  const ours = new Set(product.namespaces.map(({ name }) => name));
  const isTrial = (volume: KubeObject): boolean => isFor(volume, namespace, PROOF_NAME);
  return {
    facts: {
      classes: classes.map(classSight),
      drivers: driversIn(workloads.flat(), product.storage?.driver),
      losing: volumes
        .filter((volume) => !isTrial(volume) && ours.has(text(volume, 'spec', 'claimRef', 'namespace')))
        .filter((volume) => !keeps(volume) && volume.metadata.deletionTimestamp === undefined)
        .map(({ metadata }) => metadata.name),
      claim: claim === undefined ? undefined : claimSight(claim, warnings),
      trials: pods.map((pod) => trialOf(pod, warnings)),
      volumes: volumes.filter(isTrial).map(volumeSight),
    },
    volumes: byName(volumes),
    classes: byName(classes),
  };
}

const byName = (objects: readonly KubeObject[]): ReadonlyMap<string, KubeObject> =>
  new Map(objects.map((object) => [object.metadata.name, object]));
const keeps = (volume: KubeObject): boolean =>
  text(volume, 'spec', 'persistentVolumeReclaimPolicy') !== 'Delete';
const isFor = (volume: KubeObject, namespace: string, name: string): boolean =>
  text(volume, 'spec', 'claimRef', 'namespace') === namespace &&
  text(volume, 'spec', 'claimRef', 'name') === name;

/** A class as it counts here. */
export function classSight(object: KubeObject): ClassSight {
  const { name, uid = '', annotations = {} } = object.metadata;
  return {
    ...{ name, uid, isDefault: annotations[DEFAULT] === 'true' },
    provisioner: text(object, 'provisioner'),
    // What the platform takes when nothing is said.
    reclaimPolicy: text(object, 'reclaimPolicy') || 'Delete',
    bindingMode: text(object, 'volumeBindingMode') || 'Immediate',
    record: recordIn(annotations[PROOF_ANNOTATION]),
  };
}

/** What lies on a class of its trial write; undefined when it is none of ours. */
function recordIn(annotation: string | undefined): ProofRecord | undefined {
  try {
    return ProofRecord.safeParse(JSON.parse((annotation ?? 'null').slice(0, 4096))).data;
  } catch {
    return undefined;
  }
}

/** Workloads that run an image whose name ends so, but for those that somebody has set to none. Sorted, so that a sentence about them stays the same. */
export function driversIn(
  workloads: readonly KubeObject[],
  driver: string | undefined,
): readonly DriverSight[] {
  if (driver === undefined) return [];
  return workloads
    .flatMap((object) => {
      const wanted = object.kind === 'DaemonSet' ? undefined : wantedOf(object, 'spec', 'replicas');
      if (wanted === 0 || object.metadata.deletionTimestamp !== undefined) return [];
      const image = items(object, 'spec', 'template', 'spec', 'containers')
        .map((container) => text(container, 'image'))
        .find((one) => nameOf(one) === driver);
      if (image === undefined) return [];
      const { name, namespace = '' } = object.metadata;
      const isReady =
        count(object, 'status', object.kind === 'DaemonSet' ? 'numberReady' : 'readyReplicas') > 0;
      return [{ kind: object.kind, namespace, name, image, isReady }];
    })
    .toSorted((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1));
}

const wantedOf = (value: unknown, ...path: readonly string[]): number => {
  const found = member(value, ...path);
  return typeof found === 'number' ? found : 1;
};

/** `registry:5000/rancher/name:tag@digest` is `name`. */
const nameOf = (image: string): string => /([^/:@]+)(?::[^/@]*)?(?:@.*)?$/.exec(image)?.[1] ?? '';

function claimSight({ metadata, ...rest }: KubeObject, warnings: ReadonlyMap<string, string>): ClaimSight {
  const { uid = '', labels = {}, deletionTimestamp } = metadata;
  return {
    ...{ uid, operation: labels[PROOF_LABEL] ?? '', isDeleting: deletionTimestamp !== undefined },
    isBound: text(rest, 'status', 'phase') === 'Bound',
    warning: warnings.get(uid),
  };
}

const volumeSight = (volume: KubeObject): VolumeSight => ({
  name: volume.metadata.name,
  uid: volume.metadata.uid ?? '',
  claimUid: text(volume, 'spec', 'claimRef', 'uid'),
  keeps: keeps(volume),
  isDeleting: volume.metadata.deletionTimestamp !== undefined,
});
