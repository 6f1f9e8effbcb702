import type { BakedControlPlane } from 'host-service/engine/guard/ports.ts';
import { describe, expect, it } from 'vitest';
import { pass, RunningGuard } from './guard-running.ts';
import { BAKED, buildOf, deploymentOf, GuardWorld, NEW, OLD } from './guard-world.ts';
import type { Digest } from 'host-service/contract/names.ts';

const carrying = (of: Digest): BakedControlPlane => ({ build: buildOf(of), objects: [deploymentOf(of)] });

/** Guards of these hosts, one after another, each as it was started with what lies on it; which build is known as baked then. */
async function known(world: GuardWorld, hosts: readonly (readonly [node: string, of: Digest])[]) {
  for (const [node, of] of hosts) {
    const guard = new RunningGuard(world, node, { baked: carrying(of) });
    await pass(world, 30_000);
    await guard.stop(world);
  }
  const { version, node } = (await world.record()).baked ?? {};
  return [version, node];
}

describe('what is known as baked (R-17)', () => {
  it.each([
    ['is what lies on the box first', [['box', OLD]], ['1.0.0', 'box']],
    [
      'follows the box to a newer build',
      [
        ['box', OLD],
        ['box', NEW],
      ],
      ['1.1.0', 'box'],
    ],
    [
      'follows the box to an older one, because that is what it carries',
      [
        ['box', OLD],
        ['box', BAKED],
      ],
      ['0.9.0', 'box'],
    ],
    [
      'is the newest of several hosts',
      [
        ['one', OLD],
        ['two', NEW],
      ],
      ['1.1.0', 'two'],
    ],
    [
      'is not lowered by another host',
      [
        ['one', OLD],
        ['two', BAKED],
      ],
      ['1.0.0', 'one'],
    ],
  ] as const)('%s', async (_, hosts, expected) => {
    const world = new GuardWorld();
    world.deploy(OLD);
    await pass(world, 5_000);
    expect(await known(world, hosts)).toEqual(expected);
  });

  it('is written once, not at each look', async () => {
    const world = new GuardWorld();
    world.deploy(OLD);
    await pass(world, 5_000);
    const guards = ['one', 'two'].map((node) => new RunningGuard(world, node, { baked: carrying(BAKED) }));
    await pass(world, 120_000);
    for (const guard of guards) await guard.stop(world);
    const writes = world.cluster.audit.filter(({ key }) => key.includes('appliance-control-plane-record'));
    expect(writes).toHaveLength(1);
  });
});
