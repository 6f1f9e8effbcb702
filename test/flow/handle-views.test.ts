import { describe, expect, it } from 'vitest';
import { OperationDetail, OperationsView, type StepView } from 'host-service/contract/api/operations.ts';
import { ReleasesView, type ReleaseView } from 'host-service/contract/api/releases.ts';
import { fence } from 'host-service/engine/lead/fence.ts';
import { askChannel } from 'host-service/engine/cycle/channel.ts';
import { lookAtWorld } from 'host-service/engine/cycle/look.ts';
import { runCycle } from 'host-service/engine/cycle.ts';
import type { Registry } from 'host-service/engine/ports.ts';
import { createHandle } from 'host-service/engine/handle/create-handle.ts';
import { digestFor, HOST } from '../fixtures/documents.ts';
import { installed, pass, planeOn, specOf, type Plane } from './handle-world.ts';
import { Box } from './world/box.ts';

async function releases(box: Box): Promise<readonly ReleaseView[]> {
  const found = await planeOn(box, { isLeader: false }).handle.releases(box.signal);
  expect(ReleasesView.parse(JSON.parse(JSON.stringify(found)))).toEqual(JSON.parse(JSON.stringify(found)));
  return found.releases;
}

/** A box that went 1.0.0, 1.1.0, 1.2.0, where 1.3.0 failed; 1.4.0 is offered. */
async function seasoned(over: Record<string, unknown> = {}): Promise<Box> {
  const box = await installed();
  box.edit((spec) => ({ ...spec, updatePolicy: { update: 'auto' } }));
  for (const version of ['1.1.0', '1.2.0', '1.3.0', '1.4.0']) {
    if (version === '1.4.0') box.edit((spec) => ({ ...spec, updatePolicy: { update: 'approve' } }));
    box.vendor.publish(version, version === '1.3.0' ? 'crash' : 'good', version === '1.2.0' ? over : {});
    box.request('check-now', `check-${version.replaceAll('.', '-')}`);
    await box.run();
  }
  return box;
}

describe('handle: the releases that a box knows', () => {
  it('R-23 come newest first, each with what it is here and the rules that looked at it', async () => {
    const box = await seasoned();
    const found = await releases(box);
    expect(found.map(({ version }) => version)).toEqual(['1.4.0', '1.3.0', '1.2.0', '1.1.0', '1.0.0']);
    const [offered, failed, running, earlier] = found;
    expect(offered).toMatchObject({
      isAvailable: true,
      isRunning: false,
      isReversible: true,
      source: 'channel',
    });
    expect(offered?.trace.find(({ rule }) => rule === 'policy')).toMatchObject({ verdict: 'wait' });
    expect(offered?.trace.every(({ candidate }) => candidate?.digest === offered.digest)).toBe(true);
    expect(failed?.quarantine).toMatchObject({ attempts: 1, reason: { code: 'observe.crash-loop' } });
    expect(failed?.goBack).toMatchObject({ isPossible: false });
    expect(running).toMatchObject({ isRunning: true, isLastGood: true, goBack: { isPossible: false } });
    expect(earlier).toMatchObject({ isRunning: false, isLastGood: false, goBack: { isPossible: true } });
    expect(earlier?.confirmedAt).toBeDefined();
    expect(found.filter(({ isRunning }) => isRunning)).toHaveLength(1);
  });

  it('say that one may go back exactly where a request to go back is carried out', async () => {
    for (const over of [{}, { reversible: ['>=1.1.0'] }, { reversible: [] }]) {
      const box = await seasoned(over);
      for (const { digest, version, goBack, isRunning } of await releases(box)) {
        const other = box.fork();
        other.request('revert', 'revert-0001', { release: digest });
        const status = await other.run();
        const went = !isRunning && status.running?.digest === digest;
        expect(went, `${version} with ${JSON.stringify(over)}`).toBe(goBack.isPossible);
        expect(goBack.reason === undefined).toBe(goBack.isPossible);
      }
    }
  });

  it('say whether going there can be undone, and how much they pin, each digest once', async () => {
    const box = new Box();
    expect(await releases(box)).toEqual([]);
    const pin = (name: string, size: number, extra = {}) => ({
      ...{ repository: `${HOST}/vendor/${name}`, digest: digestFor(name), size },
      ...extra,
    });
    const images = { web: pin('web', 5000, { tag: 'a' }), worker: pin('web', 5000, { tag: 'a' }) };
    box.vendor.publish('1.0.0');
    await box.run();
    box.vendor.publish('1.1.0', 'good', { reversible: [], images, notes: 'New: all.' });
    box.request('check-now', 'check-0001');
    await box.run();
    const [offered, running] = await releases(box);
    expect(offered).toMatchObject({
      isReversible: false,
      notes: 'New: all.',
      released: '2026-11-20T10:00:00Z',
      // bundle, control plane, chart, one image
      size: 1000 + 1000 + 1000 + 5000,
    });
    expect(running).toMatchObject({ isReversible: true, size: 4000 });
  });
});

