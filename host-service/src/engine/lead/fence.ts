import { Problem } from '../../contract/problem.ts';
import type { Cluster } from '../ports.ts';

/**
 * The cluster as the engine sees it: every write first asks whether the Lease was renewed in time and is refused when it was not, so that a
 * control plane that was asleep cannot write over its successor (design §3 Leader). Problem apply.not-leader.
 */
export function fence(cluster: Cluster, mayWrite: () => boolean): Cluster {
  const check = (): void => {
    if (!mayWrite()) throw new Problem('apply.not-leader', 'the Lease was not renewed in time');
  };
  return {
    apply: async (object, options) => {
      if (options.dryRun !== true) check();
      return cluster.apply(object, options);
    },
    create: async (object, signal) => {
      check();
      return cluster.create(object, signal);
    },
    replace: async (object, signal) => {
      check();
      return cluster.replace(object, signal);
    },
    replaceStatus: async (object, signal) => {
      check();
      return cluster.replaceStatus(object, signal);
    },
    remove: async (ref, options) => {
      check();
      return cluster.remove(ref, options);
    },
    get: (ref, signal) => cluster.get(ref, signal),
    list: (kind, options) => cluster.list(kind, options),
    watch: (kind, options) => cluster.watch(kind, options),
    version: (signal) => cluster.version(signal),
    serves: (groupVersion, plural, signal) => cluster.serves(groupVersion, plural, signal),
    log: (pod, bytes, signal) => cluster.log(pod, bytes, signal),
  };
}
