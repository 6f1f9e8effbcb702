import { GROUP_VERSION } from 'host-service/contract/names.ts';
import type { KnownRelease, Observed } from 'host-service/core/plan/observed.ts';
import { makePlan } from 'host-service/core/plan/make-plan.ts';
import { namespaceObjects, valuesObjects } from 'host-service/core/plan/settings-objects.ts';
import { sourceObjects } from 'host-service/core/plan/source-objects.ts';
import { renderValues } from 'host-service/core/values/render.ts';
import type { KubeObject } from 'host-service/engine/ports.ts';
import { observe, type ObserveInput } from 'host-service/engine/observe.ts';
import { describe, expect, it } from 'vitest';
import { makeProduct } from '../fixtures/documents.ts';
import { ManualClock } from './world/clock.ts';
import {
  appliance,
  deploymentObjects,
  kube,
  makeProber,
  ReadOnlyCluster,
  readyCondition,
} from './observe-world.ts';
import {
  CONFIRMED,
  decided,
  known,
  NOW,
  operation,
  planInput,
  PROFILE,
  registryOf,
  SETTINGS,
} from './plan-world.ts';

const product = makeProduct({
  secrets: [{ name: 'app', namespace: 'msp', keys: { KEY: { generate: 'hex', bytes: 32 } } }],
});
const good = known('1.0.0', {}, CONFIRMED);
const image = `registry.example.com/vendor/web:abc1234@${good.release.images['web']!.digest}`;
const CRD = kube(
  'CustomResourceDefinition',
  'ocirepositories.source.toolkit.fluxcd.io',
  undefined,
  {},
  {
    labels: { 'app.kubernetes.io/version': 'v2.9.4' },
  },
);

/** A cluster on which a release was installed by our own builders and taken up by the delivery engine. */
function installed(
  release: KnownRelease,
  image: string,
  over: { fetched?: boolean } = {},
): readonly KubeObject[] {
  const { source, kustomization } = sourceObjects({ product, release, profile: PROFILE, registryOf });
  const values = renderValues({ release: release.release, profile: PROFILE, settings: SETTINGS, product });
  const { digest } = release.release.config;
  const done = { observedGeneration: 1, conditions: [readyCondition] };
  const artifact = over.fetched === false ? {} : { artifact: { revision: digest } };
  const taken = (object: typeof source, status: object): KubeObject => ({
    ...object,
    metadata: {
      ...object.metadata,
      generation: 1,
      namespace: product.flux.namespace,
    },
    status: { ...done, ...status },
  });
  return [
    appliance(),
    CRD,
    ...(namespaceObjects(product) as KubeObject[]),
    ...(valuesObjects({
      product,
      values: values.ok ? values.value : new Map(),
      existing: new Map(),
    }) as KubeObject[]),
    kube('Secret', 'app', 'msp', { data: { KEY: 'c2VjcmV0' } }),
    taken(source, artifact),
    taken(kustomization, { lastAppliedRevision: digest }),
    release.object,
    ...deploymentObjects('web', image),
  ];
}

async function look(
  objects: readonly KubeObject[],
  over: Partial<ObserveInput> = {},
  ok = true,
): Promise<{ observed: Observed; cluster: ReadOnlyCluster; asked: readonly string[] }> {
  const cluster = new ReadOnlyCluster(objects);
  const prober = makeProber(ok);
  const observed = await observe(
    { cluster: cluster.port, prober: prober.port, clock: new ManualClock(NOW).port },
    { product, ...over },
    new AbortController().signal,
  );
  return { observed, cluster, asked: prober.asked };
}

