import { describe, expect, it } from 'vitest';
import type { Engine } from 'host-service/engine/engine.ts';
import { fence } from 'host-service/engine/lead/fence.ts';
import { createLeader, type Leader } from 'host-service/engine/lead/leader.ts';
import { LOOP, runLoop } from 'host-service/engine/loop.ts';
import { createWake } from 'host-service/engine/loop/wake.ts';
import { Problem } from 'host-service/contract/problem.ts';
import { Box } from './world/box.ts';
import { WorldLease } from './world/lease.ts';

const quiet = (): void => undefined;
const LOG = { debug: quiet, info: quiet, warn: quiet, error: quiet };

interface Plane {
  readonly engine: Engine;
  readonly leader: Leader;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** A control plane as the composition root makes it: fenced cluster, election, loop. */
function start(box: Box, lease: WorldLease, by: string, fault?: (verb: string) => void): Plane {
  const leader = createLeader({
    store: lease.store(by),
    clock: box.clock.port,
    log: LOG,
    namespace: 'x',
    identity: by,
  });
  const bare = box.engine(fault === undefined ? {} : { fault });
  const engine = {
    ...bare,
    identity: { ...bare.identity, name: by },
    ports: { ...bare.ports, cluster: fence(bare.ports.cluster, leader.mayWrite) },
  };
  const stop = new AbortController();
  const wake = createWake(box.clock.port);
  const done = leader.run((held) => runLoop(engine, wake, { ...LOOP, resyncMs: 5_000 }, held), stop.signal);
  return { engine, leader, stop, done };
}

/** Lets everything that is ready run. */
const breathe = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** Time passes until it is so. */
async function until(box: Box, isSo: () => boolean, limitMs = 300_000): Promise<void> {
  for (let passed = 0; passed < limitMs; passed += 500) {
    await breathe();
    if (isSo()) return;
    box.platform.tick();
    box.clock.advance(500);
  }
  throw new Error(`it never came to be: ${JSON.stringify(box.status()?.problems)} ${box.outcomes().join()}`);
}

async function stopAll(box: Box, planes: readonly Plane[]): Promise<void> {
  for (const plane of planes) plane.stop.abort();
  for (let turn = 0; turn < 10; turn += 1) {
    await breathe();
    box.clock.advance(5_000);
  }
  await Promise.all(planes.map(({ done }) => done));
}

describe('engine: two control planes on one cluster', () => {
  it('lets one act; when it is cut off the other one finishes, and the first writes nothing more', async () => {
    const box = new Box();
    const lease = new WorldLease();
    const release = box.vendor.publish('1.0.0', 'slow');
    const first = start(box, lease, 'first');
    await until(box, () => box.open() !== undefined);
    const second = start(box, lease, 'second');
    await until(box, () => second.leader.holder() === 'first');
    expect(second.leader.mayWrite()).toBe(false);
    lease.cutOff.add('first');
    await until(box, () => second.leader.mayWrite());
    expect(first.leader.mayWrite()).toBe(false);
    expect(lease.record?.transitions).toBe(1);
    const { length } = box.cluster.audit;
    box.vendor.behaviour.set(release.image, 'good');
    await until(box, () => box.status()?.phase === 'running');
    expect(new Set(box.cluster.audit.slice(length).map(({ by }) => by))).toEqual(new Set(['engine-2']));
    expect(box.outcomes()).toEqual(['install 1.0.0 succeeded']);
    await expect(
      first.engine.ports.cluster.create(
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } },
        box.signal,
      ),
    ).rejects.toMatchObject({ code: 'apply.not-leader' });
    await stopAll(box, [first, second]);
  });

  it('releases the Lease when it stops, so that the next one need not wait for it to run out', async () => {
    const box = new Box();
    const lease = new WorldLease();
    box.vendor.publish('1.0.0');
    const first = start(box, lease, 'first');
    await until(box, () => box.status()?.phase === 'running');
    const second = start(box, lease, 'second');
    await breathe();
    await stopAll(box, [first]);
    expect(lease.record?.holder).not.toBe('first');
    await until(box, () => second.leader.mayWrite(), 4_000);
    await stopAll(box, [second]);
  });

  it('judges expiry by its own clock since the record last changed, whatever times stand in it', async () => {
    const box = new Box();
    const lease = new WorldLease();
    lease.record = {
      name: 'appliance-control-plane',
      namespace: 'x',
      holder: 'ghost',
      durationSeconds: 10,
      acquireTime: '2001-01-01T00:00:00.000000Z',
      renewTime: '2001-01-01T00:00:00.000000Z',
      transitions: 4,
      resourceVersion: 'old',
    };
    const plane = start(box, lease, 'first');
    await breathe();
    box.clock.advance(8_000);
    await breathe();
    expect(plane.leader.mayWrite()).toBe(false);
    await until(box, () => plane.leader.mayWrite(), 10_000);
    expect(lease.record.transitions).toBe(5);
    await stopAll(box, [plane]);
  });
});

describe('engine: the loop', () => {
  it('R-53 lives on after a fault of its own, says it with the time of the next try, and recovers', async () => {
    const box = new Box();
    const lease = new WorldLease();
    box.vendor.publish('1.0.0');
    let broken = true;
    const plane = start(box, lease, 'first', (verb) => {
      if (broken && verb === 'version') throw new TypeError('this is not a function');
    });
    await until(box, () => box.status()?.problems.some(({ code }) => code === 'internal.bug') === true);
    const fault = box.status()?.problems.find(({ code }) => code === 'internal.bug');
    expect(fault?.detail).toMatch(/this is not a function; try \d+, next at 2026-/);
    broken = false;
    await until(box, () => box.status()?.phase === 'running');
    expect(box.status()?.problems).toEqual([]);
    await stopAll(box, [plane]);
  });

  it('doubles the wait after each fault of the same cause', async () => {
    const box = new Box();
    const lease = new WorldLease();
    const tries: number[] = [];
    const plane = start(box, lease, 'first', (verb) => {
      if (verb !== 'version') return;
      tries.push(box.clock.port.monotonic());
      throw new Problem('cluster.unavailable', 'refused');
    });
    await until(box, () => tries.length >= 6);
    const waits = tries.slice(1).map((time, index) => time - (tries[index] ?? 0));
    expect(waits.at(-1)).toBeGreaterThan(4 * (waits[0] ?? 0));
    await stopAll(box, [plane]);
  });

  it('B-85 acts on a changed intent at once, not at the next interval', async () => {
    const box = new Box();
    const lease = new WorldLease();
    box.vendor.publish('1.0.0');
    const plane = start(box, lease, 'first');
    await until(box, () => box.status()?.phase === 'running');
    for (let turn = 0; turn < 20; turn += 1) {
      await breathe();
      box.clock.advance(500);
    }
    const next = box.vendor.publish('1.1.0');
    box.intent({ approvedRelease: next.digest });
    await until(box, () => box.open()?.spec.to.digest === next.digest, 1_500);
    await until(box, () => box.status()?.running?.version === '1.1.0');
    await stopAll(box, [plane]);
  });
});
