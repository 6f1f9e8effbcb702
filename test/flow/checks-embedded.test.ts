import { ChecksView } from 'host-service/contract/api/checks.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlPlane } from '../cluster/support/control-plane.ts';
import type { Scene } from '../cluster/support/scene.ts';
import { openEmbeddedScene } from '../world/scene-world.ts';

const DEADLINE_MS = 90_000;

/** The whole way with real programs: a host that goes to a real registry, a control plane, and a person at a terminal. */
describe('the checks of a box in the embedded world', { timeout: 180_000 }, () => {
  let scene: Scene;
  let box: ControlPlane;

  beforeAll(async () => {
    const opened = await openEmbeddedScene();
    ({ scene } = opened);
    opened.world.platform.setHostFacts({ cpus: 1 });
    await scene.vendor.release('1.0.0');
    await scene.vendor.promote('stable', '1.0.0');
    box = scene.controlPlane('box');
    await box.start();
  }, DEADLINE_MS);
  afterAll(async () => {
    await scene?.close();
  });

  const checks = async (...argv: readonly string[]): Promise<ChecksView> =>
    ChecksView.parse(JSON.parse(await scene.must('checks', ...argv, '--json')));
  const stateOf = (view: ChecksView, id: string): string | undefined =>
    view.checks.find((one) => one.id === id)?.state;

  it('keep the first installation from beginning, measure again when asked, and let a person take the risk', async () => {
    await scene.until('it says what is missing', ({ problems }) => problems.length > 0, DEADLINE_MS);
    await scene.answer();
    const held = await scene.until(
      'a check holds it up',
      ({ problems }) => problems.some(({ code }) => code === 'plan.checks-failed'),
      DEADLINE_MS,
    );
    expect(held.operation).toBeUndefined();
    const measured = await checks('run');
    expect([measured.measuring, measured.mayInstall]).toEqual([false, false]);
    expect([stateOf(measured, 'registry.http'), stateOf(measured, 'machine.memory')]).toEqual([
      'passed',
      'passed',
    ]);
    const failed = measured.checks.filter(({ state }) => state === 'failed').map(({ id }) => id);
    expect(failed).toEqual(['machine.cpu']);
    expect((await checks('accept', 'machine.cpu', '--reason', 'a trial', '--by', 'ada')).mayInstall).toBe(
      true,
    );
    await scene.running('1.0.0');
  });
});
