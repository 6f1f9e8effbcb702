import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, expectPinned, operations, releases } from './support/facts.ts';
import { ROOT_KUSTOMIZATION, Scene, SOURCE } from './support/scene.ts';
import type { ControlPlane } from './support/control-plane.ts';

const WAIT = 150_000;

/** A box that came with a release and starts where there is no registry; told in order. */
describe('a box that came with a release', () => {
  let scene: Scene;
  let box: ControlPlane;
  let digest = '';
  let sequence: unknown;

  beforeAll(async () => {
    scene = await Scene.open();
    const { vendor, world } = scene;
    await vendor.release('1.0.0');
    const promoted = await vendor.promote('stable', '1.0.0');
    sequence = promoted['sequence'];
    const out = join(world.folder, 'baked');
    const made = await vendor.publish('export', '--release', `${vendor.repository}:stable-v2`, '--out', out);
    digest = String(made['digest']);
    await world.stopComponent('docker-registry');
    box = scene.controlPlane('box', { baked: out });
    await box.start();
  });

  afterAll(async () => {
    await scene?.close();
  });

  it('R-21 takes it while the registry is away, and asks for the answers it needs', async () => {
    const status = await scene.until('it says what is missing', ({ problems }) =>
      problems.some(({ code }) => code === 'plan.settings-missing'),
    );
    expect(status.target?.digest).toBe(digest);
    expect(status.channel?.problem?.code).toBe('registry.connect');
    expect(await scene.world.kube.find(SOURCE)).toBeUndefined();
    const [release] = await releases(scene);
    expect([at(release, 'spec', 'source'), at(release, 'spec', 'signed')]).toEqual(['baked', true]);
    const floor = await scene.get(
      '/api/v1/namespaces/alga-appliance-control-plane/configmaps/appliance-floor',
    );
    expect(JSON.parse(String(at(floor, 'data', 'stable')))).toMatchObject({ sequence, release: { digest } });
  });

  it('R-21 offers it with its plan while a person holds the box', async () => {
    await scene.must('intent', '--hold', '--by', 'installer');
    await scene.answer();
    const status = await scene.until(
      'the plan is shown',
      (now) => now.available?.digest === digest && at(now, 'plan', 'kind') === 'steps',
    );
    expect(status.problems.map(({ code }) => code)).toContain('plan.held');
    expect(at(status, 'plan', 'hosts')).toEqual([scene.world.registry]);
    expect(at(status, 'plan', 'pullBytes')).toBeGreaterThan(0);
    expect(await scene.world.kube.find(SOURCE)).toBeUndefined();
  });

  it('R-21 begins the installation without the registry', async () => {
    await scene.must('intent', '--no-hold', '--by', 'installer');
    // The first step that needs something of the bundle in the cluster; it stays there until the registry is back.
    await scene.until(
      'the delivery waits for the registry',
      ({ operation }) => operation?.step === 'migrate',
    );
    expect(at(await scene.get(ROOT_KUSTOMIZATION), 'status', 'lastAppliedRevision')).toBeUndefined();
  });

  it('completes it by itself as soon as the registry is back', async () => {
    await scene.world.startComponent('docker-registry');
    await scene.running('1.0.0');
    await expectPinned(scene, '1.0.0');
    const outcomes = (await operations(scene)).map((operation) => at(operation, 'status', 'outcome'));
    expect(outcomes.at(-1)).toBe('succeeded');
  }, 300_000);

  it('B-53 keeps the newer release through a restart while the registry is away', async () => {
    await scene.vendor.release('1.1.0');
    await scene.vendor.promote('stable', '1.1.0');
    await scene.until('1.1.0 is offered', ({ available }) => available?.version === '1.1.0', WAIT);
    await scene.must('approve', '1.1.0', '--by', 'ada');
    await scene.running('1.1.0');
    const before = await operations(scene);
    const source = await scene.get(SOURCE);
    await scene.world.stopComponent('docker-registry');
    const asked = (await scene.status())?.channel?.checkedAt;
    await box.kill();
    await box.start();
    const status = await scene.until(
      'it has asked again in vain',
      ({ channel }) => channel?.checkedAt !== asked && channel?.problem?.code === 'registry.connect',
    );
    expect(status.running?.version).toBe('1.1.0');
    const later = await scene.get(SOURCE);
    expect([later.metadata.generation, at(later, 'spec', 'ref')]).toEqual([
      source.metadata.generation,
      at(source, 'spec', 'ref'),
    ]);
    expect(await operations(scene)).toHaveLength(before.length);
  }, 300_000);
});
