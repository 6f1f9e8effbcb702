import { ROLL_ANNOTATIONS } from 'host-service/contract/control-plane.ts';
import { Problem } from 'host-service/contract/problem.ts';
import type { BakedControlPlane } from 'host-service/engine/guard/ports.ts';
import { changeRecord } from 'host-service/engine/roll/record.ts';
import { describe, expect, it } from 'vitest';
import { pass, RunningGuard, until } from './guard-running.ts';
import {
  BAKED,
  buildOf,
  deploymentOf,
  GuardWorld,
  NAMESPACE,
  NEW,
  OLD,
  type Behaviour,
} from './guard-world.ts';

const CONFIG = {
  ...{ apiVersion: 'v1', kind: 'ConfigMap', data: { 'config.yaml': 'x' } },
  metadata: { name: 'appliance-control-plane-config-0.9.0', namespace: NAMESPACE },
};
const baked: BakedControlPlane = { build: buildOf(BAKED), objects: [CONFIG, deploymentOf(BAKED)] };

const annotationsOf = (world: GuardWorld): Readonly<Record<string, string>> =>
  world.cluster.must('Deployment', 'appliance-control-plane', NAMESPACE).metadata.annotations ?? {};
const deploymentWrites = (world: GuardWorld): readonly string[] =>
  world.cluster.audit.filter(({ key }) => key.startsWith('Deployment')).map(({ by }) => by);

/** The old build has run and is good; the new one was just rolled in and behaves like that. */
async function rolledTo(behaviour: Behaviour): Promise<GuardWorld> {
  const world = new GuardWorld();
  world.deploy(OLD);
  await pass(world, 5_000);
  const signal = new AbortController().signal;
  const lastGood = { ...buildOf(OLD), at: world.clock.now().toISOString() };
  await changeRecord(
    world.process({ by: 'test' }).port,
    NAMESPACE,
    (record) => ({ ...record, lastGood }),
    signal,
  );
  world.behaviour.set(NEW, behaviour);
  world.rolled(OLD, NEW);
  // Nobody leads any more and the old program is gone: the case in which only the guard is left.
  await pass(world, 500);
  world.removeOthers(NEW);
  return world;
}

