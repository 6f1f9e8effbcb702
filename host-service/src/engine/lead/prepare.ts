import { GROUP_VERSION } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import type { Clock, Cluster, KubeInput, Log } from '../ports.ts';
import { growDefinition } from './definitions.ts';

/** Milliseconds between looks whether a definition is served, and the longest wait for it. */
const SERVED = { everyMs: 200, longestMs: 30_000 } as const;

/** Makes the control plane's own namespace when it is absent: the Lease lies in it, so this goes before any election. */
export async function ensureNamespace(cluster: Cluster, name: string, signal: AbortSignal): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'Namespace', name } as const;
  if ((await cluster.get(ref, signal)) !== undefined) return;
  const { apiVersion, kind } = ref;
  await createUnlessThere(cluster, { apiVersion, kind, metadata: { name } }, signal);
}

/**
 * Makes the definitions of our own kinds that are absent, lets those grow that know less than we do, and waits until they are served. What is
 * there of a newer control plane stays: definitions are never lowered (design §5).
 *
 * @throws Problem cluster.no-such-kind when they are not served in time
 */
export async function ensureKinds(
  ports: { readonly cluster: Cluster; readonly clock: Clock; readonly log: Log },
  definitions: readonly KubeInput[],
  signal: AbortSignal,
): Promise<void> {
  const { cluster, clock, log } = ports;
  for (const definition of definitions) {
    const done = await growDefinition(cluster, definition, 'served', signal);
    if (done !== 'kept') log.info(`definition ${done}`, { name: definition.metadata.name });
  }
  const since = clock.monotonic();
  for (const { metadata } of definitions) {
    const plural = metadata.name.slice(0, metadata.name.indexOf('.'));
    while (!(await cluster.serves(GROUP_VERSION, plural, signal))) {
      if (clock.monotonic() - since > SERVED.longestMs)
        throw new Problem('cluster.no-such-kind', metadata.name);
      await clock.sleep(SERVED.everyMs, signal);
      signal.throwIfAborted();
    }
  }
}

async function createUnlessThere(cluster: Cluster, object: KubeInput, signal: AbortSignal): Promise<void> {
  try {
    await cluster.create(object, signal);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'cluster.conflict') throw error;
  }
}
