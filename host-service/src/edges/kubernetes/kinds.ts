/** Plural names of the kinds we deal with, so that no discovery is needed for them; a trailing `*` means cluster-wide. */
const TABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  v1: {
    ConfigMap: 'configmaps',
    Endpoints: 'endpoints',
    Event: 'events',
    LimitRange: 'limitranges',
    Namespace: 'namespaces*',
    Node: 'nodes*',
    PersistentVolume: 'persistentvolumes*',
    PersistentVolumeClaim: 'persistentvolumeclaims',
    Pod: 'pods',
    ResourceQuota: 'resourcequotas',
    Secret: 'secrets',
    Service: 'services',
    ServiceAccount: 'serviceaccounts',
  },
  'apps/v1': {
    DaemonSet: 'daemonsets',
    Deployment: 'deployments',
    ReplicaSet: 'replicasets',
    StatefulSet: 'statefulsets',
  },
  'batch/v1': { CronJob: 'cronjobs', Job: 'jobs' },
  'rbac.authorization.k8s.io/v1': {
    ClusterRole: 'clusterroles*',
    ClusterRoleBinding: 'clusterrolebindings*',
    Role: 'roles',
    RoleBinding: 'rolebindings',
  },
  'apiextensions.k8s.io/v1': { CustomResourceDefinition: 'customresourcedefinitions*' },
  'coordination.k8s.io/v1': { Lease: 'leases' },
  'discovery.k8s.io/v1': { EndpointSlice: 'endpointslices' },
  'events.k8s.io/v1': { Event: 'events' },
  'networking.k8s.io/v1': {
    Ingress: 'ingresses',
    IngressClass: 'ingressclasses*',
    NetworkPolicy: 'networkpolicies',
  },
  'policy/v1': { PodDisruptionBudget: 'poddisruptionbudgets' },
  'scheduling.k8s.io/v1': { PriorityClass: 'priorityclasses*' },
  'storage.k8s.io/v1': { StorageClass: 'storageclasses*' },
  'admissionregistration.k8s.io/v1': {
    MutatingWebhookConfiguration: 'mutatingwebhookconfigurations*',
    ValidatingAdmissionPolicy: 'validatingadmissionpolicies*',
    ValidatingAdmissionPolicyBinding: 'validatingadmissionpolicybindings*',
    ValidatingWebhookConfiguration: 'validatingwebhookconfigurations*',
  },
  'appliance.nineminds.com/v1alpha1': {
    Appliance: 'appliances*',
    Host: 'hosts*',
    Operation: 'operations*',
    Release: 'releases*',
  },
  'source.toolkit.fluxcd.io/v1': {
    Bucket: 'buckets',
    GitRepository: 'gitrepositories',
    HelmChart: 'helmcharts',
    HelmRepository: 'helmrepositories',
    OCIRepository: 'ocirepositories',
  },
  'kustomize.toolkit.fluxcd.io/v1': { Kustomization: 'kustomizations' },
  'helm.toolkit.fluxcd.io/v2': { HelmRelease: 'helmreleases' },
};

/** Where a kind lies on the server. */
export interface Resource {
  readonly plural: string;
  readonly namespaced: boolean;
}

/** The resource of a kind that is known beforehand. */
export function knownResource(apiVersion: string, kind: string): Resource | undefined {
  const group = Object.hasOwn(TABLE, apiVersion) ? TABLE[apiVersion] : undefined;
  const entry = group !== undefined && Object.hasOwn(group, kind) ? group[kind] : undefined;
  if (entry === undefined) return undefined;
  return { plural: entry.replace('*', ''), namespaced: !entry.endsWith('*') };
}
