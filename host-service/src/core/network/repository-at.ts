import type { Release } from '../../contract/release.ts';
import { referencesOf } from '../release/allowed.ts';

/** One thing in a registry. */
export interface Place {
  /** Without its host. */
  readonly path: string;
  /** Tag or digest. */
  readonly reference: string;
}

/** Something that this box needs of a registry: where releases are announced, else the first thing that the wanted release names there. */
export function repositoryAt(
  host: string,
  channel: { readonly repository: string; readonly tag: string },
  release: Release | undefined,
): Place | undefined {
  const isThere = (repository: string): boolean => repository.startsWith(`${host}/`);
  const pathOf = (repository: string): string => repository.slice(host.length + 1);
  if (isThere(channel.repository)) return { path: pathOf(channel.repository), reference: channel.tag };
  const found = release === undefined ? [] : referencesOf(release).map(({ artifact }) => artifact);
  const first = found.find(({ repository }) => isThere(repository));
  return first === undefined ? undefined : { path: pathOf(first.repository), reference: first.digest };
}
