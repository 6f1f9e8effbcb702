import { describe, expect, it } from 'vitest';
import { StatusView } from 'host-service/contract/api/status.ts';
import { runCycle } from 'host-service/engine/cycle.ts';
import type { Cluster } from 'host-service/engine/ports.ts';
import { ApplianceStatus } from 'host-service/contract/appliance.ts';
import { OperationStatus } from 'host-service/contract/operation.ts';
import { Problem } from 'host-service/contract/problem.ts';
import {
  breathe,
  installed,
  journalled,
  listen,
  living,
  pass,
  planeOn,
  told,
  type Plane,
} from './handle-world.ts';
import { Box } from './world/box.ts';

const view = ({ handle }: Plane): StatusView => {
  const current = handle.live.current();
  if (current === undefined) throw new Error('there is no view yet');
  expect(current.json).toBe(JSON.stringify(current.view));
  expect(StatusView.parse(JSON.parse(current.json))).toEqual(JSON.parse(current.json));
  return current.view;
};

/** The engine of the box works through an update while somebody listens. */
async function update(box: Box, turns = 40): Promise<void> {
  if (box.operations().length < 2) box.intent({ approvedRelease: box.vendor.publish('1.1.0').digest });
  const engine = box.engine();
  for (let turn = 0; turn < turns; turn += 1) {
    await box.tryCycle(engine);
    box.platform.tick();
    await pass(box, 1_100, 550);
  }
}

