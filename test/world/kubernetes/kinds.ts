import { builtInType } from './types.ts';
import type { FieldType } from './types.ts';
import type { Schema } from './schema.ts';

/** One resource under one version: where it lies and by which rules it is kept. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Has the subresource `status`. */
  readonly hasStatus: boolean;
  /** Counts changes of what is wanted in metadata.generation. */
  readonly counts: boolean;
  /** May be replaced without saying which version was read. */
  readonly unconditional: boolean;
  readonly type: FieldType;
  /** Custom kinds only. */
  readonly schema: Schema | undefined;
  readonly custom: boolean;
}

/** `plural Kind flags short,names`; flags: n namespaced, s status, g generation, r replaced only with a resourceVersion. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  v1: [
    'configmaps ConfigMap n cm',
    'endpoints Endpoints n ep',
    'events Event n ev',
    'limitranges LimitRange n limits',
    'namespaces Namespace s ns',
    'nodes Node s no',
    'persistentvolumeclaims PersistentVolumeClaim ns pvc',
    'persistentvolumes PersistentVolume s pv',
    'pods Pod nsg po',
    'resourcequotas ResourceQuota ns quota',
    'secrets Secret n -',
    'serviceaccounts ServiceAccount n sa',
    'services Service ns svc',
  ],
  'apps/v1': [
    'daemonsets DaemonSet nsg ds',
    'deployments Deployment nsg deploy',
    'replicasets ReplicaSet nsg rs',
    'statefulsets StatefulSet nsg sts',
  ],
  'batch/v1': ['cronjobs CronJob nsg cj', 'jobs Job nsg -'],
  'rbac.authorization.k8s.io/v1': [
    'clusterrolebindings ClusterRoleBinding - -',
    'clusterroles ClusterRole - -',
    'rolebindings RoleBinding n -',
    'roles Role n -',
  ],
  'apiextensions.k8s.io/v1': ['customresourcedefinitions CustomResourceDefinition sgr crd,crds'],
  'coordination.k8s.io/v1': ['leases Lease nr -'],
  'discovery.k8s.io/v1': ['endpointslices EndpointSlice ng -'],
  'events.k8s.io/v1': ['events Event n ev'],
  'networking.k8s.io/v1': [
    'ingressclasses IngressClass g -',
    'ingresses Ingress nsg ing',
    'networkpolicies NetworkPolicy ng netpol',
  ],
  'policy/v1': ['poddisruptionbudgets PodDisruptionBudget nsg pdb'],
  'scheduling.k8s.io/v1': ['priorityclasses PriorityClass g pc'],
  'storage.k8s.io/v1': ['storageclasses StorageClass - sc'],
  'admissionregistration.k8s.io/v1': [
    'mutatingwebhookconfigurations MutatingWebhookConfiguration g -',
    'validatingadmissionpolicies ValidatingAdmissionPolicy sg -',
    'validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding g -',
    'validatingwebhookconfigurations ValidatingWebhookConfiguration g -',
  ],
};

export function groupVersionOf(apiVersion: string): { readonly group: string; readonly version: string } {
  const [first = '', second] = apiVersion.split('/');
  return second === undefined ? { group: '', version: first } : { group: first, version: second };
}
export const apiVersionOf = ({ group, version }: Pick<Resource, 'group' | 'version'>): string =>
  group === '' ? version : `${group}/${version}`;

function parseRow(apiVersion: string, row: string): Resource {
  const [plural = '', kind = '', flags = '', short = '-'] = row.split(' ');
  return {
    ...groupVersionOf(apiVersion),
    plural,
    singular: kind.toLowerCase(),
    kind,
    namespaced: flags.includes('n'),
    shortNames: short === '-' ? [] : short.split(','),
    categories: [],
    hasStatus: flags.includes('s'),
    counts: flags.includes('g'),
    unconditional: !flags.includes('r'),
    type: builtInType(kind),
    schema: undefined,
    custom: false,
  };
}

/** What every API server serves, as far as anybody here asks for it. */
export const BUILT_IN: readonly Resource[] = Object.entries(TABLE).flatMap(([apiVersion, rows]) =>
  rows.map((row) => parseRow(apiVersion, row)),
);

/** All versions of a resource share their objects. */
export const bucketName = ({ group, plural }: Pick<Resource, 'group' | 'plural'>): string =>
  // The two kinds of events are one and the same in a real API server.
  group === 'events.k8s.io' ? plural : group === '' ? plural : `${plural}.${group}`;
