import { describe, expect, it } from 'vitest';
import { continuationOf } from 'host-service/core/status/continuation.ts';
import type { Engine } from 'host-service/engine/engine.ts';
import { Box } from './world/box.ts';

const START = new Date('2026-11-21T12:00:00Z');
const at = (seconds: number): string => new Date(START.getTime() + seconds * 1_000).toISOString();

/** The machine is switched on: another boot id. */
function boot(box: Box, bootID: string): void {
  const head = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'box-1' } };
  if (box.cluster.store.get({ kind: 'Node', name: 'box-1' }) === undefined) box.cluster.store.create(head);
  box.cluster.store.replaceStatus({ ...head, status: { nodeInfo: { bootID } } });
}

async function begin(): Promise<{ readonly box: Box; readonly engine: Engine }> {
  const box = new Box();
  boot(box, 'boot-1');
  box.vendor.publish('1.0.0');
  const engine = box.engine();
  while (box.open()?.status?.steps.some(({ state }) => state === 'done') !== true) {
    await box.tryCycle(engine);
    box.platform.tick();
    box.clock.advance(1_100);
  }
  return { box, engine };
}

describe('an operation that is taken up again', () => {
  it('R-05 says a restart when only the program was away, once for each', async () => {
    const { box } = await begin();
    const stoppedAt = box.clock.now();
    box.clock.advance(45_000);
    const engine: Engine = { ...box.engine(), lastAlive: () => stoppedAt };
    await box.tryCycle(engine);
    await box.tryCycle(engine);
    expect(box.open()?.status).toMatchObject({
      resumes: 1,
      continued: { kind: 'restart', stoppedAt: stoppedAt.toISOString() },
    });
    expect(box.status()?.operation?.continued?.kind).toBe('restart');
    await box.settle(engine);
    expect(box.operations()[0]?.status).toMatchObject({ resumes: 1, outcome: 'succeeded' });
  });

  it('R-05 says a power cut when the machine has started anew, once, with the time of both', async () => {
    const { box } = await begin();
    const stoppedAt = box.clock.now();
    box.clock.advance(600_000);
    boot(box, 'boot-2');
    const back = box.clock.now();
    const engine: Engine = { ...box.engine(), lastAlive: () => stoppedAt };
    await box.tryCycle(engine);
    await box.tryCycle(engine);
    const status = box.open()?.status;
    expect(status).toMatchObject({ resumes: 1, boots: ['boot-2'] });
    expect(status?.continued).toEqual({
      kind: 'power',
      stoppedAt: stoppedAt.toISOString(),
      at: back.toISOString(),
    });
    expect(status?.events.filter(({ text }) => text.includes('after power loss'))).toHaveLength(1);
    // Killed after that, without a power cut: another sentence.
    await box.settle(box.engine());
    expect(box.operations()[0]?.status).toMatchObject({ resumes: 2, continued: { kind: 'restart' } });
  });

  it('R-05 knows when it stopped from its journal where the Lease says nothing or too little', () => {
    const status = {
      startedAt: at(0),
      boots: ['a'],
      events: [{ n: 1, at: at(30), level: 'info' as const, text: 'x' }],
    };
    const now = new Date(at(100));
    const sight = { boots: ['a'], lastAlive: undefined, now };
    expect(continuationOf(status, sight).stoppedAt).toBe(at(30));
    expect(continuationOf(status, { ...sight, lastAlive: new Date(at(20)) }).stoppedAt).toBe(at(30));
    expect(continuationOf(status, { ...sight, lastAlive: new Date(at(60)) }).stoppedAt).toBe(at(60));
    // A clock that was set back while the power was away.
    expect(continuationOf(status, { ...sight, lastAlive: new Date(at(200)) }).stoppedAt).toBe(at(30));
    expect(continuationOf(undefined, { ...sight, now: new Date(at(1)) })).toEqual({
      at: at(1),
      kind: 'restart',
    });
  });

  it('R-05 calls nothing a power cut that may be none', () => {
    const kindOf = (before: readonly string[] | undefined, boots: readonly string[]) =>
      continuationOf(
        { startedAt: at(0), events: [], ...(before === undefined ? {} : { boots: [...before] }) },
        { boots, lastAlive: undefined, now: START },
      ).kind;
    expect(kindOf(['a'], ['b'])).toBe('power');
    expect(kindOf(['a', 'b'], ['c', 'd'])).toBe('power');
    // One machine of several ran on; nobody may ask; nothing was known before.
    expect(kindOf(['a', 'b'], ['b', 'c'])).toBe('restart');
    expect(kindOf(['a'], [])).toBe('restart');
    expect(kindOf([], ['a'])).toBe('restart');
    expect(kindOf(undefined, ['a'])).toBe('restart');
  });
});
