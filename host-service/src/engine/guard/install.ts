import { Problem } from '../../contract/problem.ts';
import { withBaked } from '../../core/roll/record.ts';
import type { Cluster, KubeInput, Log } from '../ports.ts';
import { controlPlaneRef } from '../roll/observe.ts';
import { changeRecord } from '../roll/record.ts';
import type { BakedControlPlane, GuardOptions } from './ports.ts';

/**
 * Makes the objects that came with this host, each only where there is none (an older one never replaces what is there), the Deployment last. What
 * this host may not make, the boot script has made or will; only a Deployment that cannot be made is a failure.
 *
 * @throws Problem cluster.*
 */
export async function makeMissing(
  { cluster, log }: { readonly cluster: Cluster; readonly log: Log },
  objects: readonly KubeInput[],
  signal: AbortSignal,
): Promise<void> {
  for (const object of objects) {
    const { kind, metadata } = object;
    try {
      await cluster.create(object, signal);
      log.info('made from what came with this host', { kind, name: metadata.name });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.code === 'cluster.conflict') continue;
      const isSkipped = kind !== 'Deployment' && SKIPPED.has(error.code);
      if (!isSkipped) throw error;
      log.debug('not made by this host', { kind, name: metadata.name, code: error.code });
    }
  }
}

const SKIPPED: ReadonlySet<string> = new Set(['cluster.forbidden', 'cluster.no-such-kind']);

/**
 * Puts the control plane that came with this host in the place of one that nothing else can replace: what it needs is made where it is missing,
 * then the Deployment is applied under the resourceVersion that was judged.
 *
 * @throws Problem cluster.conflict when somebody changed it meanwhile; other cluster.*
 */
export async function applyBaked(
  ports: { readonly cluster: Cluster; readonly log: Log },
  { objects }: BakedControlPlane,
  present: { readonly namespace: string; readonly resourceVersion: string },
  signal: AbortSignal,
): Promise<void> {
  const { kind } = controlPlaneRef(present.namespace);
  const isPlane = (object: KubeInput): boolean => object.kind === kind;
  await makeMissing(
    ports,
    objects.filter((object) => !isPlane(object)),
    signal,
  );
  const [plane] = objects.filter(isPlane);
  if (plane === undefined)
    throw new Problem('roll.no-way-back', 'what came with this host has no Deployment');
  const metadata = { ...plane.metadata, resourceVersion: present.resourceVersion };
  await ports.cluster.apply({ ...plane, metadata }, { signal });
}

/** Says in the record what lies on this host. Throws Problem cluster.*. */
export async function noteBaked(
  { cluster, namespace, node }: Pick<GuardOptions, 'cluster' | 'namespace' | 'node'>,
  { build }: BakedControlPlane,
  signal: AbortSignal,
): Promise<void> {
  await changeRecord(cluster, namespace, (record) => withBaked(record, build, node), signal);
}
