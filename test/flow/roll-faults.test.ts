import { CONTROL_PLANE_NAME, ROLL_ANNOTATIONS } from 'host-service/contract/control-plane.ts';
import type { ProblemCode } from 'host-service/contract/problem.ts';
import { recordOf } from 'host-service/core/json.ts';
import { EMPTY_RECORD, TRIES } from 'host-service/core/roll/record.ts';
import { putBack } from 'host-service/engine/roll/put-back.ts';
import { observeControlPlane } from 'host-service/engine/roll/observe.ts';
import { changeRecord } from 'host-service/engine/roll/record.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { cpDigest, NAMESPACE, offer, runningBox, type RollBox } from './roll-world.ts';
import type { BuildBehaviour } from './world/roll-platform.ts';

let before: RollBox;
beforeAll(async () => {
  before = await runningBox();
});

/** Faults that show before the new build counts as available: the old one never stops serving. */
const EARLY: readonly (readonly [BuildBehaviour, ProblemCode])[] = [
  ['other-processor', 'roll.wrong-architecture'],
  ['crash', 'roll.crashed'],
  ['late-crash', 'roll.crashed'],
  ['never-ready', 'roll.never-ready'],
  ['hang', 'roll.silent'],
  ['out-of-memory', 'roll.out-of-memory'],
  ['config-error', 'roll.crashed'],
];