describe('what is seen', () => {
  it('is nothing but the wish on an empty cluster', async () => {
    const { observed } = await look([appliance()]);
    expect(observed).toMatchObject({
      applianceId: 'uid-1',
      intentRevision: 7,
      kubernetes: '1.36.3+k3s1',
      source: undefined,
      components: [],
      operations: [],
      problems: [],
      spec: { settings: SETTINGS, intent: { hold: false } },
    });
  });

  it('is what our own builders wrote, so that the plan has nothing to do', async () => {
    const { observed, asked } = await look(installed(good, image));
    expect(observed.components).toMatchObject([{ name: 'web', state: 'ready', pods: ['web-10-a'] }]);
    expect(observed.source).toMatchObject({
      release: good.digest,
      fetched: good.release.config.digest,
      applied: good.release.config.digest,
      fetchProblem: undefined,
      applyProblem: undefined,
    });
    expect(asked).toEqual(['10.0.0.7:8080']);
    expect(makePlan(planInput({ observed, decision: decided(good, 'stay'), product }))).toEqual({
      kind: 'nothing',
    });
  });

  it('S2 holds names of secret keys and no value of a secret', async () => {
    const draft = kube('Secret', 'appliance-draft', 'alga-appliance-control-plane', {
      data: { password: 'aHVudGVy' },
    });
    const { observed } = await look([...installed(good, image), draft]);
    expect([...observed.secretKeys.entries()].map(([name, keys]) => [name, [...keys]])).toEqual([
      ['msp/app', ['KEY']],
      ['alga-appliance-control-plane/appliance-draft', ['password']],
    ]);
    const all = JSON.stringify(observed, (_, value: unknown) =>
      value instanceof Map || value instanceof Set ? [...value] : value,
    );
    expect(all).not.toMatch(/c2VjcmV0|aHVudGVy/);
  });

  it('is asked for in a fixed number of calls, however many pods there are', async () => {
    const base = installed(good, image);
    const pods = Array.from({ length: 300 }, (_, n) => kube('Pod', `other-${n}`, 'msp', {}));
    const few = await look(base);
    const many = await look([...base, ...pods]);
    expect(many.cluster.asked.sort()).toEqual(few.cluster.asked.sort());
    expect(few.cluster.asked.filter((call) => call.startsWith('list Pod'))).toEqual(['list Pod msp']);
    expect(few.cluster.asked.length).toBeLessThan(20);
    expect(many.observed.components).toEqual(few.observed.components);
  });

  it('probes only components of the release that the source points to, and only ready pods', async () => {
    const unready = [
      ...installed(good, image).filter(({ kind }) => kind !== 'Pod' && kind !== 'Deployment'),
      ...deploymentObjects('web', image, { ready: false }),
    ];
    const { asked, observed } = await look(unready);
    expect(asked).toEqual([]);
    expect(observed.components[0]?.state).toBe('progressing');
    const elsewhere = installed(good, image).filter(({ kind }) => kind !== 'OCIRepository');
    const away = await look(elsewhere);
    expect(away.observed.components).toEqual([]);
    expect(away.asked).toEqual([]);
  });

  it('R-11 tells of a probe that fails although the pods are ready', async () => {
    const { observed } = await look(installed(good, image), {}, false);
    expect(observed.components[0]).toMatchObject({ state: 'progressing', code: 'observe.probe-failed' });
  });

  it('R-04 does not take another image for the pinned one', async () => {
    const { observed } = await look(installed(good, 'registry.example.com/vendor/web:abc1234'));
    expect(observed.components[0]).toMatchObject({ code: 'observe.wrong-digest', digests: {} });
  });
});

describe('a source', () => {
  const change = async (kind: string, status: object, metadata: object = {}): Promise<Observed['source']> => {
    const objects = installed(good, image).map((object) =>
      object.kind === kind ? { ...object, metadata: { ...object.metadata, ...metadata }, status } : object,
    );
    return (await look(objects)).observed.source;
  };
  const no = (reason: string): object => ({ type: 'Ready', status: 'False', reason, message: 'no' });
  const { digest } = good.release.config;

  it.each<[string, string, object, object, object]>([
    [
      'that was not looked at yet has fetched nothing',
      'OCIRepository',
      { observedGeneration: -1 },
      {},
      { fetched: undefined, fetchProblem: undefined },
    ],
    [
      'whose newest change was not taken up has fetched nothing',
      'OCIRepository',
      { observedGeneration: 1, artifact: { revision: digest } },
      { generation: 2 },
      { fetched: undefined },
    ],
    [
      'that cannot be fetched says why',
      'OCIRepository',
      { observedGeneration: 1, conditions: [no('AuthenticationFailed')] },
      {},
      { fetchProblem: 'AuthenticationFailed: no' },
    ],
    [
      'whose newest change failed at once says why, although only success raises its observed generation',
      'OCIRepository',
      { observedGeneration: 1, conditions: [{ ...no('OCIArtifactPullFailed'), observedGeneration: 2 }] },
      { generation: 2 },
      { fetched: undefined, fetchProblem: 'OCIArtifactPullFailed: no' },
    ],
    [
      'whose failure is of the change before says nothing of the newest',
      'OCIRepository',
      { observedGeneration: 1, conditions: [{ ...no('OCIArtifactPullFailed'), observedGeneration: 1 }] },
      { generation: 2 },
      { fetched: undefined, fetchProblem: undefined },
    ],
    [
      'that is being fetched is no problem',
      'OCIRepository',
      { observedGeneration: 1, conditions: [no('Progressing')] },
      {},
      { fetchProblem: undefined },
    ],
    [
      'that still has the old artifact after a failed check has not fetched ours',
      'OCIRepository',
      {
        observedGeneration: 1,
        artifact: { revision: `sha256:${'0'.repeat(64)}` },
        conditions: [no('VerificationError')],
      },
      {},
      { fetched: `sha256:${'0'.repeat(64)}`, fetchProblem: 'VerificationError: no' },
    ],
    [
      'that was applied but is not Ready is not applied',
      'Kustomization',
      { observedGeneration: 1, lastAppliedRevision: digest, conditions: [no('HealthCheckFailed')] },
      {},
      { applied: undefined, applyProblem: 'HealthCheckFailed: no' },
    ],
    [
      'that waits for its artifact is no second problem',
      'Kustomization',
      { observedGeneration: 1, conditions: [no('ArtifactFailed')] },
      {},
      { applied: undefined, applyProblem: undefined },
    ],
    [
      'that was applied by tag is applied',
      'Kustomization',
      { observedGeneration: 1, lastAppliedRevision: `1.0.0@${digest}`, conditions: [readyCondition] },
      {},
      { applied: digest },
    ],
  ])('%s', async (_, kind, status, metadata, wanted) => {
    expect(await change(kind, status, metadata)).toMatchObject(wanted);
  });

  it('without root Kustomization is one that has to be pointed again', async () => {
    const { observed } = await look(installed(good, image).filter(({ kind }) => kind !== 'Kustomization'));
    expect(observed.source?.kustomization).toBeUndefined();
  });
});

