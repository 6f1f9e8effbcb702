import { expect, it } from 'vitest';
import {
  Asking,
  causesOf,
  configMap,
  CORE,
  deployment,
  DEPLOYMENTS,
  ownedBy,
} from './kubernetes-contract-asking.ts';
import type { ContractWorld, Found } from './kubernetes-contract-asking.ts';

interface Container {
  readonly name: string;
  readonly [field: string]: unknown;
}
const podOf = (object: Found): Readonly<Record<string, unknown>> =>
  (object['spec'] as { template: { spec: Readonly<Record<string, unknown>> } }).template.spec;
const containersOf = (object: Found): readonly Container[] => podOf(object)['containers'] as Container[];
const part = (name: string, containers: readonly object[]): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: { template: { spec: { containers } } },
});

/** Who owns what, and what happens when two want the same. */
export function describeApply(world: () => ContractWorld): void {
  const api = new Asking(world);

  it('merges containers, variables, ports and volumes of two managers by their keys', async () => {
    const path = `${DEPLOYMENTS}/two-managers`;
    const env = [{ name: 'A', value: '1' }];
    const first = { name: 'main', image: 'x:1', env, ports: [{ containerPort: 80 }] };
    await api.applied('one', path, deployment('two-managers', [first]));
    const mounted = {
      name: 'main',
      env: [{ name: 'B', value: '2' }],
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
      ports: [{ containerPort: 81, name: 'more' }],
    };
    const body = {
      ...part('two-managers', [mounted, { name: 'side', image: 'y:1' }]),
      spec: {
        template: {
          spec: {
            containers: [mounted, { name: 'side', image: 'y:1' }],
            volumes: [{ name: 'v', emptyDir: {} }],
          },
        },
      },
    };
    const both = await api.applied('two', path, body);
    expect(containersOf(both).map(({ name }) => name)).toEqual(['main', 'side']);
    expect(containersOf(both)[0]).toMatchObject({
      image: 'x:1',
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
      ports: [
        { containerPort: 80, protocol: 'TCP' },
        { containerPort: 81, name: 'more', protocol: 'TCP' },
      ],
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
    });
    // The second says less: what only it said goes, what the first said stays.
    const less = await api.applied(
      'two',
      path,
      part('two-managers', [{ name: 'main', env: [{ name: 'B', value: '3' }] }]),
    );
    expect(containersOf(less).map(({ name }) => name)).toEqual(['main']);
    expect(containersOf(less)[0]).toMatchObject({
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '3' },
      ],
      ports: [{ containerPort: 80 }],
    });
    expect(containersOf(less)[0]).not.toHaveProperty('volumeMounts');
    expect(podOf(less)).not.toHaveProperty('volumes');
    expect(ownedBy(less, 'two')).toEqual({
      'f:spec': {
        'f:template': {
          'f:spec': {
            'f:containers': {
              'k:{"name":"main"}': {
                '.': {},
                'f:name': {},
                'f:env': { 'k:{"name":"B"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
              },
            },
          },
        },
      },
    });
    await api.done('DELETE', path);
  });

  it('names each field of another manager in a conflict, and takes it when forced', async () => {
    const path = `${DEPLOYMENTS}/fought-over`;
    const containers = [{ name: 'main', image: 'x:1', env: [{ name: 'A', value: '1' }] }];
    await api.applied('one', path, deployment('fought-over', containers));
    const other = deployment(
      'fought-over',
      [{ name: 'main', image: 'x:2', env: [{ name: 'A', value: '2' }] }],
      { paused: true, replicas: 3 },
    );
    const refused = await api.apply('two', path, other);
    expect(refused.code).toBe(409);
    expect(refused.object.reason).toBe('Conflict');
    expect(causesOf(refused).toSorted()).toEqual([
      'FieldManagerConflict .spec.replicas',
      'FieldManagerConflict .spec.template.spec.containers[name="main"].env[name="A"].value',
      'FieldManagerConflict .spec.template.spec.containers[name="main"].image',
    ]);
    expect(refused.object.details?.causes?.[0]?.message).toBe('conflict with "one"');
    const taken = await api.applied(
      'two',
      path,
      { ...other, spec: { ...other.spec, replicas: 0 } },
      '&force=true',
    );
    expect(containersOf(taken)[0]).toMatchObject({ image: 'x:2', env: [{ name: 'A', value: '2' }] });
    // The same value is shared, not fought over.
    expect(JSON.stringify(ownedBy(taken, 'one'))).toContain('f:replicas');
    expect(JSON.stringify(ownedBy(taken, 'one'))).not.toContain('f:image');
    await api.done('DELETE', path);
  });

  it('takes an atomic list and an atomic map as one field', async () => {
    const path = `${DEPLOYMENTS}/atomic`;
    const container = { name: 'main', image: 'x:1', command: ['a', 'b'] };
    const spec = {
      template: {
        metadata: { labels: { app: 'atomic' } },
        spec: { containers: [container], nodeSelector: { a: '1' } },
      },
    };
    await api.applied('one', path, deployment('atomic', [container], spec));
    const other = {
      ...part('atomic', []),
      spec: {
        template: { spec: { containers: [{ name: 'main', command: ['a'] }], nodeSelector: { b: '1' } } },
      },
    };
    const refused = await api.apply('two', path, other);
    expect(causesOf(refused).toSorted()).toEqual([
      'FieldManagerConflict .spec.template.spec.containers[name="main"].command',
      'FieldManagerConflict .spec.template.spec.nodeSelector',
    ]);
    await api.done('DELETE', path);
  });

  it('changes nothing when nothing new is said, and nothing at all in a dry run', async () => {
    const path = `${CORE}/configmaps/quiet`;
    const dry = await api.applied('one', path, configMap('quiet', { a: '1' }), '&dryRun=All');
    expect(dry['data']).toEqual({ a: '1' });
    expect((await api.ask('GET', path)).code).toBe(404);
    const first = await api.applied('one', path, configMap('quiet', { a: '1' }));
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const again = await api.applied('one', path, configMap('quiet', { a: '1' }));
    expect(again.metadata).toEqual(first.metadata);
    const tried = await api.applied('one', path, configMap('quiet', { a: '2' }), '&dryRun=All');
    expect(tried['data']).toEqual({ a: '2' });
    expect((await api.get(path)).metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    // A second owner of the same value is news, though the data is the same.
    const shared = await api.applied('two', path, configMap('quiet', { a: '1' }));
    expect(shared.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion);
    const left = await api.applied('one', path, configMap('quiet', {}));
    expect(left['data']).toEqual({ a: '1' });
    const bare = await api.applied('two', path, configMap('quiet', {}));
    expect(bare).not.toHaveProperty('data.a');
    await api.done('DELETE', path);
  });

  it('lets a writer of whole objects own what it changed, and no more', async () => {
    const path = `${CORE}/configmaps/mixed`;
    await api.applied('one', path, configMap('mixed', { a: '1', b: '1' }));
    const read = await api.get(path);
    const written = await api.done('PUT', `${path}?fieldManager=editor`, {
      ...read,
      data: { a: '2', b: '1', c: '3' },
    });
    expect(ownedBy(written, 'editor', 'Update')).toEqual({ 'f:data': { 'f:a': {}, 'f:c': {} } });
    expect(ownedBy(written, 'one')).toEqual({ 'f:data': { 'f:b': {} } });
    const refused = await api.apply('one', path, configMap('mixed', { a: '1', b: '1' }));
    expect(causesOf(refused)).toEqual(['FieldManagerConflict .data.a']);
    expect(refused.object.details?.causes?.[0]?.message).toMatch(
      /^conflict with "editor" using v1( at .+)?$/,
    );
    await api.done('DELETE', path);
  });

  it('takes an empty map for nothing, and yet for something said', async () => {
    const path = `${CORE}/configmaps/empty`;
    const made = await api.applied('one', path, configMap('empty', {}));
    expect(made).not.toHaveProperty('data');
    const again = await api.applied('one', path, configMap('empty', {}));
    expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    expect(causesOf(await api.apply('two', path, configMap('empty', {})))).toEqual([
      'FieldManagerConflict .data',
    ]);
    await api.done('DELETE', path);
  });

  it('owns labels, annotations and finalizers one by one', async () => {
    const bare = (metadata: object = {}): object => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'labelled', ...metadata },
    });
    const path = `${CORE}/configmaps/labelled`;
    const meta = (n: string): object => ({
      labels: { [n]: n },
      annotations: { [n]: n },
      finalizers: [`test.example/${n}`],
    });
    await api.applied('one', path, bare(meta('a')));
    const both = await api.applied('two', path, bare(meta('b')));
    expect(both.metadata).toMatchObject({
      labels: { a: 'a', b: 'b' },
      annotations: { a: 'a', b: 'b' },
      finalizers: ['test.example/a', 'test.example/b'],
    });
    const left = await api.applied('one', path, bare());
    expect(left.metadata).toMatchObject({
      labels: { b: 'b' },
      annotations: { b: 'b' },
      finalizers: ['test.example/b'],
    });
    const none = await api.applied('two', path, bare());
    expect(none.metadata).not.toHaveProperty('finalizers');
    expect(none.metadata).not.toHaveProperty('labels');
    await api.done('DELETE', path);
  });

  it('keeps status and the rest apart, by field manager and subresource', async () => {
    const path = `${DEPLOYMENTS}/with-status`;
    await api.applied('one', path, deployment('with-status', [{ name: 'main', image: 'x:1' }]));
    const head = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'with-status' } };
    const condition = (type: string): object => ({ type, status: 'True', reason: 'R', message: 'm' });
    await api.applied('one', `${path}/status`, { ...head, status: { conditions: [condition('One')] } });
    const both = await api.applied('two', `${path}/status`, {
      ...head,
      status: { conditions: [condition('Two')] },
    });
    const types = (object: Found): string[] =>
      (object['status'] as { conditions: { type: string }[] }).conditions.map(({ type }) => type);
    expect(types(both)).toEqual(expect.arrayContaining(['One', 'Two']));
    // Applying the object again says nothing about the status.
    const again = await api.applied('one', path, deployment('with-status', [{ name: 'main', image: 'x:1' }]));
    expect(types(again)).toEqual(expect.arrayContaining(['One', 'Two']));
    expect(
      again.metadata.managedFields
        ?.filter(({ manager }) => manager === 'one')
        .map(({ subresource }) => subresource ?? ''),
    ).toEqual(expect.arrayContaining(['', 'status']));
    await api.done('DELETE', path);
  });

  it('refuses an apply that names nobody, brings managed fields or speaks of something else', async () => {
    const path = `${CORE}/configmaps/refused`;
    const type = 'application/apply-patch+yaml';
    expect((await api.ask('PATCH', path, configMap('refused', {}), type)).code).toBe(422);
    await api.applied('one', path, configMap('refused', {}));
    expect((await api.apply('one', path, configMap('refused', {}, { managedFields: [] }))).code).toBe(400);
    expect(
      (await api.apply('one', path, configMap('refused', {}, { managedFields: [{ manager: 'x' }] }))).code,
    ).toBe(400);
    expect((await api.apply('one', path, configMap('other', {}))).code).toBe(400);
    expect((await api.apply('one', path, { ...configMap('refused', {}), kind: 'Secret' })).code).toBe(400);
    expect((await api.apply('one', path, configMap('refused', {}, { resourceVersion: '1' }))).code).toBe(409);
    expect((await api.ask('PATCH', `${path}?fieldManager=one`, '{"a', type)).code).toBe(400);
    expect((await api.ask('PATCH', `${path}?fieldManager=one`, '{}', 'text/plain')).code).toBe(415);
    await api.done('DELETE', path);
  });
}
