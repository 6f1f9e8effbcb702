import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ControlPlaneConfig } from 'host-service/contract/config.ts';
import { lintBundle } from 'host-service/core/lint/lint.ts';
import { packVariables, substitute } from 'host-service/core/publish/pack-variables.ts';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { callsOfControlPlane, RBAC_FILE, rbacText, rulesOf } from '../../scripts/build/rbac.ts';
import { NAME, NAMESPACE } from '../../scripts/build/rbac-calls.ts';
import { CHARTS } from '../fixtures/releases/releases.ts';
import { fluxBase, product } from './flux-base-files.ts';

const ROOT = join(import.meta.dirname, '../..');
const folder = [...fluxBase()].filter(([path]) => /^control-plane\/[^/]+\.yaml$/.test(path));

const KubeObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
});
const Container = z.looseObject({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()),
  env: z.array(z.looseObject({ name: z.string() })),
  ports: z.array(z.record(z.string(), z.unknown())),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
});
const Deployment = KubeObject.extend({
  spec: z.looseObject({
    selector: z.looseObject({ matchLabels: z.record(z.string(), z.string()) }),
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
      spec: z.looseObject({
        containers: z.tuple([Container]),
        volumes: z.array(z.looseObject({ name: z.string() })),
      }),
    }),
  }),
});

/** All objects as they lie in a packed bundle of this version. */
function packed(version: string): readonly z.infer<typeof KubeObject>[] {
  return folder.flatMap(([path, text]) => {
    const filled = substitute(path, text, packVariables(version, {}));
    if (!filled.ok) throw new Error(filled.problem.detail);
    return parseAllDocuments(filled.value, { uniqueKeys: true }).map((one) => {
      expect(one.errors).toEqual([]);
      return KubeObject.parse(one.toJS());
    });
  });
}
const objects = packed('1.2.3-nightly.4');
const one = (kind: string): z.infer<typeof KubeObject> => {
  const found = objects.filter((object) => object.kind === kind);
  expect(found.map(({ kind: is }) => is)).toEqual([kind]);
  return found[0]!;
};
const deployment = Deployment.parse(one('Deployment'));
const pod = deployment.spec.template.spec;
const [container] = pod.containers;

describe("the control plane's own objects", () => {
  it('B-59 come with each release: rights, settings, environment and network are no part of the host', () => {
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted()).toEqual([
      `ClusterRole ${NAME}`,
      `ClusterRoleBinding ${NAME}`,
      `ConfigMap ${NAME}-config-1.2.3-nightly.4`,
      `Deployment ${NAME}`,
      `Namespace ${NAMESPACE}`,
      `NetworkPolicy ${NAME}`,
      `PodDisruptionBudget ${NAME}`,
      `PriorityClass ${NAME}`,
      `Role ${NAME}`,
      `RoleBinding ${NAME}`,
      `Service ${NAME}`,
      `ServiceAccount ${NAME}`,
    ]);
    for (const { metadata } of objects) expect(metadata.namespace ?? NAMESPACE).toBe(NAMESPACE);
  });

  it('R-55 pass the rules for bundles, beside everything else of the bundle', () => {
    expect(lintBundle(fluxBase(), { product: product(), charts: new Set(CHARTS) })).toEqual([]);
  });

  it('are found to be wrong by these rules when they are', () => {
    const broken = new Map(fluxBase());
    const path = 'control-plane/deployment.yaml';
    const text = broken.get(path) ?? '';
    broken.set(path, text.replace('enableServiceLinks: false', 'hostNetwork: true').replace('@sha256:', ':'));
    const rules = lintBundle(broken, { product: product() }).map(({ file, rule }) => [file, rule]);
    expect(rules).toContainEqual([path, 'mutable-reference']);
    expect(rules).toContainEqual([path, 'service-links']);
    expect(rules).toContainEqual([path, 'host-ports']);
  });

  it('B-54 are plain objects that are applied from memory: no kustomization, nothing fetched, no Secret', () => {
    expect(folder.map(([path]) => path).filter((path) => path.includes('kustomization'))).toEqual([]);
    expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  });
});

