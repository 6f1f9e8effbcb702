import { followRoll, type RollRequest } from 'host-service/cli/control-plane/follow-roll.ts';
import type { RollOutcome } from 'host-service/cli/control-plane/roll-judge.ts';
import { directNetworkDesk } from 'host-service/cli/desk/network-desk.ts';
import { directSetupDesk } from 'host-service/cli/desk/setup-desk.ts';
import type { Desk } from 'host-service/cli/desk/desk.ts';
import { StatusView } from 'host-service/contract/api/status.ts';
import type { Handle } from 'host-service/engine/handle/handle.ts';
import { Problem } from 'host-service/contract/problem.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { breathe, planeOn, WHO } from './handle-world.ts';
import { cpDigest, runningBox, type RollBox } from './roll-world.ts';

/** Seconds of this world within which the command has to know: so long the boot of a box waits for it. */
const LONG_S = 120;

/** What a command has at hand: the API's own functions, through which snapshots come as JSON. */
function deskOn(handle: Handle): Desk {
  const { live, request, releases, operations, operation, changeIntent, previewIntent } = handle;
  return {
    setup: directSetupDesk(handle, WHO.actor),
    network: directNetworkDesk(handle, WHO.actor),
    status: () => {
      const current = live.current();
      if (current === undefined) throw new Problem('client.disconnected', 'not yet');
      return Promise.resolve(StatusView.parse(JSON.parse(current.json)));
    },
    releases,
    checks: (signal) => handle.checks(signal),
    runChecks: (asked, signal) => handle.runChecks(asked, WHO, signal),
    operations,
    operation,
    changeIntent: (change, { expected }, signal) => changeIntent(change, { ...WHO, expected }, signal),
    previewIntent: (change, { expected }, signal) => previewIntent(change, { ...WHO, expected }, signal),
    request: (body, signal) => request(body, WHO, signal),
    follow: ({ after, onEvent }, signal) =>
      new Promise((resolve) => {
        const leave = live.subscribe(after, onEvent);
        signal.addEventListener('abort', () => {
          leave();
          resolve();
        });
      }),
    close: () => Promise.resolve(),
  };
}

/** Asks and follows while the world goes on; undefined = it did not come to its end. */
async function ask(world: RollBox, verb: RollRequest['verb'], id: string): Promise<RollOutcome | undefined> {
  const { box } = world;
  const { handle } = planeOn(box, { isLeader: false });
  const stop = new AbortController();
  const seeing = handle.live.run(stop.signal);
  const asking = followRoll(deskOn(handle), box.clock.port, { id, verb }, stop.signal);
  const end: { outcome?: RollOutcome | undefined } = {};
  void asking.then((outcome) => (end.outcome = outcome));
  for (let second = 0; second < LONG_S && end.outcome === undefined; second += 1) {
    await breathe();
    await world.second();
  }
  stop.abort();
  box.clock.advance(10_000);
  await breathe();
  await Promise.all([asking, seeing]);
  return end.outcome;
}
const roll = (world: RollBox, id = 'the-first-request') => ask(world, 'check-now', id);

describe(
  'the command that rolls the control plane, on what the engine really says',
  { timeout: 60_000 },
  () => {
    let world: RollBox;
    beforeEach(async () => {
      vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
      world = await runningBox();
    });
    afterEach(() => {
      vi.restoreAllMocks();
    });

    it('says current when there is nothing newer', async () => {
      expect(await roll(world)).toMatchObject({
        kind: 'current',
        version: '0.1.0',
        digest: cpDigest('0.1.0'),
      });
    });

    it('B-59 follows A to B over the change of leaders, and says so when B has said that it works', async () => {
      world.publish('1.1.0', '0.2.0');
      expect(await roll(world)).toMatchObject({ kind: 'rolled', version: '0.2.0', before: '0.1.0' });
      expect(world.outcomes()).toEqual(['0.2.0 succeeded']);
      expect(world.record().lastGood?.digest).toBe(cpDigest('0.2.0'));
    });

    it.each([
      ['crash', 'roll.crashed'],
      ['late-crash', 'roll.crashed'],
      ['never-ready', 'roll.never-ready'],
      ['image-missing', 'roll.image-missing'],
    ] as const)('R-09 says that the one before is back (%s)', async (behaviour, code) => {
      world.publish('1.1.0', '0.2.0', { behaviour });
      const outcome = await roll(world);
      expect(outcome).toMatchObject({ kind: 'rolled-back', version: '0.1.0', problem: { code } });
      expect(outcome?.wanted?.version).toBe('0.2.0');
      expect(world.deployed()).toBe('0.1.0');
    });

    it('R-09 holds what failed here before, and tries it again when a person says so', async () => {
      world.publish('1.1.0', '0.2.0', { behaviour: 'crash' });
      expect((await roll(world))?.kind).toBe('rolled-back');
      expect(await roll(world, 'the-second-request')).toMatchObject({
        kind: 'held',
        problem: { code: 'roll.quarantined' },
      });
      world.platform.behaviour.set(cpDigest('0.2.0'), 'good');
      const again = await ask(world, 'retry-control-plane', 'the-third-request');
      expect(again).toMatchObject({ kind: 'rolled', version: '0.2.0' });
    });

    it('refuses an image that is no control plane of this kind, and touches nothing', async () => {
      world.publish('1.1.0', '0.2.0', { labels: {} });
      const outcome = await roll(world);
      expect(outcome).toMatchObject({
        kind: 'refused',
        version: '0.1.0',
        problem: { code: 'roll.not-accepted' },
      });
      expect(world.outcomes()).toEqual([]);
    });

    it('is held by a hold, also when a person asks for another try', async () => {
      world.publish('1.1.0', '0.2.0', { behaviour: 'crash' });
      expect((await roll(world))?.kind).toBe('rolled-back');
      await world.settle();
      world.platform.behaviour.set(cpDigest('0.2.0'), 'good');
      world.box.intent({ hold: true });
      const outcome = await ask(world, 'retry-control-plane', 'the-second-request');
      expect(outcome).toMatchObject({ kind: 'held', version: '0.1.0', problem: { code: 'plan.held' } });
      expect(world.deployed()).toBe('0.1.0');
    });

    it('R-10 does not call it current when the channel cannot be asked', async () => {
      world.box.vendor.registry.away = { code: 'registry.dns', detail: 'no such name' };
      expect(await roll(world)).toMatchObject({
        kind: 'held',
        version: '0.1.0',
        problem: { code: 'registry.dns' },
      });
    });
  },
);