describe('the guard puts the former control plane back', () => {
  it.each([
    ['crashes', 'roll.crashed', 35_000],
    ['hangs', 'roll.never-ready', 35_000],
    ['missing', 'roll.image-missing', 35_000],
  ] as const)(
    'R-09 when the new one %s on probation: %s, with its log',
    async (behaviour, code, withinMs) => {
      const world = await rolledTo(behaviour);
      world.cluster.logText = 'it said why\n';
      const guard = new RunningGuard(world, 'box');
      await until(world, () => world.running() === OLD, withinMs);
      const record = await world.record();
      expect(record.failed).toHaveLength(1);
      expect(record.failed[0]).toMatchObject({ digest: NEW, reason: { code }, by: 'guard:box', attempts: 1 });
      // What the program itself cannot help is tried again; all else is not.
      expect(record.failed[0]?.quarantined).toBe(code !== 'roll.image-missing');
      if (behaviour !== 'missing') expect(record.failed[0]?.evidence).toBe('it said why\n');
      expect(annotationsOf(world)).toEqual({ [ROLL_ANNOTATIONS.changedBy]: 'guard:box' });
      const act = guard.reports.find(({ state }) => state === 'acting');
      expect(act?.last).toMatchObject({ from: NEW, to: OLD, reason: { code } });
      await until(world, () => guard.last?.state === 'watching');
      expect(guard.last).toMatchObject({ detail: 'Control plane 1.0.0 serves', last: { to: OLD } });
      expect(deploymentWrites(world)).toEqual(['guard/box']);
      await guard.stop(world);
    },
  );

  it('with its whole template: settings go back together with the image', async () => {
    const world = await rolledTo('hangs');
    const guard = new RunningGuard(world, 'box');
    await until(world, () => world.running() === OLD);
    const { spec } = world.cluster.must('Deployment', 'appliance-control-plane', NAMESPACE);
    expect(spec).toMatchObject(deploymentOf(OLD)['spec'] as object);
    await guard.stop(world);
  });

  it('R-13 outside of probation goes to the last good one after 90 s of silence, and to the baked one after that', async () => {
    const world = await rolledTo('hangs');
    world.deploy(NEW);
    const guard = new RunningGuard(world, 'box', { baked });
    const tookMs = await until(world, () => world.running() === OLD, 120_000);
    expect(tookMs).toBeGreaterThanOrEqual(89_000);
    world.behaviour.set(OLD, 'crashes');
    await until(world, () => world.running() === BAKED, 120_000);
    await until(world, () => guard.last?.state === 'watching');
    expect((await world.record()).failed.map(({ digest }) => digest)).toEqual([OLD, NEW]);
    expect(deploymentWrites(world)).toEqual(['guard/box', 'guard/box']);
    await guard.stop(world);
  });

  it('R-17 says once that nothing is left, and only watches from then on', async () => {
    const world = await rolledTo('crashes');
    for (const of of [OLD, BAKED]) world.behaviour.set(of, 'crashes');
    const guard = new RunningGuard(world, 'box', { baked });
    await until(world, () => guard.last?.problem?.code === 'roll.no-way-back', 600_000);
    expect(world.running()).toBe(BAKED);
    const { length } = world.cluster.audit;
    await pass(world, 600_000);
    expect(world.cluster.audit.slice(length)).toEqual([]);
    expect(world.said.filter(({ message }) => message === 'no way back is left')).toHaveLength(1);
    expect(guard.last?.problem?.code).toBe('roll.no-way-back');
    await guard.stop(world);
  });

  it('R-17 makes one from what came with the host when there is none, and lowers nothing that is there', async () => {
    const world = new GuardWorld();
    const newer = { ...CONFIG, data: { 'config.yaml': 'newer' } };
    world.cluster.store.apply(newer, 'somebody');
    const guard = new RunningGuard(world, 'box', { baked });
    await until(world, () => world.running() === BAKED, 35_000);
    expect(world.cluster.must('ConfigMap', CONFIG.metadata.name, NAMESPACE)['data']).toEqual(newer.data);
    await until(world, () => guard.last?.state === 'watching');
    expect(guard.reports.some(({ last }) => last?.to === BAKED)).toBe(true);
    await guard.stop(world);
  });

  it('says what is missing when there is none and none came with the host', async () => {
    const world = new GuardWorld();
    const guard = new RunningGuard(world, 'box');
    await pass(world, 60_000);
    expect(guard.last?.problem?.code).toBe('roll.no-way-back');
    expect(world.cluster.audit).toEqual([]);
    await guard.stop(world);
  });
});

describe('the guard, cut off or killed', () => {
  it('waits while the API server is away, for as long as that takes, and goes on when it is back', async () => {
    const world = await rolledTo('hangs');
    const guard = new RunningGuard(world, 'box');
    await pass(world, 10_000);
    world.isApiAway = true;
    await pass(world, 300_000);
    expect(guard.last).toMatchObject({ state: 'blind', problem: { code: 'cluster.unavailable' } });
    expect(world.running()).toBe(NEW);
    world.isApiAway = false;
    const tookMs = await until(world, () => world.running() === OLD, 60_000);
    expect(tookMs).toBeGreaterThanOrEqual(20_000);
    await guard.stop(world);
  });

  it('B-53 a cut of power is no evidence: what runs comes up again by itself, however often', async () => {
    const world = await rolledTo('good');
    for (let cut = 0; cut < 4; cut += 1) {
      world.cutPower();
      // Slow to start: longer than probation would allow, were it counted from power-on.
      world.behaviour.set(NEW, 'not started');
      const guard = new RunningGuard(world, 'box', { baked });
      await pass(world, 60_000);
      world.behaviour.set(NEW, 'good');
      await until(world, () => guard.last?.state === 'watching', 30_000);
      await guard.stop(world);
    }
    expect(world.running()).toBe(NEW);
    expect((await world.record()).failed).toEqual([]);
  });

  it('B-43 killed at any of its writes, the next one comes to the same end, and nothing is done twice', async () => {
    const seen: string[] = [];
    for (let at = 1; at <= 12; at += 1) {
      for (const when of ['before', 'after'] as const) {
        const world = await rolledTo('crashes');
        const first = new RunningGuard(world, 'box', { baked, kill: { at, when } });
        await until(world, () => first.isDead || first.last?.state === 'watching', 120_000);
        await first.stop(world);
        // On another host: the Lease of the dead one has to run out first, when it holds it.
        const next = new RunningGuard(world, 'other', { baked });
        await until(world, () => world.running() === OLD && next.last?.state === 'watching', 180_000);
        const { failed, baked: noted } = await world.record();
        expect(failed.map(({ digest, attempts }) => `${digest} ${attempts}`)).toEqual([`${NEW} 1`]);
        expect(noted?.digest).toBe(BAKED);
        expect(deploymentWrites(world)).toHaveLength(1);
        if (first.isDead) seen.push(`${at} ${when}`);
        await next.stop(world);
      }
    }
    // Every write there is was one of the moments: the Lease, the record, the Deployment, the Lease again.
    expect(seen.length).toBeGreaterThanOrEqual(10);
  }, 60_000);
});

