import { OperationEvent } from 'host-service/contract/operation.ts';
import { LiveEvents, StatusView } from 'host-service/contract/api/status.ts';
import { ProblemAnswer } from 'host-service/contract/api/problem-answer.ts';
import type { Limits } from 'host-service/api/options.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { makeView } from '../flow/api-world.ts';
import { COOKIE, EventReader, serveWorld, until, type Served } from './listener/served.ts';

const QUICK: Partial<Limits> = { beatMs: 20, checkMs: 5 };
let served: Served;
const readers: EventReader[] = [];
const closing = { current: new AbortController() };

afterEach(async () => {
  for (const reader of readers.splice(0)) reader.leave();
  await served.close();
});
async function open(limits: Partial<Limits> = QUICK): Promise<Served> {
  closing.current = new AbortController();
  served = await serveWorld({ limits, closing: closing.current.signal });
  return served;
}
function read(search = '', headers: Record<string, string> = {}): EventReader {
  const reader = new EventReader(`${served.url}/api/events${search}`, headers);
  readers.push(reader);
  return reader;
}
const operation = (n: number) => ({
  ...{ name: 'operation' as const, id: `op-${n}` },
  data: {
    operation: 'one-install',
    event: OperationEvent.parse({
      n,
      at: '2026-11-21T12:00:00Z',
      level: 'info',
      text: `line\n${n}`.replace('\n', ' '),
    }),
  },
});

