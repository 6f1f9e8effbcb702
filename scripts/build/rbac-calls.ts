import { CONTROL_PLANE_NAME, GUARD_LEASE } from '../../host-service/src/contract/control-plane.ts';
import { CONTROL_PLANE_NAMESPACE } from '../../host-service/src/contract/names.ts';
import { SOURCE_SECRETS } from '../../host-service/src/core/network/source-access.ts';
import type { Product } from '../../host-service/src/contract/product.ts';

/** One kind of call to the API server, and who makes it. */
export interface Call {
  /** API group, `` for the core one. */
  readonly group: string;
  /** Plural, with its subresource: `pods/log`. */
  readonly resource: string;
  readonly verbs: readonly string[];
  /** Only objects of these names. `create` cannot be limited so: the server does not know the name yet. */
  readonly names?: readonly string[];
  /** The module that makes the call; for people who wonder whether a row may go. */
  readonly by: string;
}

/** Everything of the control plane has this name; installed boxes know it (predecessor §1.4). */
export const NAME = CONTROL_PLANE_NAME;
export const NAMESPACE = CONTROL_PLANE_NAMESPACE;

const OURS = 'appliance.nineminds.com';
const RBAC = 'rbac.authorization.k8s.io';
const DEFINITIONS = 'apiextensions.k8s.io';

type Row = readonly [group: string, resource: string, verbs: string, by: string];
const callOf = ([group, resource, verbs, by]: Row): Call => ({
  group,
  resource,
  verbs: verbs.split(' '),
  by,
});

/** About objects anywhere in the cluster. `/version` and discovery are open to everybody who is known; a watch begins with a list. */
const CLUSTER: readonly Row[] = [
  [OURS, 'appliances', 'get list watch', 'engine/observe, handle/live'],
  [OURS, 'appliances', 'create update', 'engine/report, engine/verbs'],
  [OURS, 'appliances/status', 'update', 'engine/report'],
  [OURS, 'releases', 'get list create delete', 'engine/resolve, steps/prune'],
  [OURS, 'releases/status', 'update', 'engine/journal/quarantine'],
  [OURS, 'operations', 'get list watch', 'engine/journal, handle/live'],
  [OURS, 'operations', 'create delete', 'engine/journal, steps/prune'],
  [OURS, 'operations/status', 'update', 'engine/journal'],
  [OURS, 'hosts', 'list watch patch', 'images/observe-hosts, images/ask-hosts, loop/watch-world'],
  [OURS, 'hosts', 'get update', 'checks/ask-endpoints, checks/change'],
  ['', 'namespaces', 'get create', 'engine/lead/prepare'],
  ['', 'namespaces', 'list patch', 'observe/settings, steps/write-settings'],
  ['', 'configmaps', 'get list', 'steps/values, observe/settings'],
  ['', 'configmaps', 'create patch', 'steps/write-settings, steps/confirm, steps/prune'],
  ['', 'secrets', 'create', 'steps/write-settings'],
  // How many nodes there are decides how many of us there are.
  ['', 'nodes', 'list', 'roll/act/write'],
  ['', 'pods', 'get list watch', 'observe/health, loop/watch-world'],
  ['', 'pods/log', 'get', 'steps/evidence, roll/evidence'],
  ['apps', 'deployments', 'list watch', 'observe/health, loop/watch-world'],
  ['', 'persistentvolumeclaims', 'list', 'checks/storage'],
  ['storage.k8s.io', 'storageclasses', 'list create update', 'checks/storage, engine/storage'],
  // Told to keep their data; the one of a trial write is taken away by its uid.
  ['', 'persistentvolumes', 'list update delete', 'engine/storage'],
  ['apps', 'replicasets', 'list', 'observe/health'],
  ['apps', 'statefulsets', 'list', 'observe/health, storage/look'],
  ['apps', 'daemonsets', 'list', 'observe/health, storage/look'],
  ['batch', 'jobs', 'list', 'observe/health'],
  [
    'source.toolkit.fluxcd.io',
    'ocirepositories',
    'get list watch create patch',
    'observe/source, steps/point-source',
  ],
  [
    'kustomize.toolkit.fluxcd.io',
    'kustomizations',
    'get list watch create patch',
    'observe/source, steps/point-source',
  ],
  ['helm.toolkit.fluxcd.io', 'helmreleases', 'list watch', 'observe/health, loop/watch-world'],
  [
    DEFINITIONS,
    'customresourcedefinitions',
    'get create',
    'engine/lead/prepare, observe/flux, steps/install-flux',
  ],
  // What the roles of a bundle may do is decided by its signature, not by what we may do ourselves (design §2).
  [RBAC, 'clusterroles', 'escalate', 'steps/install-flux'],
  [RBAC, 'roles', 'escalate', 'steps/install-flux'],
];

