import { describe, expect, it } from 'vitest';
import { Problem } from 'host-service/contract/problem.ts';
import type { KubeInput, KubeObject } from 'host-service/engine/ports.ts';
import { describeApply } from './kubernetes-contract-apply.ts';
import type { ContractWorld } from './kubernetes-contract-asking.ts';
import { describeCustomKinds } from './kubernetes-contract-custom.ts';
import { describeKinds } from './kubernetes-contract-kinds.ts';
import { describeObjects } from './kubernetes-contract-objects.ts';
import { describeStorage } from './kubernetes-contract-storage.ts';
import { describeWatches } from './kubernetes-contract-watch.ts';

const KIND = { apiVersion: 'v1', kind: 'ConfigMap' } as const;
const never = new AbortController().signal;
const configMap = (name: string, data: Record<string, string>, more: object = {}): KubeInput => ({
  ...KIND,
  metadata: { name, namespace: 'default', ...more },
  data,
});
const refTo = (name: string) => ({ ...KIND, namespace: 'default', name });

const problemOf = async (act: Promise<unknown>): Promise<Problem> =>
  act.then(
    () => {
      throw new Error('no problem was thrown');
    },
    (error: unknown) => {
      if (error instanceof Problem) return error;
      throw error;
    },
  );

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!holds() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
}

