import type { Product } from '../../contract/product.ts';
import type { Release } from '../../contract/release.ts';
import { referencesOf } from '../release/allowed.ts';
import type { WayOut } from './way-out.ts';

/** A host that this box has to reach, and what for. */
export interface Need {
  readonly host: string;
  readonly use: 'registry' | 'licence';
}

const registryIn = (repository: string): string => repository.slice(0, repository.indexOf('/'));

/**
 * The hosts that are needed: where releases lie, what the wanted one names, the licence service. Before a release is known, what the product
 * itself says.
 */
export function neededHosts(
  { registration }: Product,
  repository: string,
  release: Release | undefined,
): readonly Need[] {
  const named = release === undefined ? [] : referencesOf(release).map(({ artifact }) => artifact.repository);
  const registries = [...new Set([repository, ...named].map(registryIn))];
  const licence = registration === undefined ? undefined : URL.parse(registration.url)?.host;
  return [
    ...registries.map((host) => ({ host, use: 'registry' }) as const),
    ...(licence === undefined ? [] : [{ host: licence, use: 'licence' } as const]),
  ];
}

/** Every host that may be tried: what is needed, and the mirrors that were set for it. A box is no means of looking at other hosts. */
export function triableHosts(needs: readonly Need[], { registries }: WayOut): ReadonlySet<string> {
  const needed = new Set(needs.map(({ host }) => host));
  const mirrors = registries.flatMap((one) => (needed.has(one.host) ? one.mirrors : []));
  return new Set([...needed, ...mirrors.flatMap((mirror) => URL.parse(mirror)?.host ?? [])]);
}
