import { expect, it } from 'vitest';
import { Asking, deployment } from './kubernetes-contract-asking.ts';
import type { ContractWorld } from './kubernetes-contract-asking.ts';

const pod = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x:1' }] } };
const labelled = { metadata: { labels: { app: 'x' } }, spec: { containers: pod.spec.containers } };
const selector = { matchLabels: { app: 'x' } };
const claim = {
  accessModes: ['ReadWriteOnce'],
  storageClassName: 'none',
  resources: { requests: { storage: '1Gi' } },
};
const RBAC = 'rbac.authorization.k8s.io/v1';

/** apiVersion, kind, plural, what it says, the generation it starts with. */
const KINDS: readonly (readonly [string, string, string, object, number | undefined])[] = [
  ['v1', 'ConfigMap', 'configmaps', { data: { a: '1' } }, undefined],
  ['v1', 'Secret', 'secrets', { data: { a: 'YQ==' } }, undefined],
  ['v1', 'Service', 'services', { spec: { selector: { app: 'x' }, ports: [{ port: 80 }] } }, undefined],
  ['v1', 'ServiceAccount', 'serviceaccounts', { imagePullSecrets: [{ name: 'a' }] }, undefined],
  ['v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', { spec: claim }, undefined],
  ['v1', 'Pod', 'pods', pod, 1],
  ['apps/v1', 'Deployment', 'deployments', deployment('x', pod.spec.containers), 1],
  [
    'apps/v1',
    'StatefulSet',
    'statefulsets',
    {
      spec: {
        replicas: 0,
        serviceName: 'x',
        selector,
        template: labelled,
        volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claim }],
      },
    },
    1,
  ],
  ['apps/v1', 'DaemonSet', 'daemonsets', { spec: { selector, template: labelled } }, 1],
  ['apps/v1', 'ReplicaSet', 'replicasets', { spec: { replicas: 0, selector, template: labelled } }, 1],
  ['batch/v1', 'Job', 'jobs', { spec: { suspend: true, template: pod } }, 1],
  [
    'batch/v1',
    'CronJob',
    'cronjobs',
    { spec: { schedule: '0 0 1 1 *', suspend: true, jobTemplate: { spec: { template: pod } } } },
    1,
  ],
  ['networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', { spec: { podSelector: {} } }, 1],
  [RBAC, 'Role', 'roles', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }, undefined],
  [
    RBAC,
    'RoleBinding',
    'rolebindings',
    {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'x' },
      subjects: [{ kind: 'ServiceAccount', name: 'x', namespace: 'default' }],
    },
    undefined,
  ],
  ['coordination.k8s.io/v1', 'Lease', 'leases', { spec: { holderIdentity: 'x' } }, undefined],
  [
    'discovery.k8s.io/v1',
    'EndpointSlice',
    'endpointslices',
    {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.1.2.3'] }],
      ports: [{ name: 'a', port: 80, protocol: 'TCP' }],
    },
    1,
  ],
  ['policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', { spec: { maxUnavailable: 1, selector } }, 1],
  ['scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses*', { value: 5 }, 1],
  ['storage.k8s.io/v1', 'StorageClass', 'storageclasses*', { provisioner: 'test.example/none' }, undefined],
];

/** The kinds that bundles and charts bring along. */
export function describeKinds(world: () => ContractWorld): void {
  const api = new Asking(world);

  it.each(KINDS)(
    '%s %s is the same when it is applied again',
    async (apiVersion, kind, plural, body, generation) => {
      const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
      const where = plural.endsWith('*') ? plural.slice(0, -1) : `namespaces/default/${plural}`;
      const path = `${root}/${where}/same-again`;
      const object = { ...body, apiVersion, kind, metadata: { name: 'same-again' } };
      const matching = kind === 'Deployment' ? { ...object, spec: (body as { spec: object }).spec } : object;
      try {
        const first = await api.applied('bundle', path, matching);
        expect(first.metadata.generation).toBe(generation);
        const again = await api.applied('bundle', path, matching);
        expect(again.metadata.generation).toBe(generation);
        expect(again.metadata.uid).toBe(first.metadata.uid);
        const ours = (one: typeof first) =>
          one.metadata.managedFields?.filter(({ manager }) => manager === 'bundle');
        expect(ours(again)).toEqual(ours(first));
        // Who says the same shares it; but lists that are replaced as a whole are compared with what the server has filled in.
        const stranger = await api.apply('stranger', path, matching);
        expect(stranger.code).toBe(['StatefulSet', 'EndpointSlice'].includes(kind) ? 409 : 200);
      } finally {
        await api.ask('DELETE', `${path}?propagationPolicy=Background&gracePeriodSeconds=0`);
      }
    },
  );
}