describe('the guard, beside others', () => {
  it('leaves it to a control plane that leads and is rolling itself', async () => {
    const world = await rolledTo('hangs');
    const guard = new RunningGuard(world, 'box');
    const store = world.process({ by: 'old' }).lease;
    const signal = new AbortController().signal;
    for (let second = 0; second < 120; second += 2) {
      const found = await store.read('appliance-control-plane', NAMESPACE, signal);
      const renewTime = world.clock.now().toISOString();
      const record = {
        name: 'appliance-control-plane',
        namespace: NAMESPACE,
        durationSeconds: 10,
        acquireTime: renewTime,
      };
      const holder = 'appliance-control-plane-old';
      const version = found?.resourceVersion === undefined ? {} : { resourceVersion: found.resourceVersion };
      await store.write({ ...record, renewTime, holder, transitions: 0, ...version }, signal);
      await pass(world, 2_000);
    }
    expect(world.running()).toBe(NEW);
    expect(guard.last?.detail).toContain('left to appliance-control-plane-old');
    // Its Lease runs out: now nobody else is left.
    await until(world, () => world.running() === OLD, 30_000);
    await guard.stop(world);
  });

  it('of three hosts that see the same one acts; the others find it done', async () => {
    const world = await rolledTo('hangs');
    const guards = ['one', 'two', 'three'].map((node) => new RunningGuard(world, node, { baked }));
    await until(world, () => world.running() === OLD);
    await until(world, () => guards.every(({ last }) => last?.state === 'watching'), 120_000);
    expect(deploymentWrites(world)).toHaveLength(1);
    expect((await world.record()).failed[0]?.attempts).toBe(1);
    expect(guards.filter(({ reports }) => reports.some(({ state }) => state === 'acting'))).toHaveLength(1);
    for (const guard of guards) await guard.stop(world);
  });

  it('loses against somebody who changes the Deployment in the same moment, and looks again', async () => {
    const world = await rolledTo('hangs');
    let raced = false;
    const guard = new RunningGuard(world, 'box', {
      fault: (verb) => {
        if (verb !== 'apply' || raced) return;
        raced = true;
        // A person corrects it by hand while the guard is about to write.
        world.deploy(BAKED);
      },
    });
    await until(world, () => raced);
    await until(world, () => guard.last?.state === 'watching');
    expect(world.running()).toBe(BAKED);
    expect(deploymentWrites(world)).toEqual([]);
    await guard.stop(world);
  });

  it('says why it could not act, and tries again', async () => {
    const world = await rolledTo('hangs');
    let refusals = 3;
    const guard = new RunningGuard(world, 'box', {
      fault: (verb) => {
        if (verb === 'apply' && (refusals -= 1) >= 0) throw new Problem('cluster.forbidden', 'not allowed');
      },
    });
    await until(world, () => guard.reports.some(({ problem }) => problem?.code === 'cluster.forbidden'));
    await until(world, () => world.running() === OLD);
    expect((await world.record()).failed[0]?.attempts).toBe(1);
    await guard.stop(world);
  });
});
