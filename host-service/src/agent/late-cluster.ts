import { Problem } from '../contract/problem.ts';
import type { Cluster, LeaseStore } from '../engine/ports.ts';

/** A cluster with its Leases, opened. */
export interface OpenCluster extends Cluster {
  readonly lease: LeaseStore;
  close(): Promise<void>;
}

/**
 * A cluster that is opened when it is used first and tried again each time until that works: at first boot this program starts before its identity is
 * made. Every call throws Problem agent.identity as long as there is none, or when the platform does not accept it.
 */
export function lateCluster(open: () => OpenCluster): OpenCluster {
  const state: { cluster: OpenCluster | undefined } = { cluster: undefined };
  const use = async <T>(act: (cluster: OpenCluster) => Promise<T>): Promise<T> => {
    const cluster = (state.cluster ??= opened(open));
    try {
      return await act(cluster);
    } catch (error) {
      if (error instanceof Problem && error.code === 'cluster.unauthorized')
        throw new Problem('agent.identity', `the platform does not accept it: ${error.detail}`, {
          cause: error,
        });
      throw error;
    }
  };
  return {
    apply: (object, options) => use((cluster) => cluster.apply(object, options)),
    get: (ref, signal) => use((cluster) => cluster.get(ref, signal)),
    list: (kind, options) => use((cluster) => cluster.list(kind, options)),
    create: (object, signal) => use((cluster) => cluster.create(object, signal)),
    replace: (object, signal) => use((cluster) => cluster.replace(object, signal)),
    replaceStatus: (object, signal) => use((cluster) => cluster.replaceStatus(object, signal)),
    remove: (ref, options) => use((cluster) => cluster.remove(ref, options)),
    watch: (kind, options) => use((cluster) => cluster.watch(kind, options)),
    version: (signal) => use((cluster) => cluster.version(signal)),
    serves: (groupVersion, plural, signal) => use((cluster) => cluster.serves(groupVersion, plural, signal)),
    log: (pod, bytes, signal) => use((cluster) => cluster.log(pod, bytes, signal)),
    lease: {
      read: (name, namespace, signal) => use((cluster) => cluster.lease.read(name, namespace, signal)),
      write: (record, signal) => use((cluster) => cluster.lease.write(record, signal)),
    },
    close: async () => state.cluster?.close(),
  };
}

function opened(open: () => OpenCluster): OpenCluster {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem('agent.identity', `there is none yet: ${error.detail}`, { cause: error });
  }
}
