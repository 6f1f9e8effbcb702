import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../cluster/kube.ts';
import { isTrue } from '../world/platform/conditions.ts';
import { at, listAt, type Thing } from '../world/platform/fields.ts';
import { KINDS } from '../world/platform/machine.ts';
import { CHART_LAYER, isCurrent, ready, refTo as ref, sourceObject, Testbed } from '../world/testbed.ts';

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
const source = (name: string, repository: string, digest: string, more: object = {}): object =>
  sourceObject(bed, name, repository, digest, more);

describe('helm-controller of the embedded platform', () => {
  const CHART = [
    'objects:',
    '  - apiVersion: apps/v1',
    '    kind: Deployment',
    '    metadata: { name: "${Release.Name}" }',
    '    spec:',
    '      replicas: "${replicas}"',
    '      selector: { matchLabels: { app: "${Release.Name}" } }',
    '      template:',
    '        metadata: { labels: { app: "${Release.Name}" } }',
    '        spec: { containers: [{ name: main, image: "${image!}", ports: [{ containerPort: "${port}" }] }] }',
    '  - $if: extra',
    '    apiVersion: v1',
    '    kind: Service',
    '    metadata: { name: "${Release.Name}-extra" }',
    '    spec: { ports: [{ port: "${port}" }] }',
    '',
  ].join('\n');
  const push = (version: string): Promise<string> =>
    bed.pushChart('charts/web', {
      'Chart.yaml': `apiVersion: v2\nname: web\nversion: ${version}\n`,
      'values.yaml': "replicas: 1\nport: 8080\nimage: ''\nextra: true\n",
      'files/embedded.yaml': CHART,
    });
  const release = (name: string, chart: string, more: object = {}): object => ({
    ...KINDS.helmRelease,
    metadata: { name, namespace: 'app' },
    spec: {
      chartRef: { kind: 'OCIRepository', name: chart },
      interval: '1h',
      timeout: '10m',
      valuesFrom: [{ kind: 'ConfigMap', name: `values-${name}`, valuesKey: 'v.yaml' }],
      ...more,
    },
  });
  const values = (name: string, text: string): object => ({
    ...KINDS.configMap,
    metadata: {
      name: `values-${name}`,
      namespace: 'app',
      labels: { 'reconcile.fluxcd.io/watch': 'Enabled' },
    },
    data: { 'v.yaml': text },
  });
  const latest = (object: Thing): unknown => listAt(object, 'status', 'history')[0];

  it('installs a chart by digest with values from a ConfigMap, and marks what it made', async () => {
    const digest = await push('1.0.0');
    await bed.apply(
      source('chart-1', 'charts/web', digest, CHART_LAYER),
      values('web', 'image: registry.test/web:1\n'),
      release('web', 'chart-1'),
    );
    const installed = await bed.until('it is installed', ref('helmRelease', 'web'), isCurrent);
    const version = `1.0.0+${digest.slice(7, 19)}`;
    expect(ready(installed)).toMatchObject({
      reason: 'InstallSucceeded',
      message: `Helm install succeeded for release app/web.v1 with chart web@${version}`,
    });
    expect(latest(installed)).toMatchObject({
      status: 'deployed',
      version: 1,
      ociDigest: digest,
      chartVersion: version,
    });
    expect(at(installed, 'status', 'lastAttemptedRevisionDigest')).toBe(digest);
    const made = await bed.get(ref('deployment', 'web'));
    expect(made?.metadata.labels).toMatchObject({
      'app.kubernetes.io/managed-by': 'Helm',
      'helm.toolkit.fluxcd.io/name': 'web',
    });
    expect(made?.metadata.annotations).toMatchObject({ 'meta.helm.sh/release-name': 'web' });
    expect(await bed.get(ref('service', 'web-extra'))).toBeDefined();
  });

  it('upgrades once for a chart and values that change together, keeps the history and removes what is no more', async () => {
    const digest = await push('1.1.0');
    await bed.apply(source('chart-2', 'charts/web', digest, CHART_LAYER));
    await bed.until('the chart is fetched', ref('source', 'chart-2'), isCurrent);
    await bed.apply({
      ...values('web', ''),
      data: {
        'v.yaml': 'image: registry.test/web:1\n',
        'v2.yaml': 'image: registry.test/web:2\nextra: false\n',
      },
    });
    await bed.apply(
      release('web', 'chart-2', {
        valuesFrom: [{ kind: 'ConfigMap', name: 'values-web', valuesKey: 'v2.yaml' }],
      }),
    );
    const upgraded = await bed.until(
      'it is upgraded',
      ref('helmRelease', 'web'),
      (one) => isCurrent(one) && at(latest(one), 'ociDigest') === digest,
    );
    expect(
      listAt(upgraded, 'status', 'history').map((one) => [at(one, 'version'), at(one, 'status')]),
    ).toEqual([
      [2, 'deployed'],
      [1, 'superseded'],
    ]);
    expect(
      at(await bed.get(ref('deployment', 'web')), 'spec', 'template', 'spec', 'containers', '0', 'image'),
    ).toBe('registry.test/web:2');
    expect(await bed.get(ref('service', 'web-extra'))).toBeUndefined();
  });

  it('upgrades when a watched ConfigMap changes, and says in helm’s words why it failed', async () => {
    await bed.apply(values('broken', 'image: registry.test/web:1\n'), release('broken', 'chart-2'));
    await bed.until('it is installed', ref('helmRelease', 'broken'), isCurrent);
    await bed.apply(values('broken', "image: ''\n"));
    const failed = await bed.until(
      'the upgrade fails',
      ref('helmRelease', 'broken'),
      (one) => ready(one)['reason'] === 'UpgradeFailed',
    );
    expect(ready(failed)).toMatchObject({
      status: 'False',
      message: expect.stringMatching(
        /^Helm upgrade failed for release app\/broken with chart web@1\.1\.0\+.*: execution error/,
      ) as string,
    });
    expect(isTrue(failed, 'Released')).toBe(false);
    expect(latest(failed)).toMatchObject({ status: 'failed' });
    await bed.apply(values('broken', 'image: registry.test/web:3\n'));
    const healed = await bed.until('it is upgraded', ref('helmRelease', 'broken'), isCurrent);
    expect(latest(healed)).toMatchObject({ status: 'deployed' });
  });

  it('waits for values, charts and dependencies that are not there yet', async () => {
    await bed.apply(release('waits', 'chart-2', { dependsOn: [{ name: 'later' }] }));
    const reason = (name: string, asked: string): Promise<Thing> =>
      bed.until(`${name} says ${asked}`, ref('helmRelease', name), (one) => ready(one)['reason'] === asked);
    expect(ready(await reason('waits', 'DependencyNotReady'))['message']).toBe(
      "dependency 'app/later' is not ready",
    );
    await bed.apply(release('later', 'chart-2'));
    await reason('later', 'ValuesError');
    await bed.apply(values('later', 'image: a:1\n'), values('waits', 'image: b:1\n'));
    await bed.until('both are installed', ref('helmRelease', 'waits'), isCurrent);
    await bed.apply(release('chartless', 'chart-none'), values('chartless', 'image: a:1\n'));
    await reason('chartless', 'ArtifactFailed');
  });

  it('takes along what it made when the release is removed', async () => {
    await bed.kube.remove(ref('helmRelease', 'later'));
    await eventually(
      'its Deployment is gone',
      async () => (await bed.get(ref('deployment', 'later'))) === undefined,
      DEADLINE_MS,
    );
    expect(await bed.get(ref('deployment', 'web'))).toBeDefined();
  });
});