describe("the control plane's Deployment", () => {
  it('never takes the old pod away before the new one has been ready for half a minute', () => {
    expect(deployment.spec).toMatchObject({
      minReadySeconds: 30,
      progressDeadlineSeconds: 180,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    });
    expect(deployment.spec['replicas']).toBeUndefined();
  });

  it('leaves its image to whoever rolls: what stands there is pinned and belongs to nobody', () => {
    expect(container.image).toMatch(/^[a-z-]+\.appliance\.invalid\/[a-z-]+@sha256:0{64}$/);
  });

  it('fits a namespace of the restricted level, as that namespace asks', () => {
    expect(one('Namespace').metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
    expect(pod).toMatchObject({
      terminationGracePeriodSeconds: 30,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 10_001,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
    expect(container).toMatchObject({
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
    });
    const text = JSON.stringify(deployment);
    expect(text).not.toMatch(/hostPath|hostNetwork|hostPID|hostIPC|hostPort|privileged/);
  });

  it('has probes for what they are asked by, limits, and knows its own name', () => {
    expect(container).toMatchObject({
      startupProbe: { httpGet: { path: '/api/healthz', port: 'http' } },
      livenessProbe: { httpGet: { path: '/api/healthz', port: 'http' } },
      readinessProbe: { httpGet: { path: '/api/ready', port: 'http' } },
      resources: { requests: { memory: '128Mi' }, limits: { memory: '512Mi' } },
    });
    expect(container.env).toContainEqual({
      name: 'POD_NAME',
      valueFrom: { fieldRef: { fieldPath: 'metadata.name' } },
    });
    expect(container.ports).toEqual([{ name: 'http', containerPort: 8080, protocol: 'TCP' }]);
  });

  it('is found by Service, budget and policy', () => {
    const labels = deployment.spec.template.metadata.labels;
    const { matchLabels } = deployment.spec.selector;
    expect(labels).toMatchObject(matchLabels);
    expect(one('Service')['spec']).toMatchObject({
      selector: matchLabels,
      ports: [{ name: 'http', port: 8080, targetPort: 'http' }],
    });
    expect(one('PodDisruptionBudget')['spec']).toMatchObject({
      maxUnavailable: 1,
      selector: { matchLabels },
    });
    expect(one('NetworkPolicy')['spec']).toMatchObject({
      policyTypes: ['Ingress'],
      ingress: [{ ports: [{ port: 'http', protocol: 'TCP' }] }],
    });
  });

  it('goes on when its one node stutters, and comes back to a full disk', () => {
    const tolerated = JSON.stringify(pod['tolerations']);
    for (const taint of ['not-ready', 'unreachable', 'disk-pressure']) expect(tolerated).toContain(taint);
  });
});

describe("the control plane's configuration", () => {
  const config = z.object({ data: z.record(z.string(), z.string()) }).parse(one('ConfigMap')).data;

  it('is one that the program takes, on all addresses of the pod and with cookies for TLS only', () => {
    const read = ControlPlaneConfig.parse(parse(config['config.yaml'] ?? ''));
    expect(read).toMatchObject({
      kubernetes: 'in-cluster',
      listen: '0.0.0.0:8080',
      cookies: 'secure',
      namespace: NAMESPACE,
    });
    expect(container.args).toEqual(['--config', '/etc/appliance/config.yaml']);
    // Relative paths: product and trust lie beside it, in the same volume.
    expect([read.product, read.trust]).toEqual(['product.yaml', 'trust.yaml']);
  });

  it('goes back with its program: each version has its own, and the pod template names it', () => {
    const namesOf = (version: string): string => {
      const text = JSON.stringify(
        Deployment.parse(packed(version).find(({ kind }) => kind === 'Deployment')),
      );
      return [...text.matchAll(/"name":"(appliance-(?:control-plane-config|product)-[^"]+)"/g)]
        .map(([, name]) => name)
        .join(' ');
    };
    expect(namesOf('1.0.0')).toBe('appliance-control-plane-config-1.0.0 appliance-product-1.0.0');
    expect(namesOf('1.0.1')).toBe('appliance-control-plane-config-1.0.1 appliance-product-1.0.1');
  });
});

describe("the control plane's rights", () => {
  it('are what the table of calls says: `node scripts/build/rbac.ts` would change nothing', async () => {
    expect(readFileSync(join(ROOT, RBAC_FILE), 'utf8')).toBe(await rbacText());
  });

  it('name every verb, kind and group; nothing stands for all', async () => {
    const { cluster, own } = await callsOfControlPlane();
    const rules = [...rulesOf(cluster), ...rulesOf(own)];
    expect(rules.length).toBeGreaterThan(20);
    for (const rule of rules) {
      const words = [...rule.apiGroups, ...rule.resources, ...rule.verbs, ...(rule.resourceNames ?? [])];
      expect(words.filter((word) => word.includes('*'))).toEqual([]);
      expect(rule.verbs).not.toHaveLength(0);
      expect(rule.verbs).not.toContain('impersonate');
      expect(rule.verbs).not.toContain('deletecollection');
    }
  });

  it('bind only roles that the bundle itself binds, and read only Secrets of the product, of its sources and its own', async () => {
    const { cluster } = await callsOfControlPlane();
    const binds = cluster.filter(({ verbs }) => verbs.includes('bind'));
    expect(Object.fromEntries(binds.map(({ resource, names }) => [resource, names]))).toEqual({
      clusterroles: [NAME, 'appliance-flux-source', 'cluster-admin'],
      roles: [NAME, 'appliance-flux-leader'],
    });
    const reads = cluster.filter(({ resource, verbs }) => resource === 'secrets' && verbs.includes('get'));
    expect(reads.map(({ names }) => names)).toEqual([
      product()
        .secrets.map(({ name }) => name)
        .toSorted(),
      ['appliance-authorities', 'appliance-proxy', 'appliance-registries'],
    ]);
  });

  it('merge rows without adding a right: the rules allow exactly the calls of the table', async () => {
    const { cluster, own } = await callsOfControlPlane();
    for (const calls of [cluster, own]) {
      const asked = calls.flatMap(({ group, resource, verbs, names }) =>
        verbs.map((verb) => `${verb} ${resource}.${group} ${(names ?? []).join(' ')}`),
      );
      const allowed = rulesOf(calls).flatMap(({ apiGroups, resources, verbs, resourceNames }) =>
        resources.flatMap((resource) =>
          verbs.map((verb) => `${verb} ${resource}.${apiGroups.join()} ${(resourceNames ?? []).join(' ')}`),
        ),
      );
      expect(new Set(allowed)).toEqual(new Set(asked));
      expect(new Set(allowed).size).toBe(allowed.length);
    }
  });
});
