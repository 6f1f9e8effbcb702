import { Problem } from '../../../contract/problem.ts';
import type { Cluster, KubeInput, KubeObject, KubeRef } from '../../ports.ts';

const keyOf = ({ apiVersion, kind, namespace, name }: KubeRef): string =>
  `${apiVersion} ${kind} ${namespace ?? ''}/${name}`;

/**
 * A cluster whose reads are real and whose writes stay here: what a change leads to can be seen, and nobody else sees it. Only whole objects
 * are written; anything else is a fault of ours.
 */
export function dryCluster(cluster: Cluster): Cluster {
  const written = new Map<string, KubeObject>();
  const keep = (object: KubeInput): Promise<KubeObject> => {
    const { generation } = Object.assign({ generation: 0 }, object.metadata);
    const metadata = {
      ...object.metadata,
      generation: generation + 1,
      resourceVersion: `dry-${written.size + 1}`,
    };
    const kept: KubeObject = { ...object, metadata };
    written.set(keyOf({ ...object, ...object.metadata }), kept);
    return Promise.resolve(kept);
  };
  const never = (): Promise<never> =>
    Promise.reject(new Problem('internal.bug', 'a preview tried to change the cluster'));
  return {
    get: async (ref, signal) => written.get(keyOf(ref)) ?? cluster.get(ref, signal),
    list: async (kind, options) => {
      const found = await cluster.list(kind, options);
      const fresh = [...written.values()].filter(
        (object) =>
          object.kind === kind.kind &&
          object.apiVersion === kind.apiVersion &&
          options.labelSelector === undefined &&
          (options.namespace ?? object.metadata.namespace) === object.metadata.namespace,
      );
      const names = new Set(fresh.map(({ metadata }) => metadata.name));
      return [...found.filter(({ metadata }) => !names.has(metadata.name)), ...fresh];
    },
    create: keep,
    replace: keep,
    watch: (kind, options) => cluster.watch(kind, options),
    version: (signal) => cluster.version(signal),
    serves: (groupVersion, plural, signal) => cluster.serves(groupVersion, plural, signal),
    log: (pod, bytes, signal) => cluster.log(pod, bytes, signal),
    apply: never,
    replaceStatus: never,
    remove: never,
  };
}
