import { expect, it } from 'vitest';
import type { StorageDefinition } from 'host-service/contract/product.ts';
import { Problem } from 'host-service/contract/problem.ts';
import type { KubeInput } from 'host-service/engine/ports.ts';
import { PROOF_LABEL } from 'host-service/core/storage/facts.ts';
import { classObject } from 'host-service/core/storage/setting.ts';
import { claimObject, trialObject } from 'host-service/core/storage/trial.ts';
import type { ContractWorld } from './kubernetes-contract-asking.ts';

const never = new AbortController().signal;
const STORAGE: StorageDefinition = {
  ...{ class: 'contract-kept', provisioner: 'test.example/none', reclaimPolicy: 'Retain', driver: 'none' },
  proof: { uid: 70, gid: 70, subPath: 'data', size: '1Mi' },
};
const CLASS = { ...{ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' }, name: STORAGE.class };
const VOLUME = { apiVersion: 'v1', kind: 'PersistentVolume', name: 'contract-volume' } as const;
const PLACE = { namespace: 'default', operation: 'contract' } as const;

const codeOf = async (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'done',
    (error: unknown) => {
      if (error instanceof Problem) return error.code;
      throw error;
    },
  );

const volume: KubeInput = {
  ...{ apiVersion: VOLUME.apiVersion, kind: VOLUME.kind, metadata: { name: VOLUME.name } },
  spec: {
    ...{ accessModes: ['ReadWriteOnce'], capacity: { storage: '1Mi' }, storageClassName: 'nobody' },
    ...{ hostPath: { path: '/contract' }, persistentVolumeReclaimPolicy: 'Retain' },
  },
};

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await holds()) && performance.now() < deadline) await new Promise((done) => setTimeout(done, 50));
}

/** What preparing the storage asks of the server. */
export function describeStorage(world: () => ContractWorld): void {
  it('B-42 takes notes on a class of ours, and lets nobody change what the class is', async () => {
    const { cluster } = world();
    const made = await cluster.create(classObject(STORAGE), never);
    expect(made).toMatchObject({ reclaimPolicy: 'Retain', volumeBindingMode: 'WaitForFirstConsumer' });
    expect(await codeOf(cluster.create(classObject(STORAGE), never))).toBe('cluster.conflict');
    const noted = { ...made, metadata: { ...made.metadata, annotations: { 'a.example/b': '1' } } };
    const after = await cluster.replace(noted, never);
    expect(after.metadata.annotations).toEqual({ 'a.example/b': '1' });
    expect(await codeOf(cluster.replace(noted, never))).toBe('cluster.conflict');
    expect(await codeOf(cluster.replace({ ...after, reclaimPolicy: 'Delete' }, never))).toBe(
      'cluster.invalid',
    );
    await cluster.remove(CLASS, { signal: never });
  });

  it('B-42 lets a volume be told to stay or to go, and removes only the very one that is meant', async () => {
    const { cluster } = world();
    const made = await cluster.create(volume, never);
    // Its controllers may write to it meanwhile: what was read last counts.
    const change = async (policy: string): Promise<string> => {
      const found = (await cluster.get(VOLUME, never)) ?? made;
      const spec = { ...(found['spec'] as object), persistentVolumeReclaimPolicy: policy };
      return codeOf(cluster.replace({ ...found, spec }, never));
    };
    await until(async () => (await change('Delete')) === 'done');
    expect((await cluster.get(VOLUME, never))?.['spec']).toMatchObject({
      persistentVolumeReclaimPolicy: 'Delete',
    });
    await until(async () => (await change('Retain')) === 'done');
    const other = '00000000-0000-4000-8000-000000000000';
    expect(await codeOf(cluster.remove(VOLUME, { signal: never, uid: other }))).toBe('cluster.conflict');
    const { uid = '' } = made.metadata;
    expect((await cluster.get(VOLUME, never))?.metadata.uid).toBe(uid);
    await cluster.remove(VOLUME, { signal: never, uid });
    await until(async () => (await cluster.get(VOLUME, never)) === undefined);
    expect(await cluster.get(VOLUME, never)).toBeUndefined();
    expect(await codeOf(cluster.remove(VOLUME, { signal: never, uid }))).toBe('done');
  });

  it('B-23 takes claim and pod of a trial write once, and finds them by their label', async () => {
    const { cluster } = world();
    const claim = await cluster.create(claimObject(STORAGE, PLACE), never);
    expect(claim['status']).toMatchObject({ phase: 'Pending' });
    const pod = trialObject(STORAGE, { ...PLACE, attempt: 1, image: 'x.example/y:1', program: '0' });
    await cluster.create(pod, never);
    expect(await codeOf(cluster.create(pod, never))).toBe('cluster.conflict');
    const kind = { apiVersion: 'v1', kind: 'Pod' } as const;
    const found = await cluster.list(kind, {
      ...{ signal: never, namespace: PLACE.namespace, labelSelector: PROOF_LABEL },
    });
    expect(found.map(({ metadata }) => metadata.name)).toEqual([pod.metadata.name]);
    const events = { apiVersion: 'v1', kind: 'Event' } as const;
    expect(await cluster.list(events, { signal: never, namespace: PLACE.namespace })).toBeInstanceOf(Array);
    const [one] = found;
    await cluster.remove(
      { ...kind, ...PLACE, name: pod.metadata.name },
      { signal: never, uid: one?.metadata.uid ?? '' },
    );
    const ref = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: PLACE.namespace } as const;
    await cluster.remove({ ...ref, name: claim.metadata.name }, { signal: never });
    await until(async () => (await cluster.get({ ...ref, name: claim.metadata.name }, never)) === undefined);
    expect(await cluster.get({ ...ref, name: claim.metadata.name }, never)).toBeUndefined();
  });
}
