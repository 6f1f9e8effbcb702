import { CONTROL_PLANE_RECORD, STORAGE_VERSION_ANNOTATION } from 'host-service/contract/control-plane.ts';
import { GROUP_VERSION } from 'host-service/contract/names.ts';
import { Problem } from 'host-service/contract/problem.ts';
import { tryCanary } from 'host-service/engine/roll/canary.ts';
import type { Engine } from 'host-service/engine/engine.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { NAMESPACE, offer, RollBox, runningBox } from './roll-world.ts';
import type { Json } from './world/store.ts';

let before: RollBox;
beforeAll(async () => {
  before = await runningBox();
});

/** The program in the newest pod. */
function newest(world: RollBox, fault?: (verb: string) => void): Engine {
  const pod = world.platform.pods().at(-1)?.metadata.name;
  return { ...world.box.engine(fault === undefined ? {} : { fault }), pod };
}

/** A box in the middle of a roll: the new build is there and on probation. */
async function rolling(): Promise<RollBox> {
  const world = before.fork();
  offer(world, '0.2.0', { behaviour: 'never-ready' });
  await world.seconds(6);
  expect(world.deployed()).toBe('0.2.0');
  return world;
}

/** Something in the store as no program of ours would write it. */
function plant(world: RollBox, kind: string, name: string, fields: Json): void {
  world.box.cluster.store.seed({ apiVersion: GROUP_VERSION, kind, metadata: { name }, ...fields });
}

const storedAs = (world: RollBox, version: string): void => {
  const { store } = world.box.cluster;
  const { metadata, ...rest } = world.box.cluster.must('Appliance', 'appliance');
  const annotations = { ...metadata.annotations, [STORAGE_VERSION_ANNOTATION]: version };
  store.replace({ ...rest, metadata: { name: metadata.name, annotations } });
};

describe('the canary', () => {
  it('passes where there is nothing stored, and where everything is as it should be', async () => {
    const empty = new RollBox();
    empty.box.cluster.store.remove({ kind: 'Appliance', name: 'appliance' });
    expect(await tryCanary(empty.box.engine(), empty.box.signal)).toBe('nothing-stored');
    expect(await tryCanary(newest(before), before.box.signal)).toBe('passed');
  });

  it('changes nothing, and asks no registry', async () => {
    const world = await rolling();
    const { store, audit } = world.box.cluster;
    const [version, writes, asked] = [store.version, audit.length, world.box.vendor.registry.asked.length];
    expect(await tryCanary(newest(world), world.box.signal)).toBe('passed');
    expect([store.version, audit.length]).toEqual([version, writes]);
    expect(world.box.vendor.registry.asked).toHaveLength(asked);
  });

  it('replays an operation that is under way', async () => {
    const world = before.fork();
    const slow = world.publish('1.1.0', '0.1.0');
    world.box.vendor.behaviour.set(slow.image, 'slow');
    world.box.request('check-now', 'check-slow-1');
    await world.seconds(8);
    expect(world.box.open()).toBeDefined();
    expect(await tryCanary(newest(world), world.box.signal)).toBe('passed');
  });

  it.each(['2', '77', 'new-form'])(
    'does not pass over a form of storage that is too new: %s',
    async (form) => {
      const world = before.fork();
      storedAs(world, form);
      await expect(tryCanary(newest(world), world.box.signal)).rejects.toMatchObject({
        code: 'roll.storage-too-new',
      });
    },
  );

  it.each<[string, (world: RollBox) => void]>([
    ['a Host', (world) => plant(world, 'Host', 'box', { spec: { images: 7 } })],
    ['the record', (world) => plantRecord(world, '{"schema":"other"}')],
  ])('on probation does not pass over %s that it cannot read', async (_what, spoil) => {
    const world = await rolling();
    spoil(world);
    await expect(tryCanary(newest(world), world.box.signal)).rejects.toMatchObject({
      code: 'roll.objects-unreadable',
    });
    // The build that was good before is not kept from its work by the same object.
    const old = { ...world.box.engine(), pod: world.platform.pods()[0]?.metadata.name };
    expect(await tryCanary(old, world.box.signal)).toBe('passed');
  });

  it('R-16 does not pass for anybody when the wishes themselves cannot be read', async () => {
    const world = before.fork();
    const engine = newest(world);
    const { cluster } = engine.ports;
    const strange: Engine = {
      ...engine,
      ports: {
        ...engine.ports,
        cluster: {
          ...cluster,
          get: async (ref, signal) => {
            const found = await cluster.get(ref, signal);
            return ref.kind === 'Appliance' && found !== undefined
              ? { ...found, spec: { intent: 7 } }
              : found;
          },
        },
      },
    };
    await expect(tryCanary(strange, world.box.signal)).rejects.toMatchObject({
      code: 'roll.objects-unreadable',
    });
  });

  it('B-38 says so when it lacks a right', async () => {
    const engine = newest(before, (verb) => {
      if (verb === 'list') throw new Problem('cluster.forbidden', 'hosts is forbidden');
    });
    await expect(tryCanary(engine, before.box.signal)).rejects.toMatchObject({ code: 'cluster.forbidden' });
  });
});

function plantRecord(world: RollBox, text: string): void {
  world.box.cluster.store.seed({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: CONTROL_PLANE_RECORD, namespace: NAMESPACE },
    data: { 'record.json': text },
  });
}
