import { describe, expect, it } from 'vitest';
import { durationMs, safeHash, type Thing } from '../world/platform/fields.ts';
import { build } from '../world/platform/flux/build.ts';
import { chartOf, mergeValues, render } from '../world/platform/flux/chart.ts';
import { inventoryOf, refsIn } from '../world/platform/flux/inventory.ts';
import { substitute } from '../world/platform/flux/substitute.ts';
import { scaleOf } from '../world/platform/workloads/deployments.ts';
import { imageIdOf, listeningOf, stageOf, type Trouble } from '../world/platform/workloads/pod-status.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('variables of a Kustomization', () => {
  it('give the types that the text has afterwards, as Flux reads it again', () => {
    const object = { a: '${flag}', b: 'x-${name}', c: '${number}', d: '${flag}\n', e: '${missing:=later}' };
    const known = { flag: 'true\n', name: 'one', number: '12' };
    expect(substitute(object, known)).toEqual({ a: true, b: 'x-one', c: 12, d: 'true\n', e: 'later' });
  });

  it('leave escaped ones, objects that ask for it, and everything without variables', () => {
    expect(substitute({ a: '$${kept}' }, { kept: 'x' })).toEqual({ a: '${kept}' });
    const off = {
      metadata: { annotations: { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' } },
      a: '${x}',
    };
    expect(substitute(off, { x: '1' })).toEqual(off);
    expect(substitute({ a: '${x}' }, {})).toEqual({ a: '${x}' });
  });

  it('are refused when nobody set them', () => {
    expect(() => substitute({ a: '${x}' }, { y: '1' })).toThrow(/variable not set \(strict mode\): "x"/);
  });
});

describe('a bundle', () => {
  const files = new Map([
    ['base/kustomization.yaml', bytes('resources: [one.yaml, ./more]\nnamespace: here\n')],
    ['base/one.yaml', bytes('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one }\n')],
    ['base/more/kustomization.yaml', bytes('resources: [ns.yaml]\n')],
    ['base/more/ns.yaml', bytes('apiVersion: v1\nkind: Namespace\nmetadata: { name: two }\n')],
    [
      'loose/a.yaml',
      bytes(
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: b }\n',
      ),
    ],
    ['odd/kustomization.yaml', bytes('resources: []\npatches: []\n')],
    ['outside/kustomization.yaml', bytes('resources: [../../x.yaml]\n')],
  ]);
  const namespaced = async ({ kind }: Thing): Promise<boolean> => Promise.resolve(kind !== 'Namespace');
  const names = async (path: string): Promise<readonly unknown[]> =>
    (await build({ files, path, targetNamespace: '', variables: {} }, namespaced)).map(({ metadata }) => [
      metadata.namespace,
      metadata.name,
    ]);

  it('is built from its kustomization.yaml with folders below it; namespaces come first and have none', async () => {
    expect(await names('./base')).toEqual([
      [undefined, 'two'],
      ['here', 'one'],
    ]);
  });

  it('without a kustomization.yaml is all that lies in the folder', async () => {
    expect(await names('loose')).toEqual([
      [undefined, 'a'],
      [undefined, 'b'],
    ]);
  });

  it.each([
    ['odd', /patches is not understood/],
    ['outside', /leads out of the artifact/],
    ['nowhere', /kustomization path not found/],
  ])('is refused rather than half applied: %s', async (path, message) => {
    await expect(names(path)).rejects.toThrow(message);
  });
});

describe('a chart’s list', () => {
  const chart = chartOf(
    new Map([
      ['web/Chart.yaml', bytes('name: web\nversion: 1.2.3\n')],
      ['web/values.yaml', bytes('a: { b: 1, c: 2 }\non: false\n')],
      [
        'web/files/embedded.yaml',
        bytes(
          'objects:\n  - metadata: { name: "${Release.Name}-${hash}" }\n    spec: { b: "${a.b}", text: "${a.b|quote}", list: [{ $if: on, x: 1 }, { y: 2 }] }\n',
        ),
      ],
    ]),
  );
  const release = { name: 'r', namespace: 'n' };

  it('keeps types, leaves out what is off and names a thing by its own work', () => {
    const [one] = render({ chart, values: {}, release });
    const [same] = render({ chart, values: { unused: 1 }, release });
    const [other] = render({ chart, values: { a: { b: 5 } }, release });
    expect(one).toMatchObject({ metadata: { namespace: 'n' }, spec: { b: 1, text: '1', list: [{ y: 2 }] } });
    expect(one?.metadata.name).toMatch(/^r-[0-9a-f]{8}$/);
    expect(same?.metadata.name).toBe(one?.metadata.name);
    expect(other?.metadata.name).not.toBe(one?.metadata.name);
  });

  it('is filled from values as helm merges them', () => {
    expect(mergeValues({ a: { b: 1, c: 2 }, d: [1] }, { a: { b: null, e: 3 }, d: [2] })).toEqual({
      a: { c: 2, e: 3 },
      d: [2],
    });
    expect(
      mergeValues({}, JSON.parse('{"__proto__":{"polluted":1}}') as Record<string, unknown>),
    ).not.toHaveProperty('polluted');
  });

  it('has to be there', () => {
    expect(() => chartOf(new Map([['web/Chart.yaml', bytes('name: web\nversion: 1.0.0\n')]]))).toThrow(
      /files\/embedded.yaml/,
    );
  });
});

