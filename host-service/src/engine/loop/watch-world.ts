import { GROUP_VERSION } from '../../contract/names.ts';
import { HostStatus } from '../../contract/objects.ts';
import type { Engine } from '../engine.ts';
import type { KindRef, KubeObject } from '../ports.ts';
import type { Wake } from './wake.ts';

/** Wakes the loop when something of ours changes. Own writes of status are no news. */
export async function watchWorld(engine: Engine, wake: Wake, signal: AbortSignal): Promise<void> {
  const { product } = engine;
  const namespaces = product.namespaces.map(({ name }) => name);
  const flux: readonly KindRef[] = [
    { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'OCIRepository' },
    { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' },
    { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease' },
  ];
  const generations = new Map<string, number | undefined>();
  const isNewSpec = ({ metadata }: KubeObject): boolean => {
    const before = generations.get(metadata.name);
    generations.set(metadata.name, metadata.generation);
    return before !== metadata.generation;
  };
  const pulled = new Map<string, string>();
  const hasPulled = ({ metadata, ...object }: KubeObject): boolean => {
    const entries = HostStatus.safeParse(object['status']).data?.pulled ?? [];
    const states = entries.map(({ image, state }) => `${state} ${image}`).join();
    const before = pulled.get(metadata.name);
    pulled.set(metadata.name, states);
    return before !== undefined && before !== states;
  };
  await Promise.all([
    keepWatching(engine, { apiVersion: GROUP_VERSION, kind: 'Appliance' }, undefined, signal, (object) => {
      if (isNewSpec(object)) wake.wake('urgent');
    }),
    keepWatching(engine, { apiVersion: GROUP_VERSION, kind: 'Host' }, undefined, signal, (object) => {
      if (hasPulled(object)) wake.wake('event');
    }),
    ...flux.map((kind) => keepWatching(engine, kind, undefined, signal, () => wake.wake('event'))),
    ...namespaces.flatMap((namespace) =>
      [
        { apiVersion: 'v1', kind: 'Pod' },
        { apiVersion: 'apps/v1', kind: 'Deployment' },
      ].map((kind) => keepWatching(engine, kind, namespace, signal, () => wake.wake('event'))),
    ),
  ]);
}

/** A watch that is started again when it ends, whatever the reason: the timer alone would do, only slower. */
async function keepWatching(
  { ports }: Engine,
  kind: KindRef,
  namespace: string | undefined,
  signal: AbortSignal,
  onChange: (object: KubeObject) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await ports.cluster.watch(kind, {
        signal,
        onChange,
        ...(namespace === undefined ? {} : { namespace }),
      });
    } catch (error) {
      if (!signal.aborted) ports.log.debug('watch ended', { kind: kind.kind, error: String(error) });
    }
    await ports.clock.sleep(5_000, signal);
  }
}
