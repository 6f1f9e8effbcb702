import type { Digest } from '../contract/names.ts';
import type { Product } from '../contract/product.ts';
import { Problem } from '../contract/problem.ts';
import type { Observed, ReleaseParts } from '../core/plan/observed.ts';
import type { KnownRelease } from '../core/plan/observed.ts';
import type { Ports } from './ports.ts';

export interface ObserveInput {
  readonly product: Product;
  /** Says which APIs of Flux to look for; without it the stock ones. */
  readonly parts?: ReleaseParts | undefined;
  /**
   * Parsed documents by Release object, owned by the caller; may be lost or cleared at any time. Saves parsing the same bytes each cycle.
   */
  readonly parsed?: Map<string, KnownRelease>;
  /** Digests that a pinned digest may also run as (platform child, config), when the caller knows them. */
  readonly equivalents?: ReadonlyMap<Digest, ReadonlySet<Digest>>;
}

/**
 * OBSERVE: looks at the world once, with a fixed number of lists and reads. Health is probed only for the release that the source points to.
 * Throws Problem cluster.* when the cluster cannot be read, cluster.not-found when there is no Appliance object yet.
 */
export async function observe(
  ports: Pick<Ports, 'cluster' | 'prober' | 'clock'>,
  input: ObserveInput,
  signal: AbortSignal,
): Promise<Observed> {
  signal.throwIfAborted();
  const version = await ports.cluster.version(signal);
  throw new Problem('cluster.not-found', `Appliance of ${input.product.id} on ${version}`);
}
