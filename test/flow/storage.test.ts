import { PROOF_ANNOTATION, PROOF_LABEL } from 'host-service/core/storage/facts.ts';
import { PATIENCE } from 'host-service/engine/engine.ts';
import type { KubeObject } from 'host-service/engine/ports.ts';
import { describe, expect, it } from 'vitest';
import { makeProduct } from '../fixtures/documents.ts';
import { Box, PRODUCT } from './world/box.ts';
import { STORAGE, StorageWorld, type StorageFault } from './world/storage.ts';
import type { Json } from './world/store.ts';

/** A box with a disk, and a release for it. */
function boxWith(fault: StorageFault = 'none', drivers: readonly string[] = ['kube-system']): Box {
  const box = new Box();
  box.product = { ...PRODUCT, storage: STORAGE };
  box.storage = new StorageWorld();
  box.storage.fault = fault;
  box.storage.drivers = drivers;
  // One try, so that what it says can be looked at.
  box.patience = { ...PATIENCE, retries: 1 };
  box.vendor.publish('1.0.0');
  return box;
}

/** Names of all that a trial write has made and that is still there. */
function left({ cluster: { store } }: Box): readonly string[] {
  return [
    ...store.list('PersistentVolumeClaim'),
    ...store.list('PersistentVolume'),
    ...store.list('Pod').filter(({ metadata }) => metadata.labels?.[PROOF_LABEL] !== undefined),
  ].map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

const stepOf = (box: Box, at = 0) =>
  box.operations()[at]?.status?.steps.find(({ kind }) => kind === 'prepare-storage');
const classOf = (box: Box) => box.cluster.must('StorageClass', STORAGE.class);

function seedClass(box: Box, name: string, over: Json = {}, annotations: Record<string, string> = {}): void {
  box.cluster.store.seed({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name, annotations },
    provisioner: STORAGE.provisioner,
    reclaimPolicy: 'Retain',
    volumeBindingMode: 'WaitForFirstConsumer',
    ...over,
  });
}

function seedVolume(box: Box, name: string, namespace: string, policy: string): void {
  const place = { name: `claim-${name}`, namespace };
  const status = { phase: 'Bound' };
  const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: place, status };
  const { uid } = box.cluster.store.seed(claim).metadata;
  const claimRef = { kind: 'PersistentVolumeClaim', ...place, uid };
  box.cluster.store.seed({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: { claimRef, persistentVolumeReclaimPolicy: policy, capacity: { storage: '1Gi' } },
  });
}

const DEFAULT = { 'storageclass.kubernetes.io/is-default-class': 'true' };

describe('prepare-storage: a box whose storage is as it should be', () => {
  it('B-23 writes as the user and into the folder of the database, and B-41 leaves nothing of it', async () => {
    const box = boxWith();
    const status = await box.run();
    expect(status.phase).toBe('running');
    expect(box.outcomes()).toEqual(['install 1.0.0 succeeded']);
    expect(stepOf(box)?.state).toBe('done');
    expect(stepOf(box)?.evidence).toContain('user 70 wrote to pgdata and read it back in 12 ms');
    expect(left(box)).toEqual([]);
    expect(classOf(box)).toMatchObject({ reclaimPolicy: 'Retain', provisioner: STORAGE.provisioner });
  });

  it('does not write again for an update: one look, and the step is done', async () => {
    const box = boxWith();
    await box.run();
    const before = box.cluster.audit.length;
    const next = box.vendor.publish('1.1.0');
    box.intent({ approvedRelease: next.digest });
    await box.run();
    expect(box.outcomes()).toContain('update 1.1.0 succeeded');
    const touched = box.cluster.audit.slice(before).map(({ key }) => key.split(' ')[0]);
    for (const kind of ['StorageClass', 'PersistentVolumeClaim', 'PersistentVolume', 'Pod'])
      expect(touched).not.toContain(kind);
  });

  it('proves it anew when another driver has taken over', async () => {
    const box = boxWith();
    await box.run();
    const [first] = [classOf(box).metadata.annotations?.[PROOF_ANNOTATION]];
    const driver = box.cluster.must('Deployment', 'local-path-provisioner', 'kube-system');
    const text = JSON.stringify(driver).replace('v0.0.31', 'v0.0.32');
    box.cluster.store.remove({
      kind: 'Deployment',
      namespace: 'kube-system',
      name: 'local-path-provisioner',
    });
    box.cluster.store.seed(JSON.parse(text) as KubeObject);
    const next = box.vendor.publish('1.1.0');
    box.intent({ approvedRelease: next.digest });
    await box.run();
    expect(box.outcomes()).toContain('update 1.1.0 succeeded');
    expect(classOf(box).metadata.annotations?.[PROOF_ANNOTATION]).not.toBe(first);
    expect(left(box)).toEqual([]);
  });

  it('has no such step where the product says nothing of storage', async () => {
    const box = boxWith();
    box.product = makeProduct({ namespaces: [{ name: 'alga-system' }, { name: 'msp' }] });
    await box.run();
    expect(box.operations()[0]?.spec.steps).not.toContain('prepare-storage');
    expect(box.cluster.store.list('StorageClass')).toEqual([]);
  });
});