function describeWrites(world: () => ContractWorld): void {
  it('applies: makes what is not there, changes nothing the second time, drops what is no longer said', async () => {
    const { cluster } = world();
    const first = await cluster.apply(configMap('applied', { a: '1', b: '2' }), { signal: never });
    const again = await cluster.apply(configMap('applied', { a: '1', b: '2' }), { signal: never });
    expect(again.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    expect(again.metadata).not.toHaveProperty('managedFields');
    const less = await cluster.apply(configMap('applied', { a: '1' }), { signal: never });
    expect(less['data']).toEqual({ a: '1' });
  });

  it('keeps fields of others, takes back its own and says from whom', async () => {
    const { cluster, conflicts, ask } = world();
    await cluster.apply(configMap('shared', { ours: '1' }), { signal: never });
    const person = '/api/v1/namespaces/default/configmaps/shared?fieldManager=kubectl-of-a-person&force=true';
    const theirs = configMap('shared', { ours: '2', theirs: '3' });
    expect((await ask('PATCH', person, theirs, 'application/apply-patch+yaml')).code).toBe(200);
    const refused = await problemOf(
      cluster.apply(configMap('shared', { ours: '1' }), { signal: never, force: false }),
    );
    expect(refused.code).toBe('cluster.conflict');
    expect(refused.detail).toContain('kubectl-of-a-person');
    const dry = await cluster.apply(configMap('shared', { ours: '1' }), { signal: never, dryRun: true });
    expect(dry['data']).toEqual({ ours: '1', theirs: '3' });
    expect(conflicts).toEqual([]);
    expect((await cluster.get(refTo('shared'), never))?.['data']).toEqual({ ours: '2', theirs: '3' });
    const taken = await cluster.apply(configMap('shared', { ours: '1' }), { signal: never });
    expect(taken['data']).toEqual({ ours: '1', theirs: '3' });
    expect(conflicts).toEqual([
      { ref: refTo('shared'), manager: 'kubectl-of-a-person', fields: ['.data.ours'] },
    ]);
  });

  it('creates once, replaces only what it has read, and removes what may be gone', async () => {
    const { cluster } = world();
    const made = await cluster.create(configMap('made', { a: '1' }), never);
    const exists = await problemOf(cluster.create(configMap('made', { a: '2' }), never));
    expect([exists.code, exists.detail.includes('it exists already')]).toEqual(['cluster.conflict', true]);
    const { resourceVersion } = made.metadata;
    const replaced = await cluster.replace(configMap('made', { a: '3' }, { resourceVersion }), never);
    expect(replaced['data']).toEqual({ a: '3' });
    const late = await problemOf(cluster.replace(configMap('made', { a: '4' }, { resourceVersion }), never));
    expect([late.code, late.detail.includes('it was changed meanwhile')]).toEqual(['cluster.conflict', true]);
    await cluster.remove(refTo('made'), { signal: never });
    await cluster.remove(refTo('made'), { signal: never, propagation: 'Foreground' });
    expect(await cluster.get(refTo('made'), never)).toBeUndefined();
    const gone = await problemOf(cluster.replace(configMap('made', {}, { resourceVersion }), never));
    expect(gone.code === 'cluster.not-found' || gone.code === 'cluster.conflict').toBe(true);
  });

  it('says cluster.invalid for what is refused, and cluster.not-found for a missing namespace', async () => {
    const { cluster } = world();
    const invalid = await problemOf(cluster.create(configMap('bad', { 'no/key': '1' }), never));
    expect([invalid.code, invalid.detail.includes('no/key')]).toEqual(['cluster.invalid', true]);
    const nowhere = { ...configMap('x', {}), metadata: { name: 'x', namespace: 'nowhere' } };
    expect((await problemOf(cluster.apply(nowhere, { signal: never }))).code).toBe('cluster.not-found');
  });

  it('holds a Lease by compare-and-swap', async () => {
    const { lease } = world().cluster;
    const name = 'contract';
    expect(await lease.read(name, 'default', never)).toBeUndefined();
    const at = '2027-01-02T03:04:05.678Z';
    const record = {
      name,
      namespace: 'default',
      holder: 'a',
      durationSeconds: 10,
      acquireTime: at,
      renewTime: at,
      transitions: 0,
    };
    const written = await lease.write(record, never);
    expect(written).toMatchObject({
      ...record,
      acquireTime: '2027-01-02T03:04:05.678000Z',
      renewTime: '2027-01-02T03:04:05.678000Z',
    });
    expect((await problemOf(lease.write(record, never))).code).toBe('cluster.conflict');
    const renewed = await lease.write({ ...written, holder: '', transitions: 1 }, never);
    expect(renewed).toMatchObject({ holder: '', transitions: 1 });
    expect((await problemOf(lease.write(written, never))).code).toBe('cluster.conflict');
    expect(await lease.read(name, 'default', never)).toEqual(renewed);
  });
}

function describeReads(world: () => ContractWorld): void {
  it('lists all pages, each object once, with kind and apiVersion', async () => {
    const { cluster } = world();
    const names = Array.from({ length: 23 }, (_, n) => `page-${String(n).padStart(2, '0')}`);
    const labels = { contract: 'pages' };
    await Promise.all(names.map(async (name) => cluster.create(configMap(name, {}, { labels }), never)));
    const listed = await cluster.list(KIND, { signal: never, labelSelector: 'contract=pages' });
    expect(listed.map((object) => object.metadata.name).toSorted()).toEqual(names);
    expect(listed.every(({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'ConfigMap')).toBe(true);
    const one = await cluster.list(KIND, {
      signal: never,
      namespace: 'default',
      fieldSelector: 'metadata.name=page-07',
    });
    expect(one.map((object) => object.metadata.name)).toEqual(['page-07']);
  });

  it('R-18 answers what is not there with nothing, whether object, kind or group is missing', async () => {
    const { cluster } = world();
    const kinds = [
      { apiVersion: 'v1', kind: 'Nothing' },
      { apiVersion: 'nothing.example/v1', kind: 'Nothing' },
      { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'OCIRepository' },
    ];
    for (const kind of kinds) {
      expect(await cluster.list(kind, { signal: never })).toEqual([]);
      expect(await cluster.get({ ...kind, namespace: 'default', name: 'x' }, never)).toBeUndefined();
      await cluster.remove({ ...kind, namespace: 'default', name: 'x' }, { signal: never });
      const object = { ...kind, metadata: { name: 'x', namespace: 'default' } };
      expect((await problemOf(cluster.apply(object, { signal: never }))).code).toBe('cluster.no-such-kind');
    }
    expect(await cluster.get(refTo('not-there'), never)).toBeUndefined();
  });

  it('knows version and served resources, and no log of a pod that is not there', async () => {
    const { cluster } = world();
    expect(await cluster.version(never)).toMatch(/^\d+\.\d+\.\d+$/);
    expect(await cluster.serves('v1', 'configmaps', never)).toBe(true);
    expect(await cluster.serves('v1', 'nothings', never)).toBe(false);
    expect(await cluster.serves('nothing.example/v1', 'nothings', never)).toBe(false);
    const pod = { namespace: 'default', name: 'none', container: 'c', previous: false };
    expect(await cluster.log(pod, 1000, never)).toBe('');
  });

  it('tells each change of a kind, until it is stopped', async () => {
    const { cluster } = world();
    const stop = new AbortController();
    const seen: string[] = [];
    const onChange = (object: KubeObject, type: string): void => {
      if (object.metadata.name === 'watched') seen.push(type);
    };
    await cluster.create(configMap('watched', { a: '1' }), never);
    const watching = cluster.watch(KIND, { namespace: 'default', signal: stop.signal, onChange });
    await until(() => seen.length === 1);
    await cluster.apply(configMap('watched', { b: '2' }), { signal: never });
    await until(() => seen.length === 2);
    await cluster.remove(refTo('watched'), { signal: never });
    await until(() => seen.length === 3);
    stop.abort();
    await watching;
    expect(seen).toEqual(['added', 'modified', 'deleted']);
  });

  it('says cluster.cancelled when it is stopped, before and during a call', async () => {
    const { cluster } = world();
    const stop = new AbortController();
    const call = problemOf(cluster.list(KIND, { signal: stop.signal }));
    stop.abort();
    expect((await call).code).toBe('cluster.cancelled');
    expect((await problemOf(cluster.get(refTo('x'), stop.signal))).code).toBe('cluster.cancelled');
  });
}

/** What every cluster must do for us; run against the small server of the tests and against the real API server. */
export function describeClusterContract(world: () => ContractWorld): void {
  describe('the cluster, written to', () => describeWrites(world));
  describe('the cluster, read', () => describeReads(world));
  describe('fields and who owns them', () => describeApply(world));
  describe('objects', () => describeObjects(world));
  describe('each kind', () => describeKinds(world));
  describe('storage', () => describeStorage(world));
  describe('custom kinds', () => describeCustomKinds(world));
  describe('changes', () => describeWatches(world));
}