describe('live: the view of the box', () => {
  it('is there once the box can be read, with all that the first page shows, on a replica that does not lead', async () => {
    const box = await installed();
    const plane = planeOn(box, { isLeader: false });
    expect(plane.handle.live.current()).toBeUndefined();
    await living(box, plane, async () => {
      const { status, operation, channels, questions, cluster, build, defaultChannel } = view(plane);
      await breathe();
      expect(status?.running?.version).toBe('1.0.0');
      expect(operation).toMatchObject({ verb: 'install', outcome: 'succeeded', to: { version: '1.0.0' } });
      expect(operation?.steps.every(({ usualMs }) => usualMs !== undefined)).toBe(true);
      expect(channels.map(({ name }) => name)).toEqual(['stable', 'nightly']);
      expect(Object.keys(questions)).toContain('password');
      expect({ defaultChannel, build, isConnected: cluster.isConnected }).toEqual({
        defaultChannel: 'stable',
        build: 'test-1',
        isConnected: true,
      });
    });
  });

  it('waits for an Appliance that is not there yet, and welcomes those who came before it', async () => {
    const box = new Box();
    box.cluster.store.remove({ kind: 'Appliance', name: 'appliance' });
    const plane = planeOn(box);
    const early = listen(plane, 'no-cursor-of-ours');
    await living(box, plane, async () => {
      await pass(box, 5_000, 500);
      expect(plane.handle.live.current()).toBeUndefined();
      box.edit(() => ({ settings: {} }));
      await pass(box, 200);
      expect(view(plane).status).toBeUndefined();
      expect(early.events.map(({ name }) => name)).toEqual(['snapshot']);
    });
  });

  it('never shows an answer that is secret, wherever it lies', async () => {
    const box = await installed();
    box.edit((spec) => ({
      ...spec,
      settings: { appUrl: 'https://psa.example.com', password: 'hunter2hunter2', other: 'x' },
    }));
    const plane = planeOn(box);
    await living(box, plane, () => {
      expect(view(plane).settings).toEqual({ appUrl: 'https://psa.example.com' });
      expect(plane.handle.live.current()?.json).not.toContain('hunter2');
      return Promise.resolve();
    });
  });

  it('B-47 B-49 B-50 B-74 follows what is: a change is a new snapshot with another ETag, and nothing new is none', async () => {
    const box = await installed();
    const plane = planeOn(box);
    await living(box, plane, async () => {
      const listener = listen(plane);
      const before = plane.handle.live.current();
      box.intent({ hold: true });
      await pass(box, 200);
      const after = plane.handle.live.current();
      expect(after?.view.intent.hold).toBe(true);
      expect(after?.etag).toMatch(/^"[a-f0-9]{32}"$/);
      expect(after?.etag).not.toBe(before?.etag);
      expect(listener.events.map(({ name }) => name)).toEqual(['snapshot', 'snapshot']);
      expect(listener.events.at(-1)?.text).toBe(after?.json);
      await pass(box, 10_000, 500);
      expect(listener.events).toHaveLength(2);
      expect(plane.handle.live.current()?.etag).toBe(after?.etag);
    });
  });

  it('sends no more than ten snapshots a second, and the last one says the last word', async () => {
    const box = await installed();
    const plane = planeOn(box);
    await living(box, plane, async () => {
      const listener = listen(plane);
      for (let n = 0; n < 200; n += 1) {
        box.intent({ pin: `1.0.${n}` });
        await pass(box, 10, 10);
      }
      await pass(box, 200);
      expect(listener.events.length).toBeGreaterThan(10);
      expect(listener.events.length).toBeLessThanOrEqual(22);
      expect(view(plane).intent.pin).toBe('1.0.199');
    });
  });

  it('B-56 says that it has lost sight of the cluster, and that it is back', async () => {
    const box = await installed();
    let isAway = false;
    const wrap = (cluster: Cluster): Cluster => ({
      ...cluster,
      get: async (ref, signal) => {
        if (isAway) throw new Problem('cluster.unavailable', 'gone');
        return cluster.get(ref, signal);
      },
    });
    const plane = planeOn(box, { wrap });
    await living(box, plane, async () => {
      isAway = true;
      await pass(box, 3_000, 500);
      expect(view(plane).cluster.isConnected).toBe(true);
      await pass(box, 6_000, 500);
      const lost = view(plane);
      expect(lost.cluster.isConnected).toBe(false);
      expect(lost.status?.running?.version).toBe('1.0.0');
      isAway = false;
      await pass(box, 3_000, 500);
      expect(view(plane).cluster.isConnected).toBe(true);
      expect(view(plane).cluster.since > lost.cluster.since).toBe(true);
    });
  });

  it('starts while the cluster is away, and sees it when it comes, also one that never answers', async () => {
    const box = await installed();
    let mood: 'mute' | 'good' = 'mute';
    const wrap = (cluster: Cluster): Cluster => ({
      ...cluster,
      get: (ref, signal) => (mood === 'mute' ? new Promise(() => undefined) : cluster.get(ref, signal)),
    });
    const plane = planeOn(box, { wrap });
    await living(box, plane, async () => {
      await pass(box, 10_000, 500);
      expect(plane.handle.live.current()).toBeUndefined();
      mood = 'good';
      await pass(box, 6_000, 500);
      expect(view(plane).status?.running?.version).toBe('1.0.0');
    });
  });

  it('looks by itself where a watch is dead, and starts one again that has ended', async () => {
    const box = await installed();
    let starts = 0;
    const wrap = (cluster: Cluster): Cluster => ({
      ...cluster,
      watch: (_kind, options) => {
        starts += 1;
        if (starts % 3 === 0) return Promise.reject(new Problem('cluster.unavailable', 'cut'));
        return new Promise((resolve) => options.signal.addEventListener('abort', () => resolve()));
      },
    });
    const plane = planeOn(box, { wrap });
    await living(box, plane, async () => {
      const listener = listen(plane);
      await update(box, 6);
      expect(view(plane).operation).toMatchObject({ verb: 'update' });
      await update(box);
      await pass(box, 40_000, 1_000);
      expect(view(plane).status?.running?.version).toBe('1.1.0');
      expect(view(plane).operation).toMatchObject({ verb: 'update', outcome: 'succeeded' });
      const [first = ''] = told(listener);
      expect(told(listener)).toEqual(journalled(box).slice(journalled(box).indexOf(first)));
    });
  });
});