describe('prepare-storage: data that would go with its claim', () => {
  it('B-42 is kept: volumes of the product are told so, those of others are left alone', async () => {
    const box = boxWith();
    seedVolume(box, 'database', 'msp', 'Delete');
    seedVolume(box, 'foreign', 'elsewhere', 'Delete');
    await box.run();
    const policyOf = (name: string) => box.cluster.must('PersistentVolume', name)['spec'];
    expect(policyOf('database')).toMatchObject({
      persistentVolumeReclaimPolicy: 'Retain',
      capacity: { storage: '1Gi' },
    });
    expect(policyOf('foreign')).toMatchObject({ persistentVolumeReclaimPolicy: 'Delete' });
    expect(box.outcomes()).toEqual(['install 1.0.0 succeeded']);
  });

  it('B-42 is a reason to stop where the class itself deletes it, and nothing is deleted', async () => {
    const box = boxWith();
    seedClass(box, STORAGE.class, { reclaimPolicy: 'Delete' });
    await box.run();
    expect(box.operations()[0]?.status?.problem).toMatchObject({
      code: 'storage.class-unfit',
      detail: 'kept-data: reclaim policy Delete instead of Retain',
    });
    expect(classOf(box)).toMatchObject({ reclaimPolicy: 'Delete' });
    expect(box.cluster.audit.map(({ verb, key }) => `${verb} ${key}`)).not.toContain(
      `remove StorageClass /${STORAGE.class}`,
    );
  });
});

describe('prepare-storage: who provides it', () => {
  it('B-41 stops when two programs act on the same storage, and names both', async () => {
    const box = boxWith('none', ['kube-system', 'local-path-storage']);
    box.storage?.tick(box.cluster);
    const status = await box.run();
    expect(box.operations()[0]?.status?.problem).toMatchObject({
      code: 'storage.two-drivers',
      detail:
        'both act on the same storage: kube-system/local-path-provisioner and local-path-storage/local-path-provisioner',
    });
    expect(status.problems.map(({ code }) => code)).toContain('storage.two-drivers');
    expect(left(box)).toEqual([]);
    expect(box.cluster.store.list('OCIRepository')).toEqual([]);
  });

  it('goes on by itself once one of the two is gone, and blames no release', async () => {
    const box = boxWith('none', ['kube-system', 'local-path-storage']);
    box.patience = PATIENCE;
    box.storage?.tick(box.cluster);
    await box.run();
    const [failed] = box.operations();
    expect(failed?.status?.problem?.code).toBe('storage.two-drivers');
    expect(box.release(failed?.spec.to.digest ?? '')?.status?.quarantine).toBeUndefined();
    if (box.storage !== undefined) box.storage.drivers = ['kube-system'];
    box.cluster.store.remove({
      kind: 'Deployment',
      namespace: 'local-path-storage',
      name: 'local-path-provisioner',
    });
    box.clock.advance(PATIENCE.retryMs + 1_000);
    const status = await box.run();
    expect(status.phase).toBe('running');
    expect(box.outcomes()).toContain('install 1.0.0 succeeded');
  });

  it('B-41 stops when two want to be taken by default', async () => {
    const box = boxWith();
    seedClass(box, 'one', { reclaimPolicy: 'Delete' }, DEFAULT);
    seedClass(box, 'two', {}, DEFAULT);
    await box.run();
    expect(box.operations()[0]?.status?.problem).toMatchObject({
      code: 'storage.two-defaults',
      detail: 'each is the default: one and two',
    });
  });

  it('waits for the program, and says that nothing provides storage when it does not come', async () => {
    const box = boxWith('none', []);
    box.patience = { ...box.patience, storageMs: 20_000 };
    await box.run();
    expect(box.operations()[0]?.status?.problem).toMatchObject({
      code: 'storage.no-driver',
      detail: 'it is not installed',
    });
  });
});