describe('a new control plane that does not work', () => {
  it.each(EARLY)(
    'R-09 R-13 R-42 (%s) is put back once, with the reason, and never tried again',
    async (behaviour, code) => {
      const world = before.fork();
      world.box.cluster.logText = 'starting\nfatal: no such thing\u001b[31m\n';
      offer(world, '0.2.0', { behaviour });
      const status = await world.settle();
      expect(world.outcomes()).toEqual(['0.2.0 failed']);
      expect(world.deployed()).toBe('0.1.0');
      expect(world.running()).toEqual(['0.1.0']);
      const [failed] = world.record().failed;
      expect(failed).toMatchObject({ version: '0.2.0', attempts: 1, quarantined: true, reason: { code } });
      expect(failed?.by).toMatch(/^engine:/);
      expect(status.controlPlane.roll).toMatchObject({
        state: 'held',
        problem: { code: 'roll.quarantined' },
      });
      expect(status.controlPlane.failed).toMatchObject([{ version: '0.2.0', reason: { code } }]);
      expect(JSON.stringify(status.controlPlane)).not.toContain('no such thing');
      // The application got its release all the same.
      expect(status.running?.version).toBe('1.1.0');
      const { annotations = {} } = world.deployment().metadata;
      expect(annotations[ROLL_ANNOTATIONS.probationUntil]).toBeUndefined();
      const { generation } = world.deployment().metadata;
      world.box.clock.advance(3_600_000);
      world.box.request('check-now', 'check-again-1');
      await world.settle();
      expect(world.outcomes()).toHaveLength(1);
      expect(world.deployment().metadata.generation).toBe(generation);
    },
  );

  it('R-15 is named in each status from its start until it was put back and after', async () => {
    const world = before.fork();
    offer(world, '0.2.0', { behaviour: 'crash' });
    const seen: string[] = [];
    for (let passed = 0; passed < 60; passed += 1) {
      await world.second();
      const roll = world.box.status()?.controlPlane.roll;
      if (roll?.state === 'rolling' || roll?.state === 'held')
        seen.push(`${roll.state} ${roll.wanted?.version}`);
    }
    expect(new Set(seen)).toEqual(new Set(['rolling 0.2.0', 'held 0.2.0']));
    expect(world.outcomes()).toEqual(['0.2.0 failed']);
  });

  it('keeps the end of its log with the failure, without control characters', async () => {
    const world = before.fork();
    world.box.cluster.logText = 'starting\nfatal: no such thing\u001b[31m\n';
    offer(world, '0.2.0', { behaviour: 'crash' });
    await world.settle();
    expect(world.record().failed[0]?.evidence).toContain('fatal: no such thing');
    expect(world.record().failed[0]?.evidence).not.toContain('\u001b');
    expect(world.rolls()[0]?.status?.steps[0]?.evidence).toContain('fatal: no such thing');
  });

  it.each(['roll.storage-too-new', 'roll.objects-unreadable'] as const)(
    'is said to be unfit by its own word: %s',
    async (code) => {
      const world = before.fork();
      world.box.cluster.logText = `{"level":"error","msg":"canary failed","code":"${code}"}\n`;
      offer(world, '0.2.0', { behaviour: 'never-ready' });
      await world.settle();
      expect(world.record().failed[0]?.reason.code).toBe(code);
      expect(world.running()).toEqual(['0.1.0']);
    },
  );

  it.each([
    ['image-missing', 'roll.image-missing'],
    ['no-room', 'roll.no-room'],
  ] as const)('R-10 (%s) is tried again with growing waits, then given up', async (behaviour, code) => {
    const world = before.fork();
    offer(world, '0.2.0', { behaviour });
    const waiting = await world.settle();
    expect(world.outcomes()).toEqual(['0.2.0 failed']);
    expect(world.record().failed[0]).toMatchObject({ attempts: 1, quarantined: false, reason: { code } });
    expect(waiting.controlPlane.roll?.problem?.detail).toMatch(/next try at 2026-/);
    for (const wait of [60_000, 300_000]) {
      world.box.clock.advance(wait);
      await world.settle();
    }
    expect(world.outcomes()).toHaveLength(TRIES);
    expect(world.record().failed[0]).toMatchObject({ attempts: TRIES, quarantined: true });
    world.box.clock.advance(24 * 3_600_000);
    await world.settle();
    expect(world.outcomes()).toHaveLength(TRIES);
    expect(world.running()).toEqual(['0.1.0']);
  });

  it('R-10 an image that comes back in time is taken at the next try', async () => {
    const world = before.fork();
    offer(world, '0.2.0', { behaviour: 'image-missing' });
    await world.settle();
    world.platform.behaviour.set(cpDigest('0.2.0'), 'good');
    world.box.clock.advance(60_000);
    const status = await world.settle();
    expect(world.outcomes()).toEqual(['0.2.0 failed', '0.2.0 succeeded']);
    expect(status.controlPlane.version).toBe('0.2.0');
    expect(world.record().failed).toEqual([]);
  });

  it('R-10 is tried once more for each time that a person asks', async () => {
    const world = before.fork();
    offer(world, '0.2.0', { behaviour: 'crash' });
    await world.settle();
    world.box.request('retry-control-plane', 'retry-cp-0001');
    await world.settle();
    expect(world.outcomes()).toEqual(['0.2.0 failed', '0.2.0 failed']);
    expect(world.record().failed[0]).toMatchObject({ attempts: 2, quarantined: true });
    world.platform.behaviour.set(cpDigest('0.2.0'), 'good');
    await world.settle();
    expect(world.outcomes()).toHaveLength(2);
    world.box.request('retry-control-plane', 'retry-cp-0002');
    const status = await world.settle();
    expect(status.controlPlane.version).toBe('0.2.0');
    expect(world.record().failed).toEqual([]);
  });

  it('R-09 another build is tried although this one failed', async () => {
    const world = before.fork();
    offer(world, '0.2.0', { behaviour: 'crash' });
    await world.settle();
    world.publish('1.2.0', '0.2.1');
    world.box.request('check-now', 'check-next-1');
    const status = await world.settle();
    expect(world.outcomes()).toEqual(['0.2.0 failed', '0.2.1 succeeded']);
    expect(status.controlPlane.version).toBe('0.2.1');
  });

  it('R-13 goes back to B, not to A, when C fails after B was good', async () => {
    const world = before.fork();
    offer(world, '0.2.0');
    await world.settle();
    world.publish('1.2.0', '0.3.0', { behaviour: 'crash' });
    world.box.request('check-now', 'check-next-1');
    await world.settle();
    expect(world.running()).toEqual(['0.2.0']);
    expect(world.record().lastGood?.version).toBe('0.2.0');
  });
});

