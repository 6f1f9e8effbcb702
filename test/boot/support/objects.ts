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
/** Given by the API server, different for each machine, or written by who runs things. */
const GIVEN = /^(uid|resourceVersion|creationTimestamp|managedFields|generation)$/;

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
  return new Map(
    objects.map((object): [string, unknown] => {
      const metadata = Object.fromEntries(
        Object.entries(object.metadata).filter(([key]) => !GIVEN.test(key)),
      );
      const { status, ...rest } = object;
      void status;
      const name = `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
      return [name, JSON.parse(withoutGiven(JSON.stringify({ ...rest, metadata })))];
    }),
  );
}

/** Addresses of services and revisions of deployments are given by the platform. */
const withoutGiven = (text: string): string =>
  text
    .replaceAll(/"clusterIPs?":("[^"]*"|\[[^\]]*\]),?/g, '')
    .replaceAll(/"deployment\.kubernetes\.io\/revision":"\d+",?/g, '');

/** Version of each object: unchanged = nothing was written. */
export async function versions(machine: Machine): Promise<ReadonlyMap<string, unknown>> {
  const objects = await list(
    machine,
    KINDS.filter((kind) => kind !== 'deployments'),
  );
  return new Map(
    objects.map(({ kind, metadata }) => [`${kind} ${metadata.name}`, metadata['resourceVersion']]),
  );
}