describe('prepare-storage: a trial write that fails', () => {
  it.each([
    ['pending', 'storage.claim-pending', 'ProvisioningFailed: create process timeout after 120 seconds'],
    ['sub-path', 'storage.mount-failed', 'failed to create subPath directory for volumeMount'],
    ['denied', 'storage.write-denied', 'user 70, making a folder: EACCES: permission denied'],
    ['full', 'storage.write-failed', 'ENOSPC: no space left on device'],
    ['image', 'storage.proof-stopped', 'no such image'],
  ] as const)('B-23 says why (%s: %s) and leaves nothing behind', async (fault, code, detail) => {
    const box = boxWith(fault);
    box.patience = { ...box.patience, storageMs: 20_000 };
    const status = await box.run();
    const [operation] = box.operations();
    expect(operation?.status?.problem?.code).toBe(code);
    expect(operation?.status?.problem?.detail).toContain(detail);
    expect(status.problems.map((problem) => problem.code)).toContain(code);
    expect(left(box)).toEqual([]);
    expect(box.cluster.store.list('OCIRepository')).toEqual([]);
    expect(box.release(operation?.spec.to.digest ?? '')?.status?.quarantine).toBeUndefined();
  });

  it('R-01 says at each moment what it waits for', async () => {
    const box = boxWith('pending');
    const engine = box.engine();
    const said = new Set<string>();
    for (let round = 0; round < 12; round += 1) {
      await box.tryCycle(engine);
      box.platform.tick();
      box.storage?.tick(box.cluster);
      box.clock.advance(1_100);
      said.add(stepOf(box)?.now ?? '');
    }
    expect([...said]).toContain('Asked for 16Mi of storage for a trial write');
    expect([...said]).toContain('Waiting until there is room for the trial write');
    expect(stepOf(box)?.evidence).toBe('ProvisioningFailed: create process timeout after 120 seconds');
  });

  it('B-43 is tried anew after the machine has ended it without a word', async () => {
    const box = boxWith('power');
    await box.run();
    expect(box.outcomes()).toEqual(['install 1.0.0 succeeded']);
    expect(left(box)).toEqual([]);
  });

  it('is tried anew by the next operation, although the last one has failed', async () => {
    const box = boxWith('denied');
    await box.run();
    if (box.storage !== undefined) box.storage.fault = 'none';
    box.request('retry', 'request-1');
    await box.run();
    expect(box.outcomes()).toContain('install 1.0.0 succeeded');
  });

  it('takes away a volume that its driver leaves behind, and only that one', async () => {
    const box = boxWith('sticky');
    box.patience = { ...box.patience, storageMs: 20_000 };
    seedVolume(box, 'database', 'msp', 'Retain');
    await box.run();
    expect(box.outcomes()).toEqual(['install 1.0.0 succeeded']);
    expect(box.cluster.store.list('PersistentVolume').map(({ metadata }) => metadata.name)).toEqual([
      'database',
    ]);
  });
});
