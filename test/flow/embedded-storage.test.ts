import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROOF_LABEL } from 'host-service/core/storage/facts.ts';
import type { ControlPlane } from '../cluster/support/control-plane.ts';
import { operations } from '../cluster/support/facts.ts';
import type { Scene } from '../cluster/support/scene.ts';
import { listAt, textAt } from '../world/platform/fields.ts';
import { openEmbeddedScene } from '../world/scene-world.ts';
import type { EmbeddedWorld } from '../world/world.ts';

const DEADLINE_MS = 60_000;
const OWN = '/api/v1/namespaces/alga-appliance-control-plane';

/** The step in the embedded world, with the real publisher and the real control plane as a process: each test goes on where the one before ended. */
describe('storage in the embedded world', { timeout: 90_000 }, () => {
  let scene: Scene;
  let world: EmbeddedWorld;
  let box: ControlPlane;

  beforeAll(async () => {
    ({ scene, world } = await openEmbeddedScene());
    await scene.vendor.release('1.0.0');
    await scene.vendor.promote('stable', '1.0.0');
    world.platform.setFault({ kind: 'storage', how: 'denied' });
    box = scene.controlPlane('box');
    await box.start();
  }, DEADLINE_MS);

  afterAll(async () => {
    await scene?.close();
  });

  /** What is there of a trial write. */
  const left = async (): Promise<readonly string[]> => {
    const { kube } = scene.world;
    const [claims, pods, volumes] = await Promise.all([
      kube.list(`${OWN}/persistentvolumeclaims`),
      kube.list(`${OWN}/pods?labelSelector=${encodeURIComponent(PROOF_LABEL)}`),
      kube.list('/api/v1/persistentvolumes'),
    ]);
    const ours = volumes.filter((one) => OWN.endsWith(textAt(one, 'spec', 'claimRef', 'namespace')));
    return [...claims, ...pods, ...ours].map(({ metadata }) => metadata.name);
  };

  it('B-23 stops an installation whose database could not write, before anything is fetched, and leaves nothing', async () => {
    await scene.until(
      'it says what is missing',
      ({ problems }) => problems.some(({ code }) => code === 'plan.settings-missing'),
      DEADLINE_MS,
    );
    await scene.answer();
    const { problems } = await scene.until(
      'it says that the disk cannot be written',
      (status) => status.problems.some(({ code }) => code === 'storage.write-denied'),
      DEADLINE_MS,
    );
    expect(problems.find(({ code }) => code === 'storage.write-denied')?.detail).toContain(
      'user 999, making a folder: EACCES',
    );
    expect(await left()).toEqual([]);
  });

  it('B-41 B-42 goes on once the disk can be written: the class keeps data, and nothing of the trial is left', async () => {
    world.platform.setFault({ kind: 'none' });
    await scene.must('retry');
    await scene.running('1.0.0');
    expect(await left()).toEqual([]);
    const own = await scene.world.kube.get('/apis/storage.k8s.io/v1/storageclasses/alga-appliance-data');
    expect(own).toMatchObject({ reclaimPolicy: 'Retain', volumeBindingMode: 'WaitForFirstConsumer' });
    const last = (await operations(scene)).at(-1);
    const step = listAt(last, 'status', 'steps').find((one) => textAt(one, 'kind') === 'prepare-storage');
    expect(step).toMatchObject({ state: 'done' });
    expect(textAt(step, 'evidence')).toContain('provided by kube-system/local-path-provisioner');
  });
});
