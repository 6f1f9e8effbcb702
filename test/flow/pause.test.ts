import { describe, expect, it } from 'vitest';
import type { Engine } from 'host-service/engine/engine.ts';
import { Box } from './world/box.ts';

/** A box that runs 1.0.0 with 1.1.0 approved and not begun. */
async function approved(): Promise<Box> {
  const box = new Box();
  box.vendor.publish('1.0.0');
  await box.run();
  const next = box.vendor.publish('1.1.0');
  box.intent({ approvedRelease: next.digest });
  return box;
}

async function turns(box: Box, engine: Engine, count = 1): Promise<void> {
  for (let done = 0; done < count; done += 1) {
    await box.tryCycle(engine);
    box.platform.tick();
    box.clock.advance(1_100);
  }
}

/** Turns until something is so; says how far it came when it never is. */
async function until(box: Box, engine: Engine, ask: () => boolean): Promise<void> {
  for (let turn = 0; turn < 80; turn += 1) {
    if (ask()) return;
    await turns(box, engine);
  }
  throw new Error(`never so: ${box.outcomes().join()} ${JSON.stringify(box.open()?.status)}`);
}

/** What the engine has made of the world: all but its own telling, which may say how things stand. */
const worldOf = (box: Box): string => {
  const { store } = box.cluster;
  const own = store
    .keys()
    .filter((key) => !/^(Operation|Appliance|Pod|ReplicaSet|Deployment|Job) /.test(key));
  return JSON.stringify(own.map((key) => [key, store.revisions(key)]));
};

const stateOf = (box: Box): string | undefined =>
  box.open()?.status?.steps.findLast(({ state }) => state === 'running')?.kind;