describe('handle: operations', () => {
  it('come newest first, in short, and one of them with its events and all evidence', async () => {
    const box = await seasoned();
    const { handle } = planeOn(box, { isLeader: false });
    const found = OperationsView.parse(await handle.operations(box.signal)).operations;
    expect(found.map(({ verb, to }) => `${verb} ${to.version}`)).toEqual([
      'revert 1.2.0',
      'update 1.3.0',
      'update 1.2.0',
      'update 1.1.0',
      'install 1.0.0',
    ]);
    const [back, failed] = found;
    expect(back?.cause).toMatchObject({ operation: failed?.name, problem: { code: 'observe.crash-loop' } });
    expect(failed).toMatchObject({ outcome: 'failed', problem: { code: 'observe.crash-loop' } });
    const proven = (steps: readonly StepView[] = []) =>
      steps.filter(({ evidence }) => evidence !== undefined).map(({ state }) => state);
    expect(proven(failed?.steps)).toEqual(['failed']);
    expect(
      found.filter(({ outcome }) => outcome === 'succeeded').flatMap(({ steps }) => proven(steps)),
    ).toEqual([]);
    const whole = await handle.operation(found.at(-1)?.name ?? '', box.signal);
    expect(proven(whole.steps)).toContain('done');
    const detail = OperationDetail.parse(await handle.operation(failed?.name ?? '', box.signal));
    expect(detail.events.map(({ n }) => n)).toEqual(detail.events.map((_, at) => at + 1));
    expect(detail.lastEvent).toBe(detail.events.length);
    expect(detail.steps.every(({ worstMs = 0, usualMs = 0 }) => worstMs >= usualMs)).toBe(true);
  });

  it('that are not there are told so (request.not-found), and one without journal counts as begun', async () => {
    const box = await installed();
    const { handle } = planeOn(box);
    await expect(handle.operation('../secrets', box.signal)).rejects.toMatchObject({
      code: 'request.not-found',
    });
    const [done] = box.operations();
    const name = '20261122000000-update-00000000';
    box.cluster.store.create({ ...done, status: undefined, kind: 'Operation', metadata: { name } } as never);
    const begun = OperationDetail.parse(await handle.operation(name, box.signal));
    expect(begun).toMatchObject({ outcome: 'running', lastEvent: 0, events: [] });
    expect(begun.startedAt).toBe(box.clock.now().toISOString());
    expect(begun.steps.length).toBeGreaterThan(0);
  });
});

describe('handle: the wake-up call', () => {
  const looks = (box: Box): number =>
    box.vendor.registry.asked.filter((reference) => reference === 'stable-v2').length;

  it('makes the leader ask the channel at once, and once', async () => {
    const box = await installed();
    const plane = planeOn(box);
    await runCycle(plane.engine, box.signal);
    box.clock.advance(2_000);
    await runCycle(plane.engine, box.signal);
    const before = looks(box);
    await runCycle(plane.engine, box.signal);
    expect(looks(box)).toBe(before);
    plane.handle.wake();
    plane.handle.wake();
    await runCycle(plane.engine, box.signal);
    expect(looks(box)).toBe(before + 1);
    await pass(box, 1_000);
    await runCycle(plane.engine, box.signal);
    expect(looks(box)).toBe(before + 1);
    expect(await rung(plane, box)).toBe(true);
  });

  it('is not lost to a look that began before it', async () => {
    const box = await installed();
    const plane = planeOn(box);
    let answer = (): void => undefined;
    const slow: Registry = {
      ...box.vendor.registry.port,
      look: async (query, signal) => {
        const found = await box.vendor.registry.port.look(query, signal);
        await new Promise<void>((resolve) => (answer = resolve));
        return found;
      },
    };
    const engine = { ...plane.engine, ports: { ...plane.engine.ports, registry: slow } };
    const options = { cluster: plane.cluster, wake: plane.wake, build: 'x', isLeader: () => true };
    const handle = createHandle(engine, options);
    const asking = askChannel(engine, await lookAtWorld(engine, box.signal), box.signal);
    await pass(box, 100);
    box.vendor.publish('1.1.0');
    handle.wake();
    answer();
    await asking;
    expect(engine.memory.channel).toBeDefined();
    await pass(box, 400);
    expect(engine.memory.channel).toBeUndefined();
    expect(await rung(plane, box)).toBe(true);
  });

  it('at a replica that does not lead leaves one request for the leader, which then asks the channel', async () => {
    const box = await installed();
    const plane = planeOn(box, { isLeader: false });
    const leader = box.engine();
    await box.settle(leader);
    const before = looks(box);
    for (let n = 0; n < 5; n += 1) {
      plane.handle.wake();
      await pass(box, 50);
    }
    expect(specOf(box)['requests']).toMatchObject([{ verb: 'check-now', actor: { via: 'webhook' } }]);
    const status = await box.settle(leader);
    expect(looks(box)).toBe(before + 1);
    expect(status.handledRequests).toEqual([expect.stringMatching(/^wake-up-\d+$/)]);
  });

  it('does no harm where the cluster is away', async () => {
    const box = await installed();
    const plane = planeOn(box, { isLeader: false, wrap: (cluster) => fence(cluster, () => false) });
    plane.handle.wake();
    await pass(box, 500);
    expect(specOf(box)['requests'] ?? []).toEqual([]);
  });

  /** Whether the bell was rung: then a wait for it is over before its time. */
  async function rung({ wake }: Plane, box: Box): Promise<boolean> {
    let isOver = false;
    const waiting = wake.wait(60_000, { urgentOnly: true, debounceMs: 1 }, box.signal).then(() => {
      isOver = true;
    });
    await pass(box, 10, 5);
    const before = isOver;
    box.clock.advance(60_000);
    await waiting;
    return before;
  }
});
