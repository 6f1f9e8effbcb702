import type { WorkloadFault } from '../ports.ts';
import type { Cache } from './cache.ts';
import { refOf, type Client } from './client.ts';
import { isTrue } from './conditions.ts';
import { sameJson, type Thing } from './fields.ts';
import type { Accounts } from './workloads/accounts.ts';

/** Namespace and names of the delivery controllers' Deployments (flux-base/flux). */
export const FLUX_NAMESPACE = 'flux-system';
export type FluxController = 'source-controller' | 'kustomize-controller' | 'helm-controller';

/** Everything that the stand-ins share: what is known, who writes, how it is to behave. */
export interface Machine {
  readonly cache: Cache;
  readonly client: Client;
  readonly startMs: number;
  readonly packageMs: number;
  readonly accounts: Accounts;
  fault(): WorkloadFault;
  /** The log of a container, as the node keeps it; nothing where the API server cannot be told. */
  setLog(pod: Thing, container: string, previous: boolean, text: string): void;
}

export const KINDS = {
  namespace: { apiVersion: 'v1', kind: 'Namespace' },
  node: { apiVersion: 'v1', kind: 'Node' },
  pod: { apiVersion: 'v1', kind: 'Pod' },
  claim: { apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
  volume: { apiVersion: 'v1', kind: 'PersistentVolume' },
  configMap: { apiVersion: 'v1', kind: 'ConfigMap' },
  service: { apiVersion: 'v1', kind: 'Service' },
  deployment: { apiVersion: 'apps/v1', kind: 'Deployment' },
  replicaSet: { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  statefulSet: { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  daemonSet: { apiVersion: 'apps/v1', kind: 'DaemonSet' },
  job: { apiVersion: 'batch/v1', kind: 'Job' },
  storageClass: { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' },
  source: { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'OCIRepository' },
  kustomization: { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' },
  helmRelease: { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease' },
  host: { apiVersion: 'appliance.nineminds.com/v1alpha1', kind: 'Host' },
} as const;

/** A delivery controller does its work only when it is installed and available, and nothing holds it. */
export function works({ cache, fault }: Machine, controller: FluxController): boolean {
  const found = cache.get(KINDS.deployment, FLUX_NAMESPACE, controller);
  return fault().kind !== 'delivery-stopped' && isTrue(found, 'Available');
}

/** Writes a status when it says something new; answers the object as it is then. @throws ApiError 409 when it was changed meanwhile */
export async function writeStatus(
  { cache, client }: Machine,
  object: Thing,
  status: unknown,
): Promise<Thing> {
  if (sameJson(status, object['status'])) return object;
  const written = await client.replace({ ...object, status }, '/status');
  cache.put(written);
  return written;
}

export async function create({ cache, client }: Machine, object: Thing): Promise<Thing> {
  const made = await client.create(object);
  cache.put(made);
  return made;
}

export async function apply({ cache, client }: Machine, object: Thing): Promise<Thing> {
  const applied = await client.apply(object);
  cache.put(applied);
  return applied;
}

export async function replace({ cache, client }: Machine, object: Thing): Promise<Thing> {
  const written = await client.replace(object);
  cache.put(written);
  return written;
}

/** Deletes at once; children follow by garbage collection. */
export async function remove({ cache, client }: Machine, object: Thing): Promise<void> {
  await client.remove(refOf(object), {
    now: true,
    ...(object.metadata.uid === undefined ? {} : { uid: object.metadata.uid }),
  });
  // One with a finalizer is still there: the watch says when it has gone.
  if (!Array.isArray(object.metadata['finalizers'])) cache.drop(object);
}