/** About objects of the control plane's own namespace. */
const OWN: readonly Row[] = [
  ['coordination.k8s.io', 'leases', 'create', 'edges/kubernetes/lease'],
  // Credentials of registries have the names that a person gave them.
  ['', 'secrets', 'get create update', 'engine/access, engine/answers, cycle/credentials'],
  ['', 'configmaps', 'get create update', 'engine/resolve/record, roll/record'],
  ['apps', 'deployments', 'get', 'roll/observe'],
  ['discovery.k8s.io', 'endpointslices', 'list', 'roll/observe'],
  // The trial write, and why it does not get on.
  ['', 'persistentvolumeclaims', 'get create delete', 'storage/look, storage/prepare, storage/tidy'],
  ['', 'pods', 'create delete', 'storage/prepare, storage/tidy'],
  ['', 'events', 'list', 'storage/look'],
];

/** What is there is kept while two builds run side by side, so it has to be read. */
const ownRoleCall = (resource: string): Call => ({
  ...callOf([RBAC, resource, 'get', 'roll/act/write']),
  names: [NAME],
});

/** Calls about objects anywhere: the same for every product but for the names of its Secrets. */
export const clusterCalls = (product: Product): readonly Call[] => [
  ...CLUSTER.map(callOf),
  {
    ...callOf(['', 'secrets', 'get update', 'observe/settings, steps/write-settings']),
    names: product.secrets.map(({ name }) => name).toSorted(),
  },
  {
    ...callOf(['', 'secrets', 'get update', 'network/mirror-secrets']),
    names: Object.values(SOURCE_SECRETS).toSorted(),
  },
  ...['clusterroles', 'clusterrolebindings'].map(ownRoleCall),
];

/** Calls about objects of the control plane's own namespace. */
export const ownCalls = (): readonly Call[] => [
  ...OWN.map(callOf),
  {
    ...callOf(['coordination.k8s.io', 'leases', 'get update', 'edges/kubernetes/lease']),
    names: [NAME, GUARD_LEASE],
  },
  ...['roles', 'rolebindings'].map(ownRoleCall),
];

const APPLIES = 'steps/install-flux, and rolling the control plane';

/** Calls for applying objects of a bundle: server-side apply is a patch, and a create when there is nothing yet. */
export const applyCalls = (
  kinds: readonly { readonly group: string; readonly resource: string }[],
): readonly Call[] => kinds.map(({ group, resource }) => callOf([group, resource, 'create patch', APPLIES]));

/** Binding somebody to a role that can do more than we can: only to the roles that our own bundle binds. */
export function bindCalls(
  roles: readonly { readonly kind: 'ClusterRole' | 'Role'; readonly name: string }[],
): readonly Call[] {
  const bind = (resource: string, kind: string): Call => ({
    ...callOf([RBAC, resource, 'bind', APPLIES]),
    names: [...new Set(roles.filter((role) => role.kind === kind).map(({ name }) => name))].toSorted(),
  });
  return [bind('clusterroles', 'ClusterRole'), bind('roles', 'Role')];
}
