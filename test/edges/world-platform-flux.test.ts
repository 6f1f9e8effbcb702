import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../cluster/kube.ts';
import { conditionOf, isTrue } from '../world/platform/conditions.ts';
import { at, listAt, textAt, type Thing } from '../world/platform/fields.ts';
import { KINDS } from '../world/platform/machine.ts';
import {
  CHART_LAYER,
  deployment,
  isCurrent,
  ready,
  refTo as ref,
  sourceObject,
  Testbed,
} from '../world/testbed.ts';

const DEADLINE_MS = 20_000;
let bed: Testbed;
beforeAll(async () => {
  bed = await Testbed.open();
  await bed.namespace('app');
  await bed.installFlux();
});
afterAll(async () => {
  await bed?.close();
});
afterEach(async () => {
  bed.world.platform.setFault({ kind: 'none' });
  await bed.world.registry.setFault({ kind: 'none' });
});

const source = (name: string, repository: string, digest: string, more: object = {}): object =>
  sourceObject(bed, name, repository, digest, more);
const kustomization = (name: string, from: string, more: object = {}): object => ({
  ...KINDS.kustomization,
  metadata: { name, namespace: 'app' },
  spec: {
    sourceRef: { kind: 'OCIRepository', name: from },
    path: './base',
    interval: '10m',
    prune: true,
    ...more,
  },
});
const configMap = (name: string, data: string, more = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: app\n${more}data:\n  value: ${data}\n`;
const KUSTOMIZE =
  'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [objects.yaml]\n';
const bundle = (objects: string): Record<string, string> => ({
  'base/kustomization.yaml': KUSTOMIZE,
  'base/objects.yaml': objects,
});

describe('source-controller of the embedded platform', () => {
  it('fetches a pinned artifact and says its revision as the real one does: the bare digest', async () => {
    const digest = await bed.pushBundle('bundles/one', bundle(configMap('one', 'x')), {
      'org.opencontainers.image.revision': 'main@sha1:1',
    });
    await bed.apply(source('one', 'bundles/one', digest));
    const found = await bed.until('it is fetched', ref('source', 'one'), isCurrent);
    expect(at(found, 'status', 'artifact')).toMatchObject({
      revision: digest,
      metadata: { 'org.opencontainers.image.revision': 'main@sha1:1' },
    });
    expect(ready(found)).toMatchObject({
      reason: 'Succeeded',
      message: `stored artifact for digest '${digest}'`,
    });
    expect(isTrue(found, 'ArtifactInStorage')).toBe(true);
  });

  it('keeps the artifact of before and says why when the next one is not there, and heals when it is', async () => {
    const missing = `sha256:${'0'.repeat(64)}`;
    const before = await bed.get(ref('source', 'one'));
    await bed.apply(source('one', 'bundles/one', missing));
    const failed = await bed.until('the fetch fails', ref('source', 'one'), (one) =>
      isTrue(one, 'FetchFailed'),
    );
    expect(ready(failed)).toMatchObject({
      status: 'False',
      reason: 'OCIArtifactPullFailed',
      message: expect.stringMatching(/^failed to pull artifact from 'oci:/) as string,
    });
    expect(at(failed, 'status', 'artifact')).toEqual(at(before, 'status', 'artifact'));
    expect(at(failed, 'status', 'observedGeneration')).toBe(before?.metadata.generation);
    const digest = await bed.pushBundle('bundles/one', bundle(configMap('one', 'y')));
    await bed.apply(source('one', 'bundles/one', digest));
    const healed = await bed.until('it is fetched', ref('source', 'one'), isCurrent);
    expect(conditionOf(healed, 'FetchFailed')).toBeUndefined();
  });

  it.each([
    { kind: 'lie' },
    { kind: 'truncate' },
    { kind: 'status', status: 503 },
    { kind: 'down' },
  ] as const)('does not take bytes from a registry that is $kind, and tries again', async (fault) => {
    const digest = await bed.pushBundle('bundles/fault', bundle(configMap('fault', fault.kind)));
    await bed.world.registry.setFault(fault);
    const name = `fault-${fault.kind}`;
    await bed.apply(source(name, 'bundles/fault', digest));
    const failed = await bed.until('the fetch fails', ref('source', name), (one) =>
      isTrue(one, 'FetchFailed'),
    );
    expect(at(failed, 'status', 'artifact')).toBeUndefined();
    await bed.world.registry.setFault({ kind: 'none' });
    await bed.until('it is fetched', ref('source', name), isCurrent);
  });

  it('asks nothing for a pin that it has, says that a request was seen, and takes the layer that is asked for', async () => {
    const digest = await bed.pushChart('charts/layer', { 'Chart.yaml': 'name: layer\nversion: 1.0.0\n' });
    await bed.apply(source('layer', 'charts/layer', digest, CHART_LAYER));
    await bed.until('it is fetched', ref('source', 'layer'), isCurrent);
    const { requests } = bed.world.registry.counters();
    const asked = source('layer', 'charts/layer', digest, CHART_LAYER) as { metadata: object };
    await bed.apply({
      ...asked,
      metadata: { ...asked.metadata, annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } },
    });
    await bed.until(
      'the request is seen',
      ref('source', 'layer'),
      (one) => at(one, 'status', 'lastHandledReconcileAt') === 'now',
    );
    expect(bed.world.registry.counters().requests).toBe(requests);
    await bed.apply(
      source('no-layer', 'charts/layer', digest, { layerSelector: { mediaType: 'application/other' } }),
    );
    const failed = await bed.until('it has no such layer', ref('source', 'no-layer'), (one) =>
      isTrue(one, 'FetchFailed'),
    );
    expect(ready(failed)['message']).toMatch(/failed to find layer with media type 'application\/other'/);
  });
});

describe('kustomize-controller of the embedded platform', () => {
  const apply = async (name: string, files: Record<string, string>, more: object = {}): Promise<string> => {
    const digest = await bed.pushBundle(`bundles/${name}`, files);
    await bed.apply(source(name, `bundles/${name}`, digest), kustomization(name, name, more));
    return digest;
  };
  const applied = (name: string, digest: string): Promise<Thing> =>
    bed.until(
      `${name} is applied`,
      ref('kustomization', name),
      (one) => isCurrent(one) && at(one, 'status', 'lastAppliedRevision') === digest,
    );

  it('applies a bundle under its own field manager, lists what it made and removes what a later one has no more', async () => {
    const kept = configMap(
      'kept',
      'x',
      '  annotations: { kustomize.toolkit.fluxcd.io/prune: Disabled }\n',
    ).replace('  annotations', '  annotations');
    const first = await apply(
      'prune',
      bundle([configMap('a', 'one'), configMap('b', 'two'), kept].join('---\n')),
    );
    const object = await applied('prune', first);
    expect(ready(object)).toMatchObject({
      reason: 'ReconciliationSucceeded',
      message: `Applied revision: ${first}`,
    });
    expect(listAt(object, 'status', 'inventory', 'entries').map((entry) => textAt(entry, 'id'))).toEqual([
      'app_a__ConfigMap',
      'app_b__ConfigMap',
      'app_kept__ConfigMap',
    ]);
    const second = await apply('prune', bundle(configMap('a', 'changed')));
    await applied('prune', second);
    expect(at(await bed.get(ref('configMap', 'a')), 'data')).toEqual({ value: 'changed' });
    expect(await bed.get(ref('configMap', 'b'))).toBeUndefined();
    expect(await bed.get(ref('configMap', 'kept'))).toBeDefined();
  });

  it('fills in variables, also for the Kustomizations inside of a bundle', async () => {
    const inner = [
      'apiVersion: kustomize.toolkit.fluxcd.io/v1',
      'kind: Kustomization',
      'metadata: { name: inner, namespace: app }',
      'spec:',
      '  sourceRef: { kind: OCIRepository, name: nested }',
      '  path: ./inner',
      '  interval: 10m',
      '  prune: true',
      '  postBuild:',
      '    substitute:',
      '      flag: |',
      '        ${flag}',
      '',
    ].join('\n');
    const files = {
      ...bundle(inner),
      'inner/kustomization.yaml': KUSTOMIZE,
      'inner/objects.yaml': configMap('filled', 'flag-${flag}'),
    };
    await apply('nested', files, { postBuild: { substitute: { flag: 'true' } } });
    const made = await bed.until('the inner object is there', ref('configMap', 'filled'), () => true);
    expect(at(made, 'data', 'value')).toBe('flag-true');
    expect(at(await bed.get(ref('kustomization', 'inner')), 'spec', 'postBuild', 'substitute')).toEqual({
      flag: 'true\n',
    });
  });

  it('refuses a variable that nobody set, before anything is applied', async () => {
    await apply('unset', bundle([configMap('unset', 'x'), configMap('other', '${nobody}')].join('---\n')), {
      postBuild: { substitute: { somebody: '1' } },
    });
    const failed = await bed.until(
      'it fails',
      ref('kustomization', 'unset'),
      (one) => ready(one)['status'] === 'False' && ready(one)['reason'] === 'BuildFailed',
    );
    expect(ready(failed)['message']).toMatch(/"nobody"/);
    expect(await bed.get(ref('configMap', 'unset'))).toBeUndefined();
  });

  it('waits for what it depends on, at the same revision', async () => {
    const digest = await bed.pushBundle('bundles/dep', bundle(configMap('dep', 'x')));
    await bed.apply(
      source('dep', 'bundles/dep', digest),
      kustomization('second', 'dep', { dependsOn: [{ name: 'first' }] }),
    );
    const waiting = await bed.until(
      'it waits',
      ref('kustomization', 'second'),
      (one) => ready(one)['reason'] === 'DependencyNotReady',
    );
    expect(ready(waiting)['message']).toBe("dependency 'app/first' not found");
    await bed.apply(kustomization('first', 'dep'));
    await applied('second', digest);
  });

  it('says which object was refused, and goes on when it is not any more', async () => {
    const digest = await apply(
      'refused',
      bundle(configMap('refused', 'x').replace('namespace: app', 'namespace: nowhere')),
    );
    const failed = await bed.until(
      'it fails',
      ref('kustomization', 'refused'),
      (one) => ready(one)['reason'] === 'ReconciliationFailed',
    );
    expect(ready(failed)['message']).toMatch(/^ConfigMap\/nowhere\/refused dry-run failed: .*nowhere/);
    expect(at(failed, 'status', 'lastAttemptedRevision')).toBe(digest);
    expect(at(failed, 'status', 'lastAppliedRevision')).toBeUndefined();
    await bed.namespace('nowhere');
    await applied('refused', digest);
  });

  it('leaves everything in place when it is removed with deletionPolicy Orphan, and takes it along without', async () => {
    await applied(
      'orphan',
      await apply('orphan', bundle(configMap('orphan', 'x')), { deletionPolicy: 'Orphan' }),
    );
    await applied('takes', await apply('takes', bundle(configMap('takes', 'x'))));
    await bed.kube.remove(ref('kustomization', 'takes'));
    await bed.kube.remove(ref('kustomization', 'orphan'));
    await eventually(
      'it is gone',
      async () => (await bed.get(ref('configMap', 'takes'))) === undefined,
      DEADLINE_MS,
    );
    expect(await bed.get(ref('configMap', 'orphan'))).toBeDefined();
  });
});

describe('delivery of the embedded platform', () => {
  it('stands still while it is stopped or not available, and goes on by itself', async () => {
    bed.world.platform.setFault({ kind: 'delivery-stopped' });
    const digest = await bed.pushBundle('bundles/stopped', bundle(configMap('stopped', 'x')));
    await bed.apply(source('stopped', 'bundles/stopped', digest), kustomization('stopped', 'stopped'));
    await bed.apply(deployment('app', 'meanwhile'));
    await bed.until('workloads go on', ref('deployment', 'meanwhile'), (one) => isTrue(one, 'Available'));
    expect(at(await bed.get(ref('source', 'stopped')), 'status', 'conditions')).toBeUndefined();
    await bed.apply(deployment('flux-system', 'source-controller', { ports: [], replicas: 0 }));
    await bed.until(
      'the controller is away',
      ref('deployment', 'source-controller', 'flux-system'),
      (one) => at(one, 'status', 'availableReplicas') === undefined,
    );
    await bed.kube.remove(ref('deployment', 'source-controller', 'flux-system'));
    bed.world.platform.setFault({ kind: 'none' });
    await bed.until(
      'the other controllers look',
      ref('kustomization', 'stopped'),
      (one) => ready(one)['reason'] === 'ArtifactFailed',
    );
    expect(at(await bed.get(ref('source', 'stopped')), 'status', 'conditions')).toBeUndefined();
    await bed.apply(deployment('flux-system', 'source-controller', { ports: [] }));
    await bed.until('it is applied', ref('configMap', 'stopped'), () => true);
  });
});
