import { describe, expect, it } from 'vitest';
import { DIGEST, IMAGE, claim, deployment, lint, release, source } from './lint-cases.ts';

const rules = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => line.split(' ')[1]?.replace(':', '') ?? '');
const at = (files: Record<string, string>, rendered?: Record<string, string>): readonly string[] =>
  rules(lint(files, rendered));
const PORT = '          ports: [{ containerPort: 80, hostPort: 80 }]\n';
const ROLLING = '  strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 1 } }\n';
const CLAIMED = '      volumes: [{ name: d, persistentVolumeClaim: { claimName: data } }]\n';
const HOOK = (event: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c, namespace: msp, annotations: { helm.sh/hook: '${event}' } }\n`;
const OBJECT = (kind: string, name: string, api = 'v1', rest = ''): string =>
  `apiVersion: ${api}\nkind: ${kind}\nmetadata: { name: ${name} }\n${rest}`;
const CLASS = (policy: string): string => OBJECT('StorageClass', 'data', 'storage.k8s.io/v1', policy);
const env = (name: string, value: string): string =>
  deployment({ container: `          env: [{ name: ${name}, value: '${value}' }]\n` });
const service = (name: string): string =>
  `---\napiVersion: v1\nkind: Service\nmetadata: { name: ${name}, namespace: msp }\n`;
const STATEFUL = (when: string): string =>
  deployment({
    name: 'db',
    spec: `  persistentVolumeClaimRetentionPolicy: { whenDeleted: ${when} }\n`,
  }).replace('kind: Deployment', 'kind: StatefulSet');

/** [lesson, rule, what breaks it, what is almost the same and fine] */
const CASES: readonly (readonly [string, string, Record<string, string>, Record<string, string>])[] = [
  [
    'B-30 an image by tag',
    'mutable-reference',
    { 'base/a.yaml': deployment({ image: 'registry.example.com/vendor/web:1.2.3' }) },
    { 'base/a.yaml': deployment() },
  ],
  [
    'B-30 an image by latest in an init container',
    'mutable-reference',
    {
      'base/a.yaml': deployment({
        pod: '      initContainers: [{ name: i, image: registry.example.com/w:latest }]\n',
      }),
    },
    { 'base/a.yaml': deployment({ pod: `      initContainers: [{ name: i, image: '${IMAGE}' }]\n` }) },
  ],
  [
    'S10 a chart source by tag',
    'mutable-reference',
    { 'base/a.yaml': source('ref: { tag: 1.0.0 }') },
    { 'base/a.yaml': source() },
  ],
  [
    'S10 a chart source by semver beside a digest',
    'mutable-reference',
    { 'base/a.yaml': source(`ref: { digest: '${DIGEST}', semver: '>=1' }`) },
    { 'base/a.yaml': source("ref: { digest: '${chart_web_digest}' }") },
  ],
  [
    'S10 a source URL with a tag',
    'mutable-reference',
    { 'base/a.yaml': source(undefined, 'oci://registry.example.com/charts/web:1') },
    { 'base/a.yaml': source(undefined, 'oci://registry.example.com:5000/charts/web') },
  ],
  [
    'B-19 a chart by version',
    'mutable-reference',
    { 'base/a.yaml': release("  chart: { spec: { chart: web, version: '1' } }\n") },
    { 'base/a.yaml': release() },
  ],
  [
    'S10 a folder fetched from outside',
    'mutable-reference',
    {
      'base/kustomization.yaml': OBJECT(
        'Kustomization',
        'x',
        'kustomize.config.k8s.io/v1beta1',
        'resources: ["https://example.org/x"]\n',
      ),
    },
    {
      'base/kustomization.yaml': OBJECT(
        'Kustomization',
        'x',
        'kustomize.config.k8s.io/v1beta1',
        'resources: [sub]\n',
      ),
      'base/sub/kustomization.yaml': 'resources: []\n',
    },
  ],
  [
    'B-36 a controller of Flux without digest',
    'mutable-reference',
    { 'flux/flux.yaml': 'controllers: [{ image: "registry.example.com/c:v1" }]\n' },
    { 'flux/flux.yaml': `controllers: [{ image: "${IMAGE}" }]\n` },
  ],
  [
    'B-30 a tag in a values file',
    'mutable-reference',
    { 'profiles/p/web.yaml': 'side: { image: { repository: registry.example.com/w, tag: latest } }\n' },
    { 'profiles/p/web.yaml': 'image: { repository: registry.example.com/w, tag: "" }\n' },
  ],
  [
    'R14 an image of docker.io',
    'registry',
    { 'base/a.yaml': deployment({ image: `docker.io/library/node:20@${DIGEST}` }) },
    { 'base/a.yaml': deployment() },
  ],
  [
    'R14 an image without registry',
    'registry',
    { 'profiles/p/web.yaml': 'image: { repository: library/node, tag: "" }\n' },
    { 'profiles/p/web.yaml': 'image: { repository: localhost:5000/node, tag: "" }\n' },
  ],
  [
    'B-18 the host network in a namespace that is not privileged',
    'pod-security',
    { 'base/a.yaml': deployment({ namespace: 'quiet', pod: '      hostNetwork: true\n' }) },
    { 'base/a.yaml': deployment({ pod: '      hostNetwork: true\n' }) },
  ],
  [
    'B-18 a host path in a namespace that is not privileged',
    'pod-security',
    {
      'base/a.yaml': deployment({
        namespace: 'quiet',
        pod: '      volumes: [{ name: h, hostPath: { path: /x } }]\n',
      }),
    },
    {
      'base/a.yaml': deployment({ namespace: 'quiet', pod: '      volumes: [{ name: h, emptyDir: {} }]\n' }),
    },
  ],
  [
    'B-18 a namespace that nobody makes',
    'pod-security',
    { 'base/a.yaml': deployment({ namespace: 'mps' }) },
    { 'base/a.yaml': deployment() },
  ],
  [
    'B-29 a ReadWriteOnce claim with a rolling update',
    'claims',
    { 'base/a.yaml': deployment({ spec: ROLLING, pod: CLAIMED }) + claim() },
    { 'base/a.yaml': deployment({ spec: ROLLING, pod: CLAIMED }) + claim('ReadWriteMany') },
  ],
  [
    'B-29 a ReadWriteOnce claim with two replicas',
    'claims',
    { 'base/a.yaml': deployment({ pod: CLAIMED }).replace('replicas: 1', 'replicas: 2') + claim() },
    { 'base/a.yaml': deployment({ pod: CLAIMED }) + claim() },
  ],
  [
    'B-29 a ReadWriteOnce claim with the default strategy',
    'claims',
    { 'base/a.yaml': deployment({ spec: '  x: 1\n', pod: CLAIMED }) + claim() },
    {
      'base/a.yaml':
        deployment({ spec: ROLLING.replace('maxSurge: 1', 'maxSurge: 0'), pod: CLAIMED }) + claim(),
    },
  ],
  [
    'B-39 one port of the node for two workloads',
    'host-ports',
    {
      'base/a.yaml': deployment({ container: PORT }),
      'base/b.yaml': deployment({ name: 'two', container: PORT }),
    },
    {
      'base/a.yaml': deployment({ container: PORT }),
      'base/b.yaml': deployment({ name: 'two', container: PORT.replaceAll('80', '81') }),
    },
  ],
  [
    'B-39 the same port by way of the host network',
    'host-ports',
    {
      'base/a.yaml': deployment({ container: PORT }),
      'base/b.yaml': deployment({
        name: 'two',
        pod: '      hostNetwork: true\n',
        container: '          ports: [{ containerPort: 80 }]\n',
      }),
    },
    {
      'base/a.yaml': deployment({ container: PORT }),
      'base/b.yaml': deployment({ name: 'two', container: '          ports: [{ containerPort: 80 }]\n' }),
    },
  ],
  [
    'B-39 a port of the node with a rolling update',
    'host-ports',
    { 'base/a.yaml': deployment({ spec: ROLLING, container: PORT }) },
    { 'base/a.yaml': deployment({ spec: ROLLING }) },
  ],
  [
    'B-39 rollingUpdate left over under Recreate',
    'host-ports',
    { 'base/a.yaml': deployment({ spec: ROLLING.replace('RollingUpdate', 'Recreate'), container: PORT }) },
    {
      'base/a.yaml': deployment({
        spec: '  strategy: { type: Recreate, rollingUpdate: null }\n',
        container: PORT,
      }),
    },
  ],
  [
    'B-20 service links',
    'service-links',
    { 'base/a.yaml': deployment({ links: '' }) },
    { 'base/a.yaml': deployment() },
  ],
  [
    'B-24 a container without probes',
    'probes',
    { 'base/a.yaml': deployment({ probes: '' }) },
    { 'base/a.yaml': deployment({ probes: '' }).replace('Deployment', 'Job').replace('apps/v1', 'batch/v1') },
  ],
  [
    'B-24 a container without readiness probe',
    'probes',
    { 'base/a.yaml': deployment({ probes: '          livenessProbe: {}\n' }) },
    { 'base/a.yaml': deployment() },
  ],
  [
    'B-01 an install hook',
    'hooks',
    { 'base/a.yaml': HOOK('test, post-install') },
    { 'base/a.yaml': HOOK('test') },
  ],
  [
    'R8 a namespace in the bundle',
    'namespace-in-base',
    { 'base/a.yaml': OBJECT('Namespace', 'msp') },
    { 'flux/a.yaml': OBJECT('Namespace', 'flux-system') },
  ],
  [
    'R8 a release that makes its namespace',
    'namespace-in-base',
    { 'base/a.yaml': release('  install: { createNamespace: true }\n') },
    { 'base/a.yaml': release('  install: { createNamespace: false }\n') },
  ],
  [
    'B-40 one object twice',
    'unique-names',
    {
      'base/a.yaml': OBJECT('PriorityClass', 'p', 'scheduling.k8s.io/v1'),
      'flux/b.yaml': OBJECT('PriorityClass', 'p', 'scheduling.k8s.io/v1'),
    },
    {
      'base/a.yaml': OBJECT('PriorityClass', 'p', 'scheduling.k8s.io/v1'),
      'flux/b.yaml': OBJECT('PriorityClass', 'q', 'scheduling.k8s.io/v1'),
    },
  ],
  [
    'B-40 a cluster role with a name of the platform',
    'unique-names',
    { 'base/a.yaml': OBJECT('ClusterRole', 'local-path-provisioner-role', 'rbac.authorization.k8s.io/v1') },
    { 'base/a.yaml': OBJECT('ClusterRole', 'alga-local-path', 'rbac.authorization.k8s.io/v1') },
  ],
  [
    'B-42 a storage class that deletes',
    'keep-data',
    { 'base/a.yaml': CLASS('reclaimPolicy: Delete\n') },
    { 'base/a.yaml': CLASS('reclaimPolicy: Retain\n') },
  ],
  [
    'B-42 a storage class that says nothing, which means delete',
    'keep-data',
    { 'base/a.yaml': CLASS('') },
    { 'base/a.yaml': CLASS('reclaimPolicy: Retain\n') },
  ],
  [
    'B-42 a claim that pruning may take',
    'keep-data',
    { 'base/a.yaml': claim().replace('prune: Disabled', 'prune: x') },
    { 'base/a.yaml': claim() },
  ],
  [
    'B-42 a database that deletes its claims',
    'keep-data',
    { 'rendered!': STATEFUL('Delete') },
    { 'rendered!': STATEFUL('Retain') },
  ],
  [
    'B-36 an API version that is served no more',
    'served-api',
    { 'base/a.yaml': source().replace('/v1', '/v1beta2') },
    { 'base/a.yaml': source() },
  ],
  [
    'B-21 a host without Service',
    'in-cluster-hosts',
    { 'base/a.yaml': env('DB_HOST', 'postgres.msp.svc.cluster.local') },
    { 'base/a.yaml': env('DB_HOST', 'web.msp.svc.cluster.local:80') },
  ],
  [
    'R22 a Service by the name of the release',
    'in-cluster-hosts',
    { 'profiles/p/web.yaml': 'url: http://alga-core.msp.svc:3000\n' },
    { 'profiles/p/web.yaml': 'url: http://web.msp.svc:3000\n' },
  ],
  [
    'R22 a Service that the expected set suggests but no chart renders',
    'in-cluster-hosts',
    { 'rendered!': env('A', 'http://web.msp.svc/') },
    { 'rendered!': env('A', 'http://web.msp.svc/') + service('web') },
  ],
  [
    'B-33 the default address',
    'placeholder',
    { 'profiles/p/web.yaml': 'appUrl: https://alga.local\n' },
    { 'profiles/p/web.yaml': "appUrl: ''\nhost: web.msp.svc.cluster.local\n" },
  ],
  [
    'B-33 an example address in a pod',
    'placeholder',
    { 'base/a.yaml': env('MAIL_FROM', 'noreply@example.com') },
    { 'base/a.yaml': env('MAIL_FROM', 'noreply@counterexample.com') },
  ],
  [
    'B-26 an internal address in a link',
    'placeholder',
    { 'base/a.yaml': env('PUBLIC_BASE_URL', 'http://web.msp.svc:3000') },
    { 'base/a.yaml': env('INTERNAL_URL', 'http://web.msp.svc:3000') },
  ],
  [
    'B-26 no address in a link',
    'placeholder',
    { 'base/a.yaml': env('APP_URL', '') },
    { 'base/a.yaml': env('APP_URL', 'http://192.168.1.20:3000') },
  ],
];

describe('defects of the ledger', () => {
  it.each(CASES)('finds %s (%s)', (_lesson, rule, broken, fine) => {
    const run = ({ 'rendered!': rendered, ...files }: Record<string, string>): readonly string[] =>
      rendered === undefined ? at(files) : at({ ...files, 'base/r.yaml': release() }, { web: rendered });
    expect(run(broken)).toContain(rule);
    expect(run(fine)).not.toContain(rule);
  });

  it('points to the line in the file', () => {
    expect(lint({ 'base/a.yaml': deployment({ image: 'registry.example.com/vendor/web:1.2.3' }) })).toEqual([
      "base/a.yaml:12 mutable-reference: image 'registry.example.com/vendor/web:1.2.3' has no digest",
    ]);
  });

  it('finds nothing in a workload that follows all rules', () => {
    expect(lint({ 'base/a.yaml': deployment({ pod: CLAIMED, container: PORT }) + claim() })).toEqual([]);
  });
});
