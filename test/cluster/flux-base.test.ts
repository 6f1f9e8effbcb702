import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Product } from 'host-service/contract/product.ts';
import { Release } from 'host-service/contract/release.ts';
import { packVariables, substitute } from 'host-service/core/publish/pack-variables.ts';
import { overlayValues } from 'host-service/core/publish/values-overlay.ts';
import { renderValues } from 'host-service/core/values/render.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { fluxCrds } from '../../scripts/vendor-flux-crds.ts';
import { digestFor, releaseJson } from '../fixtures/documents.ts';
import { CHART_OF, CHARTS, IMAGES, RELEASES } from '../fixtures/releases/releases.ts';
import { CHART_FOLDER, fluxBase, product } from '../flow/flux-base-files.ts';
import { conditionIs } from './bootstrap.ts';
import { eventually } from './kube.ts';
import type { KubeObject } from './kube.ts';
import { pushChart, pushFluxArtifact } from './registry.ts';
import { startWorld } from './world.ts';
import type { World } from './world.ts';

const KUSTOMIZE = '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations';
const HELM = '/apis/helm.toolkit.fluxcd.io/v2/namespaces/alga-system/helmreleases';
const Overlay = z.record(z.string(), z.record(z.string(), z.unknown()));
const files = fluxBase();
const algapsa: Product = product();

/** Collection of an object in the API, for the kinds of flux-base. */
function pathOf(object: KubeObject): string {
  const group = object.apiVersion ?? '';
  const plural = (object.kind ?? '')
    .toLowerCase()
    .replace(/y$/, 'ie')
    .replace(/(s?)$/, (end) => (end === '' ? 's' : 'ses'));
  const space = object.metadata.namespace === undefined ? '' : `/namespaces/${object.metadata.namespace}`;
  return `${group.includes('/') ? '/apis' : '/api'}/${group}${space}/${plural}/${object.metadata.name}`;
}

async function chartFiles(name: string): Promise<Record<string, string>> {
  const names = await readdir(join(CHART_FOLDER, name), { recursive: true, withFileTypes: true });
  const found = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = found.map(
    async (path) => [path.slice(CHART_FOLDER.length + 1), await readFile(path, 'utf8')] as const,
  );
  return Object.fromEntries(await Promise.all(texts));
}

