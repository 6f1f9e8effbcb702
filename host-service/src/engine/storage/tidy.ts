import type { Operation } from '../../contract/objects.ts';
import { PROOF_NAME } from '../../core/storage/facts.ts';
import type { Engine } from '../engine.ts';
import type { Ending } from '../journal/ending.ts';
import type { Cluster, KubeObject } from '../ports.ts';
import { lookAtStorage, type StorageLook } from './look.ts';

/**
 * Takes away what a trial write has made. Its volume is told to go with its claim first, so that the driver also deletes what lies on the disk; only
 * volumes whose claim was ours, and each by its uid. `force`: a volume that its driver leaves behind is deleted by us. Answers how much was written;
 * 0 = the rest goes by itself.
 */
export async function tidyTrial(
  cluster: Cluster,
  { facts, volumes }: StorageLook,
  { namespace, force }: { readonly namespace: string; readonly force: boolean },
  signal: AbortSignal,
): Promise<number> {
  let writes = 0;
  for (const { name, keeps, isDeleting } of facts.volumes) {
    const volume = volumes.get(name);
    if (volume === undefined || !keeps || isDeleting) continue;
    await cluster.replace(withPolicy(volume, 'Delete'), signal);
    writes += 1;
  }
  const own = { apiVersion: 'v1', namespace };
  for (const { name, uid, isDeleting } of facts.trials) {
    if (isDeleting) continue;
    await cluster.remove({ ...own, kind: 'Pod', name }, { signal, uid });
    writes += 1;
  }
  const { claim } = facts;
  if (claim !== undefined && !claim.isDeleting) {
    const ref = { ...own, kind: 'PersistentVolumeClaim', name: PROOF_NAME };
    await cluster.remove(ref, { signal, uid: claim.uid });
    writes += 1;
  }
  if (!force || writes > 0 || claim !== undefined) return writes;
  for (const { name, uid, isDeleting } of facts.volumes) {
    if (isDeleting) continue;
    await cluster.remove({ apiVersion: 'v1', kind: 'PersistentVolume', name }, { signal, uid });
    writes += 1;
  }
  return writes;
}

/** The same volume, sent whole with the version that was read, with another word about its end. */
export function withPolicy(volume: KubeObject, policy: 'Retain' | 'Delete'): KubeObject {
  const { spec } = volume;
  return {
    ...volume,
    spec: { ...(typeof spec === 'object' ? spec : {}), persistentVolumeReclaimPolicy: policy },
  };
}

/**
 * An operation that ends in the middle of its trial write takes with it what it has made. Before its end is written, so that a power cut in between
 * repeats it.
 */
export async function tidyUnfinished(
  { ports: { cluster }, product, namespace }: Engine,
  { status }: Operation,
  { outcome }: Pick<Ending, 'outcome'>,
  signal: AbortSignal,
): Promise<void> {
  const isTrying = status?.steps.some(({ kind, state }) => kind === 'prepare-storage' && state === 'running');
  if (outcome === 'succeeded' || isTrying !== true || product.storage === undefined) return;
  const look = await lookAtStorage(cluster, product, namespace, signal);
  await tidyTrial(cluster, look, { namespace, force: false }, signal);
}
