import type { Machine } from './machine.ts';

interface Listed {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

const KINDS = [
  ...['namespaces', 'customresourcedefinitions', 'priorityclasses', 'clusterroles', 'clusterrolebindings'],
  ...['roles', 'rolebindings', 'serviceaccounts', 'configmaps', 'services', 'networkpolicies'],
  ...['poddisruptionbudgets', 'deployments'],
];
/** Given by the platform, different for each machine, or written by who runs things. */
const GIVEN =
  /^(uid|resourceVersion|creationTimestamp|managedFields|generation|status|clusterIPs?|deployment\.kubernetes\.io\/revision)$/;

async function list(machine: Machine, kinds: readonly string[]): Promise<readonly Listed[]> {
  const text = await machine.kube('get', kinds.join(','), '-A', '-o', 'json');
  const { items } = JSON.parse(text) as { items: readonly Listed[] };
  // What every platform has of its own.
  return items.filter(
    ({ metadata }) => /^(alga-)?appliance/.test(metadata.name) || metadata.name.endsWith('.nineminds.com'),
  );
}

/** Each object as it is wanted, by kind and name, without what differs from machine to machine. */
export async function wantedObjects(machine: Machine): Promise<ReadonlyMap<string, unknown>> {
  const objects = await list(machine, KINDS);
  const wanted = (object: Listed): unknown =>
    JSON.parse(JSON.stringify(object, (key, value: unknown) => (GIVEN.test(key) ? undefined : value)));
  return new Map(
    objects.map((object) => [
      `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`,
      wanted(object),
    ]),
  );
}

/** Version of each object: unchanged = nothing was written. Without those of which the platform itself writes the status when it comes to it. */
export async function versions(machine: Machine): Promise<ReadonlyMap<string, unknown>> {
  const objects = await list(
    machine,
    KINDS.filter((kind) => !['deployments', 'poddisruptionbudgets'].includes(kind)),
  );
  return new Map(
    objects.map(({ kind, metadata }) => [`${kind} ${metadata.name}`, metadata['resourceVersion']]),
  );
}