describe('flux-base on a real cluster', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ audit: false });
  });
  afterAll(async () => world.stop());

  const apply = async (object: KubeObject): Promise<KubeObject> => world.kube.apply(pathOf(object), object);

  /** What `appliance-publish` and the engine do for a release, by hand: charts, bundle, values, and at last the switch. */
  async function install(version: string): Promise<string> {
    const charts = await Promise.all(
      CHARTS.map(async (name) => {
        const repository = `charts/${name}`;
        const { digest } = await pushChart(
          world.registry,
          repository,
          { name, version: '0.1.0' },
          await chartFiles(name),
        );
        return [name, { repository: `${world.registry}/${repository}`, digest }] as const;
      }),
    );
    const variables = packVariables(
      version,
      z.record(z.string(), Release.shape.config.omit({ size: true })).parse(Object.fromEntries(charts)),
    );
    const bundle = [...files]
      .filter(([path]) => path.startsWith('base/'))
      .map(([path, text]): [string, string] => {
        const done = substitute(path, text, variables);
        if (!done.ok) throw new Error(done.problem.detail);
        return [path, done.value];
      });
    await writeValues(version);
    const { digest } = await pushFluxArtifact(world.registry, 'config', version, Object.fromEntries(bundle));
    await pointAt(digest);
    return digest;
  }

  async function writeValues(version: string): Promise<void> {
    const overlay = Overlay.parse(
      parse(await readFile(RELEASES.find((one) => one.version === version)?.overlay ?? '', 'utf8')),
    );
    const texts = Object.keys(CHART_OF).map((component) => {
      const laid = overlayValues(
        component,
        files.get(`profiles/single-node/${component}.yaml`) ?? '',
        overlay[component] ?? {},
      );
      return [component, { 'single-node': laid.ok ? laid.value : '' }];
    });
    const images = IMAGES.map((key) => [
      key,
      {
        repository: `registry.example.com/vendor/${key.toLowerCase()}`,
        digest: digestFor(key),
        size: 1,
        tag: 'abc1234',
      },
    ]);
    const release = Release.parse(
      releaseJson({
        version,
        product: 'algapsa',
        charts: {},
        images: Object.fromEntries(images),
        values: Object.fromEntries(texts),
        inject: algapsa.inject,
        components: [],
      }),
    );
    const values = renderValues({
      release,
      profile: 'single-node',
      settings: { appUrl: 'http://192.168.1.20:3000' },
      product: algapsa,
    });
    if (!values.ok) throw new Error(values.problem.detail);
    for (const [name, text] of values.value) {
      const [component = '', key = ''] = name.split('/');
      const metadata = { name: `appliance-values-${component}`, namespace: 'alga-system' };
      // One manager per key: server-side apply would otherwise take away the keys of the release before.
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [key]: text } };
      await world.kube.apply(pathOf(object), object, `test-${key}`);
    }
  }

  async function pointAt(digest: string): Promise<void> {
    const metadata = { name: 'alga-appliance', namespace: 'flux-system' };
    const url = `oci://${world.registry}/config`;
    const source = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata,
      spec: { url, ref: { digest }, interval: '1h', insecure: true },
    };
    await world.kube.apply(
      `/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/ocirepositories/alga-appliance`,
      source,
    );
    const substituted = {
      appliance_registry: world.registry,
      appliance_registry_insecure: 'true',
      appliance_profile: 'single-node',
    };
    const sourceRef = { kind: 'OCIRepository', name: 'alga-appliance' };
    const spec = {
      sourceRef,
      path: './base',
      interval: '1h',
      retryInterval: '30s',
      prune: true,
      wait: false,
      deletionPolicy: 'Orphan',
      postBuild: { substitute: substituted },
    };
    await apply({ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', metadata, spec });
  }

  const Stage = z.object({ status: z.object({ lastAppliedRevision: z.string() }) });
  async function applied(digest: string): Promise<void> {
    for (const name of ['alga-appliance', 'alga-platform', 'alga-core', 'alga-background']) {
      await eventually(`${name} is at ${digest}`, async () => {
        const stage = await world.kube.get(`${KUSTOMIZE}/${name}`);
        return (
          conditionIs(stage, 'Ready', 'True') &&
          Stage.parse(stage).status.lastAppliedRevision.endsWith(digest)
        );
      });
    }
  }

  const Helm = z.object({
    metadata: z.object({ name: z.string(), generation: z.number() }),
    spec: z.object({ valuesFrom: z.array(z.object({ valuesKey: z.string() })) }),
    status: z.object({
      observedGeneration: z.number(),
      history: z.array(z.object({ version: z.number(), status: z.string() })),
    }),
  });
  /** Newest helm revision of each release, when all are Ready with the values of this version. */
  async function revisions(version: string): Promise<Record<string, number>> {
    return eventually(`six releases are Ready at ${version}`, async () => {
      const found = await world.kube.list(HELM);
      const parsed = found.map((object) => Helm.parse(object));
      const ready = found.every((object) => conditionIs(object, 'Ready', 'True')) && parsed.length === 6;
      const current = parsed.every(
        ({ metadata, spec, status }) =>
          metadata.generation === status.observedGeneration &&
          spec.valuesFrom[0]?.valuesKey.endsWith(`.${version}.yaml`) === true &&
          status.history[0]?.status === 'deployed',
      );
      return (
        ready &&
        current &&
        Object.fromEntries(
          parsed.map(({ metadata, status }) => [metadata.name, status.history[0]?.version ?? 0]),
        )
      );
    });
  }

  it('B-18 the definitions are those of the lock, and our manifests of Flux run under the restricted level', async () => {
    expect(await fluxCrds()).toContain('name: ocirepositories.source.toolkit.fluxcd.io');
    for (const name of ['namespace', 'rbac', 'network-policies', 'services', 'deployments']) {
      for (const document of parseAllDocuments(files.get(`flux/${name}.yaml`) ?? '')) {
        await apply(document.toJS() as KubeObject);
      }
    }
    for (const name of ['source-controller', 'kustomize-controller', 'helm-controller']) {
      const path = `/apis/apps/v1/namespaces/flux-system/deployments/${name}`;
      await eventually(`${name} is available`, async () =>
        conditionIs(await world.kube.get(path), 'Available', 'True'),
      );
    }
  });

  it('installs six releases at one helm revision each, and all that the product expects comes up', async () => {
    for (const { name, labels } of algapsa.namespaces)
      await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
    for (const { name, namespace, keys } of algapsa.secrets) {
      const data = Object.fromEntries(Object.keys(keys).map((key) => [key, 'dGVzdA==']));
      await apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data });
    }
    const digest = await install('1.0.0');
    await applied(digest);
    expect(new Set(Object.values(await revisions('1.0.0')))).toEqual(new Set([1]));
    for (const { kind, name, namespace } of algapsa.components) {
      if (kind !== 'Deployment' && kind !== 'StatefulSet') continue;
      const path = pathOf({ apiVersion: 'apps/v1', kind, metadata: { name, namespace } });
      await eventually(`${kind} ${name} has a ready pod`, async () => {
        const { status } = z
          .object({ status: z.object({ readyReplicas: z.number() }) })
          .parse(await world.kube.get(path));
        return status.readyReplicas === 1;
      });
    }
    await eventually('the gate has completed', async () => {
      const jobs = await world.kube.list(
        '/apis/batch/v1/namespaces/msp/jobs?labelSelector=appliance.nineminds.com/component=alga-core-sebastian-bootstrap',
      );
      return jobs.length === 1 && jobs[0] !== undefined && conditionIs(jobs[0], 'Complete', 'True');
    });
  });

  it('writing the next values changes nothing; moving the source makes one revision where something changed', async () => {
    const before = await revisions('1.0.0');
    await writeValues('1.1.0');
    expect(await revisions('1.0.0')).toEqual(before);
    const digest = await install('1.1.0');
    await applied(digest);
    expect(await revisions('1.1.0')).toEqual({
      'alga-core': 1,
      pgbouncer: 1,
      temporal: 1,
      'email-service': 1,
      'workflow-worker': 1,
      'temporal-worker': 2,
    });
  });
});
