import { expect, it } from 'vitest';
import { Asking, causesOf, configMap, CORE, deployment, DEPLOYMENTS } from './kubernetes-contract-asking.ts';
import type { ContractWorld, Found } from './kubernetes-contract-asking.ts';

const names = (list: Found): string[] => (list.items ?? []).map(({ metadata }) => metadata.name).toSorted();

/** What the server says about objects by itself, and what it refuses. */
export function describeObjects(world: () => ContractWorld): void {
  const api = new Asking(world);

  it('counts changes of what is wanted, and no others', async () => {
    const path = `${DEPLOYMENTS}/counted`;
    const wanted = (image: string, metadata: object = {}): object => {
      const plain = deployment('counted', [{ name: 'main', image }]);
      return { ...plain, metadata: { ...plain.metadata, ...metadata } };
    };
    expect((await api.applied('one', path, wanted('x:1'))).metadata.generation).toBe(1);
    expect((await api.applied('one', path, wanted('x:1', { labels: { a: 'b' } }))).metadata.generation).toBe(
      1,
    );
    expect((await api.applied('one', path, wanted('x:2'))).metadata.generation).toBe(2);
    const reported = await api.change(`${path}/status`, (object) => ({
      ...object,
      status: { ...(object['status'] as object), readyReplicas: 0, replicas: 7 },
      spec: {},
    }));
    expect(reported.metadata.generation).toBe(2);
    expect(reported['spec']).toMatchObject({ replicas: 0 });
    const told = await api.change(path, (object) => ({ ...object, status: { replicas: 99 } }));
    expect(told.metadata.generation).toBe(2);
    expect(told['status']).not.toMatchObject({ replicas: 99 });
    await api.done('DELETE', path);
    const plain = await api.done('POST', `${CORE}/configmaps`, configMap('uncounted', {}));
    expect(plain.metadata).not.toHaveProperty('generation');
    await api.done('DELETE', `${CORE}/configmaps/uncounted`);
  });

  it('fills in what a workload leaves out', async () => {
    const path = `${DEPLOYMENTS}/defaulted`;
    const ports = [{ containerPort: 80 }];
    const readinessProbe = { httpGet: { port: 80 } };
    const made = await api.applied(
      'one',
      path,
      deployment('defaulted', [
        { name: 'main', image: 'x', ports, readinessProbe },
        { name: 'side', image: 'y:1' },
      ]),
    );
    expect(made['spec']).toMatchObject({
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: {
        spec: {
          restartPolicy: 'Always',
          terminationGracePeriodSeconds: 30,
          dnsPolicy: 'ClusterFirst',
          containers: [
            {
              imagePullPolicy: 'Always',
              ports: [{ containerPort: 80, protocol: 'TCP' }],
              readinessProbe: {
                httpGet: { path: '/', scheme: 'HTTP' },
                periodSeconds: 10,
                failureThreshold: 3,
              },
            },
            { imagePullPolicy: 'IfNotPresent' },
          ],
        },
      },
    });
    await api.done('DELETE', path);
  });

  it('makes a name from generateName', async () => {
    const made = await api.done('POST', `${CORE}/configmaps`, {
      ...configMap('', {}),
      metadata: { generateName: 'made-' },
    });
    expect(made.metadata.name).toMatch(/^made-[a-z0-9]{5}$/);
    await api.done('DELETE', `${CORE}/configmaps/${made.metadata.name}`);
    expect((await api.ask('POST', `${CORE}/configmaps`, { ...configMap('', {}), metadata: {} })).code).toBe(
      422,
    );
  });

  it('selects by labels and fields', async () => {
    const labels = [{ sel: 'x', tier: 'a' }, { sel: 'x', tier: 'b' }, { sel: 'x' }];
    for (const [n, one] of labels.entries())
      await api.done('POST', `${CORE}/configmaps`, configMap(`sel-${n}`, {}, { labels: one }));
    const ask = async (selector: string): Promise<string[]> =>
      names(await api.get(`${CORE}/configmaps?labelSelector=${encodeURIComponent(selector)}`));
    expect(await ask('sel=x,tier=a')).toEqual(['sel-0']);
    expect(await ask('sel=x,tier!=a')).toEqual(['sel-1', 'sel-2']);
    expect(await ask('sel=x,tier in (a, b)')).toEqual(['sel-0', 'sel-1']);
    expect(await ask('sel=x,tier notin (a)')).toEqual(['sel-1', 'sel-2']);
    expect(await ask('sel=x,tier')).toEqual(['sel-0', 'sel-1']);
    expect(await ask('sel=x,!tier')).toEqual(['sel-2']);
    expect((await api.ask('GET', `${CORE}/configmaps?labelSelector=${encodeURIComponent('a=(')}`)).code).toBe(
      400,
    );
    expect((await api.ask('GET', `${CORE}/configmaps?fieldSelector=data.x%3D1`)).code).toBe(400);
    const event = (name: string) => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name },
      involvedObject: { kind: 'Pod', name, namespace: 'default' },
      reason: 'Test',
      type: 'Normal',
    });
    await api.done('POST', `${CORE}/events`, event('told-a'));
    await api.done('POST', `${CORE}/events`, event('told-b'));
    expect(
      names(await api.get(`${CORE}/events?fieldSelector=involvedObject.name%3Dtold-b,type%3DNormal`)),
    ).toEqual(['told-b']);
    for (const n of [0, 1, 2]) await api.done('DELETE', `${CORE}/configmaps/sel-${n}`);
  });

  it('keeps an object that is to go until its last finalizer is taken off', async () => {
    const path = `${CORE}/configmaps/held`;
    await api.done(
      'POST',
      `${CORE}/configmaps`,
      configMap('held', { a: '1' }, { finalizers: ['test.example/hold'] }),
    );
    const going = await api.done('DELETE', path);
    expect(going.metadata.deletionTimestamp).toMatch(/Z$/);
    expect((await api.get(path)).metadata.finalizers).toEqual(['test.example/hold']);
    await api.done('DELETE', path);
    await api.done('PUT', path, configMap('held', { a: '1' }));
    expect((await api.ask('GET', path)).code).toBe(404);
  });

  it('removes only what it was asked to remove', async () => {
    const path = `${CORE}/configmaps/exact`;
    const made = await api.done('POST', `${CORE}/configmaps`, configMap('exact', {}));
    const ask = async (preconditions: object) =>
      api.ask('DELETE', path, { apiVersion: 'v1', kind: 'DeleteOptions', preconditions });
    expect((await ask({ uid: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee' })).code).toBe(409);
    expect((await ask({ resourceVersion: '1' })).code).toBe(409);
    expect(
      (await ask({ uid: made.metadata.uid, resourceVersion: made.metadata.resourceVersion })).object,
    ).toMatchObject({ kind: 'Status', status: 'Success' });
    expect((await api.ask('DELETE', path)).code).toBe(404);
  });

  it('removes what an object owned after it, and leaves it when told to', async () => {
    const owner = async (name: string): Promise<object[]> => {
      const { metadata } = await api.done('POST', `${CORE}/configmaps`, configMap(name, {}));
      return [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid: metadata.uid }];
    };
    await api.done(
      'POST',
      `${CORE}/configmaps`,
      configMap('owned', {}, { ownerReferences: await owner('owner') }),
    );
    await api.done(
      'POST',
      `${CORE}/configmaps`,
      configMap('left', {}, { ownerReferences: await owner('leaver') }),
    );
    await api.done('DELETE', `${CORE}/configmaps/owner?propagationPolicy=Background`);
    await api.eventually('the owned is gone', `${CORE}/configmaps/owned`, ({ code }) => code === 404);
    await api.done('DELETE', `${CORE}/configmaps/leaver?propagationPolicy=Orphan`);
    await api.eventually('the owner is gone', `${CORE}/configmaps/leaver`, ({ code }) => code === 404);
    expect((await api.get(`${CORE}/configmaps/left`)).metadata).not.toHaveProperty('ownerReferences');
    await api.done('DELETE', `${CORE}/configmaps/left`);
    await api.done(
      'POST',
      `${CORE}/configmaps`,
      configMap(
        'child',
        {},
        { ownerReferences: (await owner('parent')).map((one) => ({ ...one, blockOwnerDeletion: true })) },
      ),
    );
    await api.done('DELETE', `${CORE}/configmaps/parent?propagationPolicy=Foreground`);
    await api.eventually('the parent is gone', `${CORE}/configmaps/parent`, ({ code }) => code === 404);
    expect((await api.ask('GET', `${CORE}/configmaps/child`)).code).toBe(404);
  });

  it('takes the contents of a namespace along, and refuses new ones meanwhile', async () => {
    const made = await api.done('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'leaving' },
    });
    expect(made['status']).toEqual({ phase: 'Active' });
    expect(made.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'leaving' });
    const inside = '/api/v1/namespaces/leaving/configmaps';
    const held = configMap('held', {}, { finalizers: ['test.example/hold'] });
    await api.done('POST', inside, held);
    await api.done('POST', inside, configMap('free', {}));
    const going = await api.done('DELETE', '/api/v1/namespaces/leaving');
    expect(going['status']).toMatchObject({ phase: 'Terminating' });
    const late = await api.ask('POST', inside, configMap('late', {}));
    expect([late.code, causesOf(late)]).toEqual([403, ['NamespaceTerminating metadata.namespace']]);
    await api.eventually('the free one is gone', `${inside}/free`, ({ code }) => code === 404);
    await api.change(`${inside}/held`, (object) => ({
      ...object,
      metadata: { ...object.metadata, finalizers: [] },
    }));
    await api.eventually('the namespace is gone', '/api/v1/namespaces/leaving', ({ code }) => code === 404);
    expect((await api.ask('POST', inside, configMap('late', {}))).object.message).toBe(
      'namespaces "leaving" not found',
    );
  });

  it('takes a Secret in plain words, and never lets its type change', async () => {
    const path = `${CORE}/secrets/words`;
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'words' }, stringData: { a: 'ü' } };
    const made = await api.done('POST', `${CORE}/secrets`, secret);
    expect(made).toMatchObject({ type: 'Opaque', data: { a: Buffer.from('ü').toString('base64') } });
    expect(made).not.toHaveProperty('stringData');
    expect(causesOf(await api.ask('PUT', path, { ...made, type: 'other.example/x' }))).toEqual([
      'FieldValueInvalid type',
    ]);
    await api.done('DELETE', path);
  });

  it.each([
    ['a name with capitals', 'configmaps', configMap('Not-Good', {}), ['FieldValueInvalid metadata.name']],
    [
      'a label that is none',
      'configmaps',
      configMap('x', {}, { labels: { a: 'b c' } }),
      ['FieldValueInvalid metadata.labels'],
    ],
    ['a key that is none', 'configmaps', configMap('x', { 'a/b': '' }), ['FieldValueInvalid data[a/b]']],
    [
      'a service without ports',
      'services',
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: {} },
      ['FieldValueRequired spec.ports'],
    ],
    [
      'a pod without containers',
      'pods',
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: {} },
      ['FieldValueRequired spec.containers'],
    ],
  ])('refuses %s, naming the field', async (_what, plural, object, causes) => {
    const refused = await api.ask('POST', `${CORE}/${plural}`, object);
    expect([refused.code, refused.object.reason, causesOf(refused)]).toEqual([422, 'Invalid', causes]);
  });

  it('refuses a workload whose selector does not fit, and one that changes its selector', async () => {
    const wrong = deployment('unfit', [{ name: 'main', image: 'x:1' }], {
      selector: { matchLabels: { app: 'other' } },
    });
    expect(causesOf(await api.ask('POST', DEPLOYMENTS, wrong))).toEqual([
      'FieldValueInvalid spec.template.metadata.labels',
    ]);
    const bare = deployment('bare', [{ name: 'main' }]);
    expect(causesOf(await api.ask('POST', DEPLOYMENTS, bare))).toEqual([
      'FieldValueRequired spec.template.spec.containers[0].image',
    ]);
    await api.done('POST', DEPLOYMENTS, deployment('fixed', [{ name: 'main', image: 'x:1' }]));
    const template = {
      metadata: { labels: { app: 'new' } },
      spec: { containers: [{ name: 'main', image: 'x:1' }] },
    };
    const changed = deployment('fixed', [], { selector: { matchLabels: { app: 'new' } }, template });
    expect(causesOf(await api.ask('PUT', `${DEPLOYMENTS}/fixed`, changed))).toEqual([
      'FieldValueInvalid spec.selector',
    ]);
    await api.done('DELETE', `${DEPLOYMENTS}/fixed`);
  });

  it('does not change the template of a Job', async () => {
    const jobs = '/apis/batch/v1/namespaces/default/jobs';
    const job = (image: string): object => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'once' },
      spec: {
        parallelism: 0,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image }] } },
      },
    });
    const made = await api.applied('one', `${jobs}/once`, job('x:1'));
    expect(made['spec']).toMatchObject({
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': made.metadata.uid } },
    });
    const refused = await api.apply('one', `${jobs}/once`, job('x:2'));
    expect([refused.code, causesOf(refused)]).toEqual([422, ['FieldValueInvalid spec.template']]);
    await api.done('DELETE', `${jobs}/once?propagationPolicy=Background`);
  });

  it('answers what it does not know with 404, and what it does not do with 405', async () => {
    expect(await api.ask('GET', '/apis/nothing.example/v1/nothings')).toMatchObject({
      code: 404,
      object: { message: '404 page not found\n' },
    });
    expect((await api.ask('GET', `${CORE}/nothings`)).code).toBe(404);
    expect((await api.ask('GET', '/apis/nothing.example')).code).toBe(404);
    expect((await api.ask('POST', `${CORE}/configmaps/x`, configMap('x', {}))).code).toBe(405);
    expect((await api.ask('POST', `${CORE}/configmaps`, '{"a')).code).toBe(400);
    expect((await api.ask('POST', `${CORE}/configmaps`, configMap('x', {}), 'text/plain')).code).toBe(415);
    expect(
      (await api.ask('POST', `${CORE}/configmaps`, configMap('x', { a: 'x'.repeat(4 * 1024 * 1024) }))).code,
    ).toBe(413);
    expect((await api.ask('GET', `${CORE}/configmaps?continue=nonsense&limit=1`)).code).toBe(400);
    const may = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'create', resource: 'pods' } },
    };
    expect(
      (await api.done('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', may))['status'],
    ).toMatchObject({ allowed: true });
  });

  it('says what it serves', async () => {
    const core = await api.get('/api/v1');
    const found = (core['resources'] as { name: string; kind: string; namespaced: boolean }[]).filter(
      ({ name }) => ['pods', 'pods/log', 'pods/status', 'namespaces'].includes(name),
    );
    expect(found.map(({ name, kind, namespaced }) => `${name} ${kind} ${namespaced}`).toSorted()).toEqual([
      'namespaces Namespace false',
      'pods Pod true',
      'pods/log Pod true',
      'pods/status Pod true',
    ]);
    expect(await api.get('/apis/apps')).toMatchObject({
      kind: 'APIGroup',
      name: 'apps',
      preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
    });
    expect((await api.get('/apis'))['groups']).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'apps' })]),
    );
    expect((await api.ask('GET', '/readyz')).code).toBe(200);
    expect((await api.ask('GET', '/healthz')).object.message).toBe('ok');
  });
}
