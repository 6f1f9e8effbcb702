import { describe, expect, it } from 'vitest';
import { canonical } from 'host-service/core/json.ts';
import { offer, runningBox, type RollBox } from './roll-world.ts';
import type { BuildBehaviour } from './world/roll-platform.ts';
import type { Json } from './world/store.ts';

/** Kinds whose objects the platform makes, or that carry times of their own; what they must say is compared apart. */
const LEFT_OUT = new Set(['Operation', 'Appliance', 'ReplicaSet', 'Pod', 'EndpointSlice']);

/** What counts of the end: every object with how often it was really changed, the outcomes, and what is said. */
function endOf(world: RollBox): Json {
  const { store } = world.box.cluster;
  const state: Json = {};
  for (const key of store.keys()) {
    const [kind = '', path = ''] = key.split(' ');
    if (LEFT_OUT.has(kind)) continue;
    const [namespace = '', name = ''] = path.split('/');
    const object = store.get({ kind, name, ...(namespace === '' ? {} : { namespace }) });
    if (object === undefined) continue;
    const { metadata, ...rest } = object;
    const { labels, annotations } = metadata;
    const kept = Object.entries(annotations ?? {}).filter(([name]) => !name.endsWith('/requestedAt'));
    state[key] = {
      ...strip({ labels, annotations: Object.fromEntries(kept), ...rest }),
      revisions: store.revisions(key),
    };
  }
  const { controlPlane, phase, running } = world.box.status() ?? {};
  return {
    objects: state,
    outcomes: world.box.outcomes(),
    pods: world.running(),
    said: strip({ phase, running: running?.version, roll: controlPlane?.roll, failed: controlPlane?.failed }),
  };
}

const strip = (value: unknown): Json =>
  JSON.parse(
    canonical(value)
      .replaceAll(/2026-11-21T[0-9:.]+Z/g, 'a time')
      .replaceAll(/20261121t\d{6}/g, 'a time')
      .replaceAll(/"generation":\d+|"observedGeneration":\d+/g, '"generation":0'),
  ) as Json;

/** Runs a story undisturbed, then once for each of these writes of the program that leads, and both sides of it. */
async function everyKill(before: RollBox, last: number, first = 1): Promise<void> {
  const calm = before.fork();
  await calm.settle();
  const wanted = endOf(calm);
  for (let at = first; at <= last; at += 1) {
    for (const when of ['before', 'after'] as const) {
      const world = before.fork();
      world.kill = { at, when };
      await world.settle();
      const hint = `killed ${when} write ${at} of ${last}: ${JSON.stringify(calm.box.cluster.audit[at - 1])}`;
      expect(world.deaths, hint).toBe(1);
      expect(endOf(world), hint).toEqual(wanted);
    }
  }
}

async function offered(behaviour: BuildBehaviour): Promise<RollBox> {
  const world = await runningBox();
  offer(world, '0.2.0', { behaviour });
  return world.fork();
}

/** Writes until something is so: what comes afterwards has a test of its own (kill-engine). */
async function writesUntil(world: RollBox, isSo: (copy: RollBox) => boolean): Promise<number> {
  const copy = world.fork();
  for (let second = 0; second < 200; second += 1) {
    await copy.second();
    if (isSo(copy)) return copy.writes;
  }
  throw new Error('it never came to be');
}

describe('a power cut at every write of rolling', () => {
  it('B-43 B-44 ends a roll in the same state, nothing done twice', { timeout: 240_000 }, async () => {
    const world = await offered('good');
    const first = await writesUntil(world, (copy) => copy.running().includes('0.2.0'));
    expect(first).toBeGreaterThan(20);
    await everyKill(world, first);
  });

  it('B-43 ends the clearing by the new one in the same state', { timeout: 240_000 }, async () => {
    const world = await offered('good');
    // Up to where the new one leads alone; its own writes are cut from there.
    while (world.running().includes('0.1.0')) await world.second();
    const mid = world.fork();
    const writes = await writesUntil(mid, (copy) => copy.outcomes().includes('0.2.0 succeeded'));
    expect(writes).toBeGreaterThan(5);
    await everyKill(mid, writes);
  });

  it('B-43 R-09 ends a failed roll and its way back in the same state', { timeout: 240_000 }, async () => {
    const world = await offered('crash');
    const put = await writesUntil(world, (copy) => copy.running().includes('0.2.0'));
    const back = await writesUntil(world, (copy) => copy.outcomes().includes('0.2.0 failed'));
    expect(back).toBeGreaterThan(put);
    await everyKill(world, back, put);
  });
});
