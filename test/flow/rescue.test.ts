import { guardMeanwhile, type RescueOptions } from 'host-service/cli/control-plane/rescue.ts';
import { createRollForward } from 'host-service/cli/control-plane/roll-forward.ts';
import type { RollOutcome } from 'host-service/cli/control-plane/roll-judge.ts';
import { CONTROL_PLANE_NAME } from 'host-service/contract/control-plane.ts';
import { recordOf } from 'host-service/core/json.ts';
import type { LeaseRecord } from 'host-service/engine/ports.ts';
import { fence } from 'host-service/engine/lead/fence.ts';
import type { BakedControlPlane } from 'host-service/engine/guard/ports.ts';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import { breathe } from './guard-running.ts';
import { cpDigest, NAMESPACE, offer, partsFor, runningBox, type RollBox } from './roll-world.ts';
import { WorldLease } from './world/lease.ts';

let before: RollBox;
beforeAll(async () => {
  before = await runningBox();
});

const CONFIG = `schema: appliance.config/v1
kubernetes: in-cluster
product: product.yaml
trust: trust.yaml
`;

/** The box with the files of its pods, and every program of 0.1.0 ending at once: nobody leads. */
function broken(): RollBox {
  const world = before.fork();
  const { store } = world.box.cluster;
  for (const object of partsFor('1.0.0').settings) store.apply(object, 'appliance');
  const data = { 'config.yaml': CONFIG, 'product.yaml': 'x', 'trust.yaml': 'x' };
  const metadata = { name: 'appliance-trust', namespace: NAMESPACE };
  store.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data }, 'boot');
  world.platform.behaviour.set(cpDigest('0.1.0'), 'crash');
  for (const { metadata: pod } of world.platform.pods())
    store.remove({ kind: 'Pod', namespace: NAMESPACE, name: pod.name });
  return world;
}

interface Ran {
  readonly outcome: RollOutcome | undefined;
  readonly holders: readonly string[];
}

/** The start of the box, for so many seconds of its time; the holders of the control plane's Lease meanwhile. */
async function start(world: RollBox, seconds: number, baked?: BakedControlPlane): Promise<Ran> {
  const { clock } = world.box;
  const leases = new Map<string, WorldLease>();
  const of = (name: string): WorldLease => {
    const found = leases.get(name) ?? new WorldLease();
    leases.set(name, found);
    return found;
  };
  const holders: string[] = [];
  const lease = {
    read: (name: string, namespace: string, until: AbortSignal) =>
      of(name).store('b').read(name, namespace, until),
    write: (record: LeaseRecord, until: AbortSignal) => {
      if (record.name === CONTROL_PLANE_NAME) holders.push(record.holder);
      return of(record.name).store('b').write(record, until);
    },
  };
  const { port } = world.box.cluster.client({ by: 'boot' });
  const cluster = { ...port, lease, close: () => Promise.resolve() } as RescueOptions['cluster'];
  const forward = createRollForward({
    ...{ cluster, namespace: NAMESPACE, clock: clock.port, identity: 'boot/box', config: undefined },
    make: (_, __, lead) => {
      const engine = world.box.engine();
      const ports = {
        ...engine.ports,
        cluster: fence(engine.ports.cluster, lead?.mayWrite ?? (() => false)),
      };
      return { engine: { ...engine, ports }, close: () => Promise.resolve() };
    },
  });
  const stop = new AbortController();
  const ended: { outcome?: RollOutcome | undefined; isOver: boolean } = { isOver: false };
  const options = { ...{ cluster, namespace: NAMESPACE, clock: clock.port, forward }, baked: () => baked };
  const done = guardMeanwhile({ ...options, actor: 'boot', node: 'box' }, stop.signal).then((outcome) => {
    Object.assign(ended, { outcome, isOver: true });
  });
  for (let passed = 0; passed < seconds && !ended.isOver; passed += 1) {
    await breathe();
    // The programs of the pods are not run here: nobody but the command acts.
    world.box.platform.tick();
    world.platform.tick();
    clock.advance(1_000);
  }
  stop.abort();
  for (let turn = 0; turn < 20 && !ended.isOver; turn += 1) {
    await breathe();
    clock.advance(1_000);
  }
  await done;
  await forward.close();
  return { outcome: ended.outcome, holders };
}

