import { CONTROL_PLANE_NAMESPACE, type Digest } from '../contract/names.ts';
import type { Operation } from '../contract/objects.ts';
import type { Product } from '../contract/product.ts';
import type { KnownRelease, Observed, ReleaseParts } from '../core/plan/observed.ts';
import type { Equivalents } from '../core/status/component/digests.ts';
import { observeFlux } from './observe/flux.ts';
import { observeHealth } from './observe/health.ts';
import { readAppliance, readOperations, readReleases } from './observe/own.ts';
import { observeNamespaces, observeSecrets, observeValues } from './observe/settings.ts';
import type { FirstSignIn } from './observe/sign-in.ts';
import { observeSource } from './observe/source.ts';
import type { Ports } from './ports.ts';

export interface ObserveInput {
  readonly product: Product;
  /** Says which APIs of Flux to look for; without it the stock ones. */
  readonly parts?: ReleaseParts | undefined;
  /** Documents by Release object, owned by the caller; may be lost at any time. Saves parsing the same bytes each cycle. */
  readonly parsed?: Map<string, KnownRelease>;
  /** Digests that a pinned digest may also run as (platform child, config), when the caller knows them. */
  readonly equivalents?: Equivalents;
  /** Namespace of the control plane; the usual one when absent. */
  readonly namespace?: string;
  /** Tries the first administrator's sign-in as long as nothing has worked here yet. */
  readonly signIn?: FirstSignIn | undefined;
}

/**
 * OBSERVE: looks at the world once, with a fixed number of lists and reads. Health is judged and probed only for the release that the source
 * points to. Throws Problem cluster.* when the cluster cannot be read, cluster.not-found when there is no Appliance object yet.
 */
export async function observe(
  ports: Pick<Ports, 'cluster' | 'prober' | 'clock'>,
  input: ObserveInput,
  signal: AbortSignal,
): Promise<Observed> {
  const { cluster } = ports;
  const { product } = input;
  const [appliance, kubernetes, releases, operations, flux, source, namespaces, valuesKeys, secretKeys] =
    await Promise.all([
      readAppliance(cluster, signal),
      cluster.version(signal),
      readReleases(cluster, input.parsed ?? new Map<string, KnownRelease>(), signal),
      readOperations(cluster, signal),
      observeFlux(cluster, product, input.parts, signal),
      observeSource(cluster, product, signal),
      observeNamespaces(cluster, product, signal),
      observeValues(cluster, product, signal),
      observeSecrets(cluster, product, input.namespace ?? CONTROL_PLANE_NAMESPACE, signal),
    ]);
  const known = source?.release === undefined ? undefined : releases.value.get(source.release);
  const components =
    known === undefined
      ? []
      : await observeHealth(
          ports,
          {
            known,
            equivalents: input.equivalents ?? new Map<Digest, ReadonlySet<Digest>>(),
            jobsFinished: jobsFinished(known, operations.value),
            signIn: hasWorked(releases.value.values()) ? undefined : input.signIn,
          },
          signal,
        );
  return {
    applianceId: appliance.metadata.uid ?? '',
    intentRevision: appliance.metadata.generation ?? 0,
    spec: appliance.spec,
    kubernetes: kubernetes.replace(/^v/, ''),
    releases: releases.value,
    operations: operations.value.filter(({ spec }) => spec.verb !== 'roll'),
    rolls: operations.value.filter(({ spec }) => spec.verb === 'roll'),
    flux,
    source,
    namespaces,
    valuesKeys,
    secretKeys,
    components,
    problems: [...releases.problems, ...operations.problems],
  };
}

/** Some release was confirmed here. */
const hasWorked = (releases: Iterable<KnownRelease>): boolean =>
  [...releases].some(({ object }) => object.status?.confirmedAt !== undefined);

/**
 * A finished Job may be cleared away by the platform. Then its operation's journal says that the gate was passed; without an operation under
 * way, the release's confirmation does.
 */
function jobsFinished(known: KnownRelease, operations: readonly Operation[]): boolean {
  const open = operations.find(
    ({ spec, status }) => status?.outcome === 'running' && spec.to.digest === known.digest,
  );
  if (open === undefined) return known.object.status?.confirmedAt !== undefined;
  if (open.spec.verb === 'repair' && known.object.status?.confirmedAt !== undefined) return true;
  return open.status?.steps.some(({ kind, state }) => kind === 'migrate' && state === 'done') === true;
}
