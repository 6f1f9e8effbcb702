import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlPlane } from '../cluster/support/control-plane.ts';
import { expectPinned, helmRevisions, operations } from '../cluster/support/facts.ts';
import type { Scene } from '../cluster/support/scene.ts';
import { openEmbeddedScene, type EmbeddedScene } from '../world/scene-world.ts';

const DEADLINE_MS = 60_000;

/** The main job in the embedded world, with the real publisher and the real control plane as a process: each test goes on where the one before ended. */
describe('a channel becomes a running, verified release in the embedded world', { timeout: 90_000 }, () => {
  let scene: Scene;
  let world: EmbeddedScene['world'];
  let box: ControlPlane;

  beforeAll(async () => {
    ({ scene, world } = await openEmbeddedScene());
    await scene.vendor.release('1.0.0');
    await scene.vendor.promote('stable', '1.0.0');
    box = scene.controlPlane('box');
    await box.start();
  }, DEADLINE_MS);

  afterAll(async () => {
    await scene?.close();
  });

  it('B-07 installs the release that the channel names, pinned by digest, with one helm revision for each package, and people can sign in', async () => {
    await scene.until(
      'it says what is missing',
      ({ problems }) => problems.some(({ code }) => code === 'plan.settings-missing'),
      DEADLINE_MS,
    );
    await scene.answer();
    await scene.running('1.0.0');
    await expectPinned(scene, '1.0.0');
    expect(Object.values(await helmRevisions(scene))).toEqual([1, 1, 1, 1, 1, 1]);
    // B-07: the first administrator has signed in once before it was said to be done.
    expect(world.platform.accounts.signIns).toBe(1);
  });

  it('shows the next release, waits for approval, then rolls it', async () => {
    await scene.vendor.release('1.1.0');
    await scene.vendor.promote('stable', '1.1.0');
    await scene.until('1.1.0 is offered', ({ available }) => available?.version === '1.1.0', DEADLINE_MS);
    await scene.must('approve', '1.1.0', '--by', 'ada', '--reason', 'maintenance window');
    await scene.running('1.1.0');
    await expectPinned(scene, '1.1.0');
    expect(Object.values(await helmRevisions(scene))).toEqual([2, 2, 2, 2, 2, 2]);
    expect(world.platform.accounts.signIns).toBe(1);
  });

  it('R-09 R-11 R-13 comes back from a bad release by itself and keeps the reason', async () => {
    const bad = await scene.vendor.release('1.2.0');
    await scene.vendor.promote('stable', '1.2.0');
    await scene.until('1.2.0 is offered', ({ available }) => available?.version === '1.2.0', DEADLINE_MS);
    await scene.must('approve', '1.2.0', '--by', 'ada');
    const status = await scene.until(
      'back at 1.1.0',
      ({ phase, running, quarantined }) =>
        phase === 'running' && running?.version === '1.1.0' && quarantined.length === 1,
      DEADLINE_MS,
    );
    expect(status.quarantined[0]).toMatchObject({
      digest: bad.digest,
      reason: { code: 'observe.probe-failed' },
    });
    await expectPinned(scene, '1.1.0');
    expect((await operations(scene)).length).toBeGreaterThan(2);
  });
});