describe('rolling', () => {
  const wanted = 2;
  it('Recreate first takes the old ones away', () => {
    expect(scaleOf({ strategy: 'Recreate', wanted, oldPods: 1, available: 0 })).toEqual({
      newest: 0,
      older: 0,
    });
    expect(scaleOf({ strategy: 'Recreate', wanted, oldPods: 0, available: 0 })).toEqual({
      newest: 2,
      older: 0,
    });
  });

  it.each([
    [0, 2],
    [1, 1],
    [2, 0],
  ])('otherwise keeps what is not replaced yet: %i new ones leave %i old ones', (available, older) => {
    expect(scaleOf({ strategy: 'RollingUpdate', wanted, oldPods: 2, available })).toEqual({
      newest: 2,
      older,
    });
  });
});

describe('a pod', () => {
  const run = { address: '127.0.0.1', hostAddress: '127.0.0.1', begunAt: 0, restarts: 0 };
  const stage = (now: number, trouble: Trouble = 'none', ends = false): string =>
    stageOf({ run, now, trouble, ends, startMs: 100 });

  it('is created, starts and is ready; that of a Job ends', () => {
    expect([0, 60, 100].map((now) => stage(now))).toEqual(['creating', 'starting', 'ready']);
    expect(stage(100, 'none', true)).toBe('done');
  });

  it('shows each fault in its own way, and a bad probe not at all', () => {
    const all: readonly Trouble[] = ['crash', 'image-pull', 'unschedulable', 'probe'];
    expect(all.map((trouble) => stage(100, trouble))).toEqual([
      'crashing',
      'pull-failed',
      'unschedulable',
      'ready',
    ]);
  });

  it('runs the digest that it was given, or one made of its name', () => {
    const digest = `sha256:${'1'.repeat(64)}`;
    expect(imageIdOf(`host:5000/app:1@${digest}`)).toBe(`host:5000/app@${digest}`);
    expect(imageIdOf('host:5000/app:1')).toMatch(/^host:5000\/app@sha256:[0-9a-f]{64}$/);
  });

  it('with a bad probe answers 503 by HTTP and not at all where Kubernetes looks by TCP', () => {
    const pod = (probe: object): Thing => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'n' },
      spec: {
        containers: [{ name: 'main', image: 'i', ports: [{ containerPort: 80 }], readinessProbe: probe }],
      },
    });
    expect(listeningOf(pod({ httpGet: {} }), 'ready', 'probe')).toMatchObject([{ port: 80, status: 503 }]);
    expect(listeningOf(pod({ tcpSocket: {} }), 'ready', 'probe')).toEqual([]);
    expect(listeningOf(pod({ tcpSocket: {} }), 'ready', 'none')).toMatchObject([{ port: 80, status: 200 }]);
    expect(listeningOf(pod({}), 'crashing', 'crash')).toEqual([]);
  });
});

describe('names', () => {
  it('of an inventory lead back to the objects', () => {
    const objects: readonly Thing[] = [
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'app' } },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'app' } },
    ];
    const refs = refsIn({ inventory: inventoryOf(objects) });
    expect([...refs.keys()].sort()).toEqual(['_app__Namespace', 'app_web_apps_Deployment']);
    expect(refs.get('app_web_apps_Deployment')).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: 'app',
      name: 'web',
    });
  });

  it('of templates are the same for the same content', () => {
    expect(safeHash('a')).toBe(safeHash('a'));
    expect(safeHash('a')).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{10}$/);
  });

  it.each([
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['30s', 30_000],
    ['1d', undefined],
    ['', undefined],
  ])('of times are Go’s: %s', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });
});