describe('objects that cannot be read', () => {
  const bare = (object: KubeObject, spec: object): KubeObject => ({ ...object, spec });

  it('are left out and told, and nothing crashes', async () => {
    const broken = [
      bare({ ...good.object, metadata: { name: 'no-spec' } }, {}),
      bare(
        { ...good.object, metadata: { name: 'other-bytes' } },
        { ...good.object.spec, document: Buffer.from('{}').toString('base64') },
      ),
      kube('Operation', 'no-steps', undefined, { spec: {} }),
    ];
    const { observed } = await look([...installed(good, image), ...broken]);
    expect([...observed.releases.keys()]).toEqual([good.digest]);
    expect(observed.problems?.map(({ code, subject }) => `${code} ${subject ?? ''}`)).toEqual([
      'release.damaged no-spec',
      'release.damaged other-bytes',
      'cluster.bad-answer no-steps',
    ]);
  });

  it('end the look when it is the Appliance, with a code', async () => {
    await expect(look([])).rejects.toMatchObject({ code: 'cluster.not-found' });
    await expect(look([appliance({ intent: { hold: 'yes' } })])).rejects.toMatchObject({
      code: 'cluster.bad-answer',
    });
    const damaged = await look([appliance({ settings: SETTINGS }, { status: { phase: 7 } })]);
    expect(damaged.observed.intentRevision).toBe(7);
  });

  it('read as empty when they are foreign', async () => {
    const odd = [
      kube(
        'Pod',
        'odd',
        'msp',
        { status: null, spec: { containers: 'none' } },
        { ownerReferences: [{ kind: 'ReplicaSet', name: 'web-10' }] },
      ),
      kube(
        'ConfigMap',
        'appliance-values-odd',
        'alga-system',
        { data: { a: 1 } },
        { labels: { 'reconcile.fluxcd.io/watch': 'Enabled' } },
      ),
      kube('Namespace', 'msp', undefined, {}, { deletionTimestamp: '2026-11-21T12:00:00Z' }),
    ];
    const { observed } = await look([
      ...installed(good, image).filter(({ kind }) => kind !== 'Namespace'),
      ...odd,
    ]);
    expect(observed.components[0]?.state).toBe('ready');
    expect(observed.namespaces.terminating).toEqual(new Set(['msp']));
    expect([...observed.valuesKeys.keys()]).not.toContain('odd/a');
  });
});

describe('what is kept between looks', () => {
  it('are parsed documents, as long as their bytes are the same', async () => {
    const parsed = new Map<string, KnownRelease>();
    const objects = installed(good, image);
    const first = (await look(objects, { parsed })).observed.releases.get(good.digest);
    const second = (await look(objects, { parsed })).observed.releases.get(good.digest);
    expect(second?.release).toBe(first?.release);
    const gone = objects.filter(({ kind }) => kind !== 'Release');
    expect((await look(gone, { parsed })).observed.releases.size).toBe(0);
    expect(parsed.size).toBe(0);
  });
});
describe('a finished job that was cleared away', () => {
  const components = [
    { name: 'migrate', kind: 'Job', namespace: 'msp', tier: 'core', title: 'Migration', gate: true },
  ];
  const state = async (
    status: Record<string, unknown> | undefined,
    operations: readonly KubeObject[],
  ): Promise<string | undefined> => {
    const release = known('1.0.0', { components }, status);
    return (await look([...installed(release, image), ...operations])).observed.components[0]?.state;
  };
  const during = (steps: readonly object[]): KubeObject => ({
    ...operation('update', known('1.0.0', { components }), { status: { steps } }),
    apiVersion: GROUP_VERSION,
  });

  it('counts as finished by the confirmation, or by the journal while the operation runs', async () => {
    const step = { kind: 'migrate', title: 'Prepare', state: 'done' };
    expect(await state(CONFIRMED, [])).toBe('ready');
    expect(await state(undefined, [])).toBe('missing');
    expect(await state(undefined, [during([step])])).toBe('ready');
    expect(await state(CONFIRMED, [during([{ ...step, state: 'running' }])])).toBe('missing');
  });
});