describe('the start of a box whose control plane does not work and has no way back', () => {
  // The vendor is the same for all of these boxes: later it has more.
  it('touches nothing where nothing newer is known', async () => {
    const world = broken();
    const { generation } = world.deployment().metadata;
    const { outcome } = await start(world, 110);
    expect(outcome).toBeUndefined();
    expect(world.deployment().metadata.generation).toBe(generation);
  });

  it('R-17 goes on to the one that the channel names, as holder of the Lease, and hands it over', async () => {
    const world = broken();
    const next = offer(world, '0.2.0');
    const { outcome, holders } = await start(world, 110);
    expect(outcome).toMatchObject({ kind: 'rolled', version: '0.2.0', before: '0.1.0' });
    expect(world.deployed()).toBe('0.2.0');
    expect(new Set(holders)).toEqual(new Set(['boot/box', '']));
    expect(holders.at(-1)).toBe('');
    expect(world.box.release(next.digest)).toBeDefined();
    expect(world.outcomes()).toEqual(['0.2.0 running']);
    // From here on it is the new one's own business.
    await world.settle();
    expect(world.outcomes()).toEqual(['0.2.0 succeeded']);
    expect(world.record().lastGood?.version).toBe('0.2.0');
    expect((await readdir(tmpdir())).filter((name) => name.startsWith('appliance-files-'))).toEqual([]);
  });

  it('R-09 takes none that was given up here, and says so', async () => {
    const world = broken();
    offer(world, '0.2.0', { behaviour: 'crash' });
    const first = await start(world, 200);
    expect(first.outcome).toMatchObject({ kind: 'rolled-back', problem: { code: 'roll.crashed' } });
    expect(world.record().failed).toMatchObject([{ version: '0.2.0', quarantined: true }]);
    const { generation } = world.deployment().metadata;
    const again = await start(world, 110);
    expect(again.outcome?.kind).not.toBe('rolled');
    expect(world.deployed()).toBe('0.1.0');
    expect(world.deployment().metadata.generation).toBe(generation);
  });

  it.each([
    ['of an unknown kind', { labels: {} }, 'refused', 'roll.not-accepted'],
    ['for another processor', { architectures: ['arm64'] }, 'refused', 'roll.wrong-architecture'],
  ] as const)('B-53 takes no image %s, and touches nothing', async (_, image, kind, code) => {
    const world = broken();
    const { generation } = world.deployment().metadata;
    offer(world, '0.3.0', { ...image, digest: cpDigest(`0.3.0 ${code}`) });
    const { outcome } = await start(world, 60);
    expect(outcome).toMatchObject({ kind, problem: { code }, wanted: { version: '0.3.0' } });
    expect(world.deployment().metadata.generation).toBe(generation);
  });

  it('leaves it to the person who holds updates', async () => {
    const world = broken();
    world.box.edit((spec) => ({ ...spec, intent: { ...recordOf(spec['intent']), hold: true } }));
    offer(world, '0.2.0');
    const { generation } = world.deployment().metadata;
    const { outcome } = await start(world, 110);
    expect(outcome?.kind).not.toBe('rolled');
    expect(world.deployment().metadata.generation).toBe(generation);
  });

  it('goes on once the registry that was away is back', async () => {
    const world = broken();
    offer(world, '0.2.0');
    world.box.vendor.registry.away = { code: 'registry.connect', detail: 'no route' };
    await start(world, 110);
    expect(world.deployed()).toBe('0.1.0');
    world.box.vendor.registry.away = undefined;
    expect((await start(world, 110)).outcome).toMatchObject({ kind: 'rolled', version: '0.2.0' });
  });
});

describe('the start of a box without any control plane', () => {
  it('R-17 makes the one that came with it, and says so when it is ready', async () => {
    const world = broken();
    world.platform.behaviour.set(cpDigest('0.1.0'), 'good');
    const { apiVersion, kind, metadata, ...rest } = world.deployment();
    const { name, namespace, labels } = metadata;
    const object = { apiVersion, kind, metadata: { name, namespace, labels }, spec: rest['spec'] };
    const { lastGood } = world.record();
    if (lastGood === undefined) throw new Error('it has never run');
    world.box.cluster.store.remove({ kind: 'Deployment', namespace: NAMESPACE, name });
    expect((await start(world, 60)).outcome).toBeUndefined();
    const { outcome } = await start(world, 110, { objects: [object], build: lastGood });
    expect(outcome).toMatchObject({ kind: 'rolled', version: '0.1.0', digest: cpDigest('0.1.0') });
    expect(world.deployed()).toBe('0.1.0');
  });
});
