import { GROUP_VERSION } from '../../contract/names.ts';
import { HostSpec, HostStatus } from '../../contract/objects.ts';
import { Problem } from '../../contract/problem.ts';
import type { ObservedHost } from '../../core/images/hosts.ts';
import type { Cluster, KubeObject } from '../ports.ts';

/**
 * Hosts with an object of their own, by name. What cannot be read of one counts as not said; without the right to ask there are none, because nothing
 * may stand still for what only saves time.
 *
 * @throws Problem cluster.*
 */
export async function observeHosts(cluster: Cluster, signal: AbortSignal): Promise<readonly ObservedHost[]> {
  const found = await listHosts(cluster, signal);
  return found.map(hostOf).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function listHosts(cluster: Cluster, signal: AbortSignal): Promise<readonly KubeObject[]> {
  try {
    return await cluster.list({ apiVersion: GROUP_VERSION, kind: 'Host' }, { signal });
  } catch (error) {
    if (error instanceof Problem && error.code === 'cluster.forbidden') return [];
    throw error;
  }
}

function hostOf({ metadata, ...object }: KubeObject): ObservedHost {
  return {
    name: metadata.name,
    generation: metadata.generation ?? 0,
    resourceVersion: metadata.resourceVersion,
    spec: HostSpec.safeParse(object['spec']).data ?? { images: [] },
    status: HostStatus.safeParse(object['status']).data,
  };
}
