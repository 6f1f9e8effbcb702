import type { Ref } from '../client.ts';
import { listAt, textAt, type Thing } from '../fields.ts';

interface Entry {
  /** `<namespace>_<name>_<group>_<kind>`. */
  readonly id: string;
  readonly v: string;
}

/** Objects as the status of a Kustomization or HelmRelease lists them. */
export function inventoryOf(objects: readonly Thing[]): { readonly entries: readonly Entry[] } {
  const entries = objects.map(({ apiVersion, kind, metadata }) => {
    const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
    return { id: `${metadata.namespace ?? ''}_${metadata.name}_${group}_${kind}`, v: version ?? '' };
  });
  return { entries: entries.sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

/** What a status lists, by id. */
export function refsIn(status: unknown): ReadonlyMap<string, Ref> {
  return new Map(
    listAt(status, 'inventory', 'entries').flatMap((entry): [string, Ref][] => {
      const id = textAt(entry, 'id');
      // Names of RBAC objects may hold a `_` of their own, written double.
      const [namespace = '', name = '', group = '', kind = ''] = id.split('_');
      const version = textAt(entry, 'v');
      if (name === '' || kind === '') return [];
      const apiVersion = group === '' ? version : `${group}/${version}`;
      return [[id, { apiVersion, kind, name, ...(namespace === '' ? {} : { namespace }) }]];
    }),
  );
}