describe('engine and guard at the same time', () => {
  const guard = async (world: RollBox, failed: string) => {
    const cluster = world.box.cluster.client({ by: 'guard' }).port;
    const seen = await observeControlPlane(cluster, NAMESPACE, world.box.signal);
    if (seen?.digest !== failed) return undefined;
    const reason = { code: 'roll.silent', detail: 'no ready endpoint for 30 s' } as const;
    const log = world.box.engine().ports.log;
    return putBack(
      { cluster, namespace: NAMESPACE, clock: world.box.clock.port, log },
      { failed: seen.digest, reason, by: 'guard:box', evidence: undefined },
      world.box.signal,
    );
  };

  it('end in one way back, recorded once, whoever is first', async () => {
    const world = before.fork();
    offer(world, '0.2.0', { behaviour: 'never-ready' });
    await world.seconds(6);
    expect(world.deployed()).toBe('0.2.0');
    expect(await guard(world, cpDigest('0.2.0'))).toEqual({ kind: 'restored', digest: cpDigest('0.1.0') });
    expect(await guard(world, cpDigest('0.2.0'))).toBeUndefined();
    await world.settle();
    expect(world.outcomes()).toEqual(['0.2.0 failed']);
    expect(world.record().failed).toMatchObject([
      { attempts: 1, by: 'guard:box', reason: { code: 'roll.silent' } },
    ]);
    expect(world.running()).toEqual(['0.1.0']);
  });

  it('B-43 a Deployment that somebody else changes all the time is looked at again, and never written over', async () => {
    const world = before.fork();
    offer(world, '0.2.0', { behaviour: 'never-ready' });
    await world.seconds(6);
    const client = world.box.cluster.client({ by: 'slow' }).port;
    const { store } = world.box.cluster;
    let changes = 0;
    const late = { ...client, list: client.list.bind(client), apply: client.apply.bind(client) };
    const ports = {
      cluster: {
        ...late,
        create: client.create.bind(client),
        replace: client.replace.bind(client),
        get: async (...asked: Parameters<typeof client.get>) => {
          const found = await client.get(...asked);
          if (asked[0].kind === 'Deployment') {
            const scaled = { ...recordOf(found?.['spec']), minReadySeconds: (changes += 1) };
            store.apply(
              {
                ...world.deployment(),
                metadata: { name: CONTROL_PLANE_NAME, namespace: NAMESPACE },
                spec: scaled,
              },
              'kubectl',
            );
          }
          return found;
        },
      },
      namespace: NAMESPACE,
      clock: world.box.clock.port,
      log: world.box.engine().ports.log,
    };
    const seen = await observeControlPlane(client, NAMESPACE, world.box.signal);
    if (seen?.digest === undefined) throw new Error('no digest');
    const reason = { code: 'roll.crashed', detail: 'exit code 1' } as const;
    await expect(
      putBack(ports, { failed: seen.digest, reason, by: 'boot:box', evidence: undefined }, world.box.signal),
    ).rejects.toMatchObject({ code: 'cluster.conflict' });
    expect(changes).toBeGreaterThan(1);
    expect(world.deployed()).toBe('0.2.0');
  });

  it('with no way back left, says so and keeps the application going', async () => {
    const world = before.fork();
    offer(world, '0.2.0');
    await world.settle();
    // The build that ran before was given up as well, and nothing came with this box.
    const { port } = world.box.cluster.client({ by: 'test' });
    await changeRecord(port, NAMESPACE, () => EMPTY_RECORD, world.box.signal);
    const seen = await observeControlPlane(port, NAMESPACE, world.box.signal);
    if (seen?.digest === undefined) throw new Error('no digest');
    const answer = await putBack(
      { cluster: port, namespace: NAMESPACE, clock: world.box.clock.port, log: world.box.engine().ports.log },
      {
        failed: seen.digest,
        reason: { code: 'roll.no-way-back', detail: 'it is silent' },
        by: 'guard:box',
        evidence: undefined,
      },
      world.box.signal,
    );
    expect(answer).toEqual({ kind: 'no-way-back' });
    expect(world.deployed()).toBe('0.2.0');
    // What works after all says so itself, and what was said against it is over.
    await world.seconds(2);
    expect(world.record()).toMatchObject({ failed: [], lastGood: { version: '0.2.0' } });
  });
});