describe('live: those who listen', () => {
  it('get each event of an operation once and in order, and lose one of them without harm to the others', async () => {
    const box = await installed();
    const plane = planeOn(box, { isLeader: false });
    await living(box, plane, async () => {
      const old = journalled(box).length;
      let blows = 0;
      plane.handle.live.subscribe(undefined, () => {
        blows += 1;
        throw new Error('a listener that fails');
      });
      const steady = listen(plane);
      const leaving = listen(plane);
      leaving.stop();
      const heard = leaving.events.length;
      await update(box);
      expect(blows).toBe(1);
      expect(told(steady)).toEqual(journalled(box).slice(old));
      expect(told(steady).length).toBeGreaterThan(5);
      expect(leaving.events).toHaveLength(heard);
      const ids = steady.events.map(({ id }) => id);
      expect(ids.every((id) => id !== undefined && id.length <= 512)).toBe(true);
    });
  });

  it('B-52 take up again from any cursor, in the same process and in the next one: nothing lost, nothing twice', async () => {
    const box = await installed();
    const first = planeOn(box, { isLeader: false });
    const steady = await living(box, first, async () => {
      const listener = listen(first);
      await update(box);
      return listener;
    });
    const next = planeOn(box, { build: 'test-2' });
    await living(box, next, async () => {
      await breathe();
      const all = steady.events;
      for (const [at, { id }] of all.entries()) {
        const before = told({ ...steady, events: all.slice(0, at + 1) });
        for (const plane of [first, next]) {
          const late = listen(plane, id);
          expect([...before, ...told(late)], `from event ${at}`).toEqual(told(steady));
          expect(late.events.filter(({ name }) => name === 'snapshot').length).toBeLessThanOrEqual(1);
          late.stop();
        }
      }
      expect(listen(first, all.at(-1)?.id).events).toEqual([]);
    });
  });

  it('that came before the first operation, or whose event was folded away since, get all that is left', async () => {
    const box = new Box();
    const first = planeOn(box);
    const fresh = await living(box, first, () => Promise.resolve(first.handle.live.current()?.view.cursor));
    box.vendor.publish('1.0.0');
    await box.run();
    const [one = '', two = ''] = journalled(box);
    const name = one.slice(0, one.indexOf(' '));
    const made = box.cluster.must('Operation', name);
    const status = OperationStatus.parse(made['status']);
    const known = Buffer.from(JSON.stringify(['1', '0123456789abcdef', [name, 1]])).toString('base64url');
    const next = planeOn(box);
    await living(box, next, () => {
      expect(told(listen(next, fresh))).toEqual(journalled(box));
      expect(told(listen(next, known))).toEqual(journalled(box).slice(1));
      return Promise.resolve();
    });
    box.cluster.store.replaceStatus({ ...made, status: { ...status, events: status.events.slice(2) } });
    const last = planeOn(box);
    await living(box, last, () => {
      expect(told(listen(last, known))).toEqual(journalled(box));
      expect(journalled(box)).not.toContain(two);
      return Promise.resolve();
    });
  });

  it('are not misled by an answer that the watch has overtaken', async () => {
    const box = await installed();
    let release = (): void => undefined;
    let isSlow = false;
    const wrap = (cluster: Cluster): Cluster => ({
      ...cluster,
      list: async (kind, options) => {
        const found = await cluster.list(kind, options);
        if (isSlow && kind.kind === 'Operation') await new Promise<void>((resolve) => (release = resolve));
        return found;
      },
    });
    const plane = planeOn(box, { wrap });
    await living(box, plane, async () => {
      const listener = listen(plane);
      isSlow = true;
      await pass(box, 31_000, 1_000);
      const old = journalled(box);
      box.intent({ approvedRelease: box.vendor.publish('1.1.0').digest });
      await runCycle(box.engine(), box.signal);
      await breathe();
      release();
      isSlow = false;
      await pass(box, 35_000, 1_000);
      expect(told(listener)).toEqual(journalled(box).slice(old.length));
      expect(told(listener).length).toBeGreaterThan(0);
    });
  });

  it('get one snapshot for a cursor that nobody knows, however it is made', async () => {
    const box = await installed();
    const plane = planeOn(box);
    await living(box, plane, async () => {
      await breathe();
      const forged = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const cursors = [
        '',
        'x'.repeat(10_000),
        forged(['1', '0123456789abcdef', ['20200101000000-update-00000000', 3]]),
        forged(['1', 'not hex', []]),
        forged({ __proto__: 1 }),
      ];
      for (const cursor of cursors) {
        expect(
          listen(plane, cursor).events.map(({ name }) => name),
          cursor.slice(0, 40),
        ).toEqual(['snapshot']);
      }
    });
  });

  it('are not told twice by a replica that lags behind the one they came from', async () => {
    const box = await installed();
    const ahead = planeOn(box);
    const other = box.fork();
    const behind = planeOn(other);
    const id = await living(box, ahead, async () => {
      const listener = listen(ahead);
      const next = box.vendor.publish('1.1.0');
      box.intent({ approvedRelease: next.digest });
      await runCycle(box.engine(), box.signal);
      await pass(box, 200);
      expect(told(listener).length).toBeGreaterThan(0);
      return listener.events.at(-1)?.id;
    });
    await living(other, behind, async () => {
      const late = listen(behind, id);
      const { status, ...operation } = box.cluster.must('Operation', box.open()?.metadata.name ?? '');
      const { name } = operation.metadata;
      const made = other.cluster.store.create({ ...operation, metadata: { name } });
      const journal = OperationStatus.parse(status);
      other.cluster.store.replaceStatus({ ...made, status: journal });
      await pass(other, 300);
      expect(told(late)).toEqual([]);
      const n = (journal.events.at(-1)?.n ?? 0) + 1;
      const event = { n, at: '2026-11-21T12:00:00Z', level: 'info', text: 'one more' } as const;
      other.cluster.store.replaceStatus({
        ...made,
        metadata: { name },
        status: { ...journal, events: [...journal.events, event] },
      });
      await pass(other, 300);
      expect(told(late)).toEqual([`${name} ${n}`]);
    });
  });

  it('keep up with a box of the largest size', async () => {
    const box = await installed();
    const event = (n: number) => ({ n, at: '2026-11-21T12:00:00Z', level: 'info', text: `event ${n}` });
    const done = box.cluster.must('Operation', box.operations()[0]?.metadata.name ?? '');
    const status = OperationStatus.parse(done['status']);
    for (let at = 0; at < 50; at += 1) {
      const name = `20261121${String(130_000 + at)}-repair-00000000`;
      const made = box.cluster.store.create({ ...done, metadata: { name }, status: undefined });
      const events = Array.from({ length: 200 }, (_, n) => event(n + 1));
      box.cluster.store.replaceStatus({ ...made, status: { ...status, events } });
    }
    const appliance = box.cluster.must('Appliance', 'appliance');
    const said = ApplianceStatus.parse(appliance['status']);
    const [component] = said.components;
    const components = Array.from({ length: 128 }, (_, at) => ({ ...component, name: `part-${at}` }));
    box.cluster.store.replaceStatus({ ...appliance, status: { ...said, components } });
    const plane = planeOn(box);
    await living(box, plane, async () => {
      expect(view(plane).status?.components).toHaveLength(128);
      expect(view(plane).operation?.lastEvent).toBe(200);
      const listener = listen(plane);
      for (let n = 0; n < 50; n += 1) {
        box.intent({ pin: `1.0.${n}` });
        await pass(box, 100, 100);
      }
      expect(listener.events).toHaveLength(51);
      const [oldest] = box.operations();
      const name = oldest?.metadata.name ?? '';
      const known = Buffer.from(JSON.stringify(['1', '0123456789abcdef', [name, 1]])).toString('base64url');
      // Too much came since: what is left is in the operations themselves.
      expect(listen(plane, known).events.map((one) => one.name)).toEqual(['snapshot']);
    });
  });
});