describe('the stream of events', () => {
  it('begins with the newest view, then tells what moves, each once and in order', async () => {
    const { world } = await open();
    const reader = read();
    await until(() => reader.count('snapshot') === 1);
    for (const n of [1, 2]) world.live.publish(operation(n));
    world.live.snapshot(4);
    await until(() => reader.count('snapshot') === 2);
    expect(reader.story).toEqual(['snapshot c3', 'operation op-1', 'operation op-2', 'snapshot c4']);
    expect(StatusView.parse(reader.seen.findLast(({ id }) => id === 'c4')?.data).intentRevision).toBe(4);
    expect(reader.text).toMatch(/^retry: 1000\n\n/);
  });

  it('beats, so that a page knows that it does not look at the past', async () => {
    await open();
    const reader = read();
    await until(() => reader.count('beat') >= 3);
    const beats = reader.seen.filter(({ event }) => event === 'beat');
    for (const { data, id } of beats) {
      expect(LiveEvents.beat.parse(data).build).toBe('test-build');
      expect(id).toBeUndefined();
    }
  });

  it('B-56 goes on where a client stopped, by its header or its address, the header being newer', async () => {
    const { world } = await open();
    const first = read();
    await until(() => first.count('snapshot') === 1);
    for (const n of [1, 2, 3]) world.live.publish(operation(n));
    await until(() => first.count('operation') === 3);
    first.leave();
    await until(() => world.streams === 0);
    const again = [
      read('', { 'last-event-id': 'op-2' }),
      read('?after=op-2'),
      read('?after=op-1', { 'last-event-id': 'op-2' }),
      read('?after=nobody-knows'),
      read('', { 'last-event-id': 'x'.repeat(600) }),
    ];
    await until(() => world.streams === again.length);
    world.live.publish(operation(4));
    await until(() => again.every((reader) => reader.seen.some(({ id }) => id === 'op-4')));
    const resumed = ['operation op-3', 'operation op-4'];
    const anew = ['snapshot c3', 'operation op-4'];
    expect(again.map(({ story }) => story)).toEqual([resumed, resumed, resumed, anew, anew]);
  });

  it('ends with a word within moments when the session is taken away, and for the others goes on', async () => {
    const { world } = await open();
    const [gone, stays] = [read(), read('', { cookie: 'appliance=viewer-cookie' })];
    await until(() => gone.count('snapshot') + stays.count('snapshot') === 2);
    world.sessions.delete('admin-cookie');
    await gone.ended;
    expect(gone.seen.at(-1)).toEqual({ event: 'bye', id: undefined, data: { reason: 'signed-out' } });
    const beats = stays.count('beat');
    await until(() => stays.count('beat') > beats + 1);
    expect([stays.count('bye'), world.streams]).toEqual([0, 1]);
  });

  it('ends when the session is over by its own time', async () => {
    const { world } = await open();
    const session = world.session('admin');
    world.sessions.set('admin-cookie', { ...session, expiresAt: new Date(Date.now() - 1).toISOString() });
    const reader = read();
    await reader.ended;
    expect(reader.seen.at(-1)?.data).toEqual({ reason: 'signed-out' });
  });

  it('stays open while nobody can say whether the session is good', async () => {
    const { world } = await open();
    const reader = read();
    await until(() => reader.count('beat') >= 1);
    world.access.sessionOf = () => Promise.reject(new Error('the cluster is away'));
    const beats = reader.count('beat');
    await until(() => reader.count('beat') > beats + 2);
    expect(reader.count('bye')).toBe(0);
  });

  it('beats on while the cluster lets the look at a session hang', async () => {
    const { world } = await open();
    const reader = read();
    await until(() => reader.count('beat') >= 1);
    world.access.sessionOf = () => new Promise(() => undefined);
    const beats = reader.count('beat');
    await until(() => reader.count('beat') > beats + 2);
  });

  it('ends with a word when the program is about to go, and opens no new one', async () => {
    const { world, url } = await open();
    const reader = read();
    await until(() => reader.count('snapshot') === 1);
    closing.current.abort();
    await reader.ended;
    expect(reader.seen.at(-1)?.data).toEqual({ reason: 'draining' });
    expect([world.streams, world.live.listeners.size]).toEqual([0, 0]);
    const late = await fetch(`${url}/api/events`, { headers: COOKIE });
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '1']);
    expect(ProblemAnswer.parse(await late.json()).code).toBe('request.draining');
  });

  it('holds a bounded amount for a client that does not read, then lets it go', async () => {
    const { world, dial, listener } = await open({ ...QUICK, pendingBytes: 64 * 1024 });
    const socket = await dial();
    socket.pause();
    socket.write('GET /api/events HTTP/1.1\r\nHost: x\r\nCookie: appliance=admin-cookie\r\n\r\n');
    await until(() => world.streams === 1);
    const text = 'x'.repeat(500);
    for (let n = 1; world.streams === 1; n += 1) {
      const { data, ...event } = operation(n);
      world.live.publish({ ...event, data: { ...data, event: { ...data.event, text } } });
      if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(world.live.listeners.size).toBe(0);
    // The connection of a client that does not even take the last word is cut.
    await until(() => listener.connections() === 0);
  });

  it('lets a client go that leaves events unread for too long', async () => {
    const { world, dial } = await open({ ...QUICK, slowMs: 100 });
    const socket = await dial();
    socket.pause();
    socket.write('GET /api/events HTTP/1.1\r\nHost: x\r\nCookie: appliance=admin-cookie\r\n\r\n');
    await until(() => world.streams === 1);
    const view = makeView(5);
    const settings = Object.fromEntries(Array.from({ length: 250 }, (_, n) => [`s${n}`, 'y'.repeat(4_000)]));
    // Larger than what the kernel takes, and never more than one of them waits here: only the newest counts.
    while (world.streams === 1) {
      world.live.publish({ name: 'snapshot', id: 'big', data: { ...view, settings } });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(world.live.listeners.size).toBe(0);
  });

  it('opens so many for one session and for all, and frees the place of whoever leaves', async () => {
    const { url, world } = await open({ ...QUICK, streamsPerSession: 2, streams: 3 });
    const mine = [read(), read()];
    await until(() => world.streams === 2);
    const refused = await fetch(`${url}/api/events`, { headers: COOKIE });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
    const other = { cookie: 'appliance=viewer-cookie' };
    read('', other);
    await until(() => world.streams === 3);
    expect((await fetch(`${url}/api/events`, { headers: other })).status).toBe(429);
    mine[0]?.leave();
    await until(() => world.streams === 2);
    const next = read();
    await until(() => next.count('snapshot') === 1);
  });

  it('is not opened by a HEAD that nobody would read', async () => {
    const { url, world } = await open();
    expect((await fetch(`${url}/api/events`, { method: 'HEAD', headers: COOKIE })).status).toBe(405);
    expect(world.streams).toBe(0);
  });
});
