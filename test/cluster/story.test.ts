import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlPlane } from './support/control-plane.ts';
import { GROUP, HELM_RELEASES, ROOT_KUSTOMIZATION, Scene, SOURCE } from './support/scene.ts';
import { at, expectPinned, helmRevisions, operations, releases } from './support/facts.ts';

/** The main job on real parts, told in order: each test goes on where the one before ended. */
describe('a channel becomes a running, verified release', () => {
  let scene: Scene;
  let box: ControlPlane;

  beforeAll(async () => {
    scene = await Scene.open();
    await scene.vendor.release('1.0.0');
    await scene.vendor.promote('stable', '1.0.0');
    box = scene.controlPlane('box');
    await box.start();
  });

  afterAll(async () => {
    await scene?.close();
  });

  it('asks for the answers it needs before it touches anything', async () => {
    const status = await scene.until('it says what is missing', ({ problems }) =>
      problems.some(({ code }) => code === 'plan.settings-missing'),
    );
    expect(status.phase).not.toBe('running');
    expect(await scene.world.kube.find(SOURCE)).toBeUndefined();
  });

  it('installs the release that the channel names, pinned by digest, Ready at exactly that digest', async () => {
    await scene.answer();
    const status = await scene.running('1.0.0');
    expect(status.running?.signed).toBe(true);
    await expectPinned(scene, '1.0.0');
    expect(await helmRevisions(scene)).toEqual({
      'alga-core': 1,
      pgbouncer: 1,
      temporal: 1,
      'email-service': 1,
      'workflow-worker': 1,
      'temporal-worker': 1,
    });
  });

  it('R-13 says in the journal which pods run which digests', async () => {
    const [install] = await operations(scene);
    expect(at(install, 'status', 'outcome')).toBe('succeeded');
    const steps = at(install, 'status', 'steps') as readonly { kind: string; evidence?: string }[];
    const evidence = steps.find(({ kind }) => kind === 'confirm')?.evidence ?? '';
    expect(evidence).toMatch(/alga-core-sebastian/);
    expect(evidence).toMatch(/[a-f0-9]{12}/);
  });

  it('shows the next release, waits for approval, then rolls it with one helm revision per changed release', async () => {
    await scene.vendor.release('1.1.0');
    await scene.vendor.promote('stable', '1.1.0');
    const offered = await scene.until('1.1.0 is offered', ({ available }) => available?.version === '1.1.0');
    expect(offered.running?.version).toBe('1.0.0');
    await scene.must('approve', '1.1.0', '--by', 'ada', '--reason', 'maintenance window');
    await scene.running('1.1.0');
    await expectPinned(scene, '1.1.0');
    const revisions = await helmRevisions(scene);
    expect(Object.values(revisions).every((revision) => revision === 2)).toBe(true);
  });

  it('R-09 R-11 R-13 comes back from a bad release by itself, keeps the reason and does not try it again', async () => {
    const bad = await scene.vendor.release('1.2.0');
    await scene.vendor.promote('stable', '1.2.0');
    await scene.until('1.2.0 is offered', ({ available }) => available?.version === '1.2.0');
    await scene.must('approve', '1.2.0', '--by', 'ada');
    const status = await scene.until(
      'back at 1.1.0',
      ({ phase, running, quarantined }) =>
        phase === 'running' && running?.version === '1.1.0' && quarantined.length === 1,
      150_000,
    );
    expect(status.quarantined[0]).toMatchObject({
      digest: bad.digest,
      reason: { code: 'observe.probe-failed' },
    });
    expect(status.trace.find(({ rule }) => rule === 'quarantine')?.verdict).not.toBe('pass');
    await expectPinned(scene, '1.1.0');
    const tries = (await operations(scene)).filter(
      (operation) => at(operation, 'spec', 'to', 'version') === '1.2.0',
    );
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const later = (await operations(scene)).filter(
      (operation) => at(operation, 'spec', 'to', 'version') === '1.2.0',
    );
    expect([tries.length, later.length]).toEqual([1, 1]);
  });

  it('B-52 offers a newer good release afterwards', async () => {
    await scene.vendor.release('1.2.1', { reversible: ['>=1.0.0'], notes: 'Fixed.' });
    await scene.vendor.promote('stable', '1.2.1');
    await scene.until('1.2.1 is offered', ({ available }) => available?.version === '1.2.1');
    await scene.must('approve', '1.2.1', '--by', 'ada');
    await scene.running('1.2.1');
    await expectPinned(scene, '1.2.1');
  });

  it('stops at a bad release without a way back, keeps what runs and says why', async () => {
    const bad = await scene.vendor.release('1.3.0');
    await scene.vendor.promote('stable', '1.3.0');
    await scene.until(
      '1.3.0 is offered',
      ({ problems, available }) =>
        available?.version === '1.3.0' || problems.some(({ code }) => code === 'plan.irreversible'),
    );
    await scene.must('approve', '1.3.0', '--irreversible', '--by', 'ada');
    const status = await scene.until(
      'it says that there is no way back',
      ({ problems }) => problems.some(({ code }) => code === 'plan.no-way-back'),
      150_000,
    );
    expect(status.running?.version).toBe('1.3.0');
    expect(status.lastGood?.version).toBe('1.2.1');
    expect(status.quarantined.map(({ digest }) => digest)).toContain(bad.digest);
    expect(at(await scene.get(SOURCE), 'metadata', 'annotations')).toMatchObject({
      'appliance.nineminds.com/release': bad.digest,
    });
  });

  it('R-18 a verb that is refused changes nothing', async () => {
    const before = [await scene.get(SOURCE), await scene.get(ROOT_KUSTOMIZATION)].map(
      ({ metadata }) => metadata.generation,
    );
    const ran = await scene.appliance('approve', '9.9.9', '--by', 'ada', '--json');
    expect(ran.code).toBe(3);
    const after = [await scene.get(SOURCE), await scene.get(ROOT_KUSTOMIZATION)].map(
      ({ metadata }) => metadata.generation,
    );
    expect(after).toEqual(before);
    expect(await releases(scene)).toHaveLength(5);
    expect((await scene.world.kube.list(HELM_RELEASES)).length).toBe(6);
    expect((await scene.world.kube.list(`${GROUP}/appliances`)).length).toBe(1);
  });
});