describe('engine: pausing', () => {
  it('R-12 paused at any boundary an update writes nothing more, over a restart as well, and goes on where it stopped', async () => {
    const box = await approved();
    const engine = box.engine();
    const paused = new Set<string>();
    await until(box, engine, () => box.open() !== undefined);
    for (let round = 0; box.open() !== undefined && round < 60; round += 1) {
      const other = box.fork();
      const step = stateOf(other) ?? 'none';
      other.request('pause', 'pause-0001', { actor: { by: 'ada', via: 'ui', reason: 'opening hours' } });
      await turns(other, other.engine());
      const name = other.open()?.metadata.name;
      if (name === undefined) {
        // Nothing was left to do: what is over is not paused.
        expect(other.outcomes(), step).toContain('update 1.1.0 succeeded');
        await turns(box, engine);
        continue;
      }
      paused.add(step);
      const held = worldOf(other);
      // Another program each time: what was paused stays so.
      for (let start = 0; start < 3; start += 1) await turns(other, other.engine(), 4);
      expect(worldOf(other), step).toBe(held);
      expect(other.status(), step).toMatchObject({
        phase: 'paused',
        handledRequests: ['pause-0001'],
        operation: { name, paused: { by: 'ada', via: 'ui', reason: 'opening hours' }, outcome: 'running' },
      });
      expect(other.status()?.operation?.now, step).toMatch(/^Paused by ada since 20/);
      other.request('resume', 'resume-0001', { actor: { by: 'bob', via: 'cli' } });
      const status = await other.run();
      expect(status, step).toMatchObject({ phase: 'running', running: { version: '1.1.0' } });
      const last = other.operations().find(({ metadata }) => metadata.name === name);
      expect(last?.status?.outcome, step).toBe('succeeded');
      expect(last?.status?.pause, step).toBeUndefined();
      expect(last?.status?.events.map(({ text }) => text)).toEqual(
        expect.arrayContaining(['Paused by ada', 'Resumed by bob']),
      );
      await turns(box, engine);
    }
    expect(paused.size).toBeGreaterThanOrEqual(2);
  });

  it('R-12 cancelling a paused update is another thing: it ends at the release it came from', async () => {
    const box = await approved();
    const engine = box.engine();
    const before = box.pointsTo();
    await until(box, engine, () => box.pointsTo() !== before);
    box.request('pause', 'pause-0001');
    await turns(box, engine, 3);
    expect(box.status()?.phase).toBe('paused');
    box.request('cancel', 'cancel-0001');
    const status = await box.settle(engine);
    expect(status).toMatchObject({ phase: 'running', running: { version: '1.0.0' } });
    expect(box.pointsTo()).toBe(before);
    expect(box.outcomes()).toContain('update 1.1.0 cancelled');
  });

  it('R-03 a pause that is asked for twice is one, and a newer release of the channel does not end it', async () => {
    const box = await approved();
    const engine = box.engine();
    box.edit((spec) => ({ ...spec, updatePolicy: { update: 'auto' } }));
    await until(box, engine, () => box.open() !== undefined);
    box.request('pause', 'pause-0001');
    await turns(box, engine);
    const at = box.open()?.status?.pause?.at;
    box.vendor.publish('1.2.0');
    box.request('pause', 'pause-0002');
    box.request('check-now', 'check-0001');
    await turns(box, engine, 8);
    expect(box.open()?.spec.to.version).toBe('1.1.0');
    expect(box.open()?.status?.pause).toMatchObject({ at, request: 'pause-0001' });
    expect(box.open()?.status?.events.filter(({ text }) => text === 'Paused by test')).toHaveLength(1);
    box.request('resume', 'resume-0001');
    expect((await box.settle(engine)).running?.version).toBe('1.2.0');
  });

  it('R-12 no time runs against a step while it is paused, and a day of pause is not its time', async () => {
    const box = await approved();
    const engine = box.engine();
    await until(box, engine, () => stateOf(box) !== undefined);
    const kind = stateOf(box);
    box.request('pause', 'pause-0001');
    await turns(box, engine, 2);
    box.clock.advance(24 * 3_600_000);
    await turns(box, engine, 2);
    box.request('resume', 'resume-0001');
    await box.settle(engine);
    const operation = box.operations().find(({ spec }) => spec.to.version === '1.1.0');
    expect(operation?.status?.outcome).toBe('succeeded');
    const step = operation?.status?.steps.find((one) => one.kind === kind);
    expect(step?.pausedMs).toBeGreaterThan(24 * 3_600_000 - 1);
    box.intent({ approvedRelease: box.vendor.publish('1.2.0').digest });
    await until(box, engine, () => box.open()?.spec.to.version === '1.2.0' && stateOf(box) === kind);
    expect(box.status()?.operation?.usualMs).toBeLessThan(3_600_000);
  });

  it('R-12 what leads back to the good release is not paused, and nothing is not either', async () => {
    const box = await approved();
    box.request('pause', 'pause-0000');
    const engine = box.engine();
    await turns(box, engine);
    expect(JSON.stringify(box.status()?.problems)).toContain('pause pause-0000: nothing is under way');
    await box.settle(engine);
    box.request('revert', 'revert-0001');
    await until(box, engine, () => box.open()?.spec.verb === 'revert');
    box.request('pause', 'pause-0001');
    const other = box.engine();
    await turns(box, other);
    expect(JSON.stringify(box.status()?.problems)).toContain('it is not paused');
    expect((await box.settle(other)).running?.version).toBe('1.0.0');
  });
});

describe('setup and update', () => {
  it('R4 exclude each other: there is one operation of the application at a time, whatever is asked for meanwhile', async () => {
    const box = new Box();
    box.vendor.publish('1.0.0');
    const [one, two] = [box.engine(), box.engine()];
    await box.tryCycle(one);
    for (let round = 0; round < 60; round += 1) {
      if (round === 6) {
        const next = box.vendor.publish('1.1.0');
        box.intent({ approvedRelease: next.digest });
        box.request('retry', 'retry-0001');
      }
      await box.tryCycle(round % 3 === 0 ? two : one);
      const open = box.operations().filter(({ status }) => (status?.outcome ?? 'running') === 'running');
      expect(open.length, JSON.stringify(box.outcomes())).toBeLessThanOrEqual(1);
      box.platform.tick();
      box.clock.advance(1_100);
    }
    expect(box.outcomes().join()).toMatch(/install 1\.[01]\.0 (succeeded|cancelled)/);
    expect(box.status()?.running?.version).toBe('1.1.0');
  });
});
