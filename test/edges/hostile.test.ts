import { ProblemAnswer } from 'host-service/contract/api/problem-answer.ts';
import { StatusView } from 'host-service/contract/api/status.ts';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../cluster/kube.ts';
import { SECRET } from './hostile/bodies.ts';
import { Box, OUTSIDE, PASSWORD } from './hostile/box.ts';
import { answersIn, dial, Drips } from './hostile/client.ts';
import { makeDice } from './hostile/dice.ts';
import { flood, type Flooded } from './hostile/flood.ts';

/** Another one explores, this one repeats: `HOSTILE_SEED=7`. */
const SEED = Number(process.env['HOSTILE_SEED'] ?? 20_261_121);
const HALF = 5_000;
const STREAMS = 200;
const SESSIONS = 10;
const RSS_MAX = 350e6;
const RSS_GROWTH_MAX = 80e6;

let box: Box | undefined;
let sockets: Socket[] = [];
let drips: Drips | undefined;
afterEach(async () => {
  await drips?.leave();
  for (const socket of sockets) socket.destroy();
  [sockets, drips] = [[], undefined];
  await box?.close();
  box = undefined;
});

/** Everything was judged; what is wrong is shown with the bytes that led to it. */
function expectSound(half: string, { faults, requests, statuses }: Flooded): void {
  expect(faults, `${half} claim, seed ${SEED}`).toEqual([]);
  expect(requests).toBeGreaterThanOrEqual(HALF);
  // They come through to the API: refusals for many different reasons, not one for all.
  for (const status of [200, 401, 404, 405, 413, 415, 422])
    if (status !== 401 || half === 'after') expect([...statuses.keys()], half).toContain(status);
}

/** Whoever asks too often is told so. The flood comes from many addresses, hence one more that hurries. */
async function expectLimit(port: number): Promise<void> {
  const socket = dial(port, '127.211.0.1');
  sockets.push(socket);
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
  const request =
    'POST /api/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';
  for (let sent = 0; sent < 100; sent += 1) socket.write(request);
  await eventually('being told to wait', () => Promise.resolve(heard.includes(' 429 ')), 20_000);
  expect(heard).toContain('request.rate-limited');
}

/** Whoever was too slow was told so in words of the table. */
async function expectRefused(slow: Drips): Promise<void> {
  const heard = (await slow.leave()).filter((text) => text !== '');
  for (const text of heard)
    for (const { body } of answersIn(text, []))
      expect(ProblemAnswer.parse(JSON.parse(body)).code).toMatch(/^request\./);
}

/** Streams from clients that read their first words; every second one never reads again. */
async function openStreams(port: number, cookies: readonly string[]): Promise<void> {
  const first = cookies.flatMap((cookie, at) =>
    Array.from({ length: STREAMS / SESSIONS }, async (_, index) => {
      const socket = dial(port, `127.210.${at}.${1 + index}`);
      sockets.push(socket);
      socket.write(`GET /api/events HTTP/1.1\r\nhost: x\r\ncookie: ${cookie}\r\n\r\n`);
      const text = await new Promise<string>((resolve) =>
        socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1'))),
      );
      if (index % 2 === 0) socket.pause();
      else socket.resume();
      return text.slice(0, 15);
    }),
  );
  expect(new Set(await Promise.all(first))).toEqual(new Set(['HTTP/1.1 200 OK']));
}

describe('a control plane among strangers', () => {
  it('S1 R-43 R-53 lives through 10,000 hostile requests before and after its claim, tells every refusal and keeps every secret', async () => {
    console.log(`seed ${SEED}`);
    box = await Box.open();
    const { plane, port } = box;
    const dice = makeDice(SEED);
    const host = `127.0.0.1:${port}`;
    const code = await box.claimCode();
    const codes = [code, code.replaceAll('-', '')];
    const common = { port, dice, count: HALF };

    drips = new Drips(port, 40);
    const before = await flood({
      ...{ ...common, target: { host, cookies: {} }, actors: [undefined], hidden: [...codes, OUTSIDE] },
    });
    expectSound('before', before);
    await expectLimit(port);
    expect((await fetch(`${plane.url}/api/healthz`)).status).toBe(200);
    expect(await box.session()).toMatchObject({ claimed: false });
    await expectRefused(drips);

    await box.own({ grace: 'admin', vera: 'viewer' });
    const admin = await box.signIn('grace');
    const viewers: string[] = [];
    for (let index = 0; index < SESSIONS - 1; index += 1) viewers.push(await box.signIn('vera'));
    const viewer = viewers[0] ?? '';
    const status = await fetch(`${plane.url}/api/status`, { headers: { cookie: viewer } });
    // What strangers asked for was never done.
    expect(StatusView.parse(await status.json()).intentRevision).toBe(1);
    const rssBefore = await box.figure('process_resident_memory_bytes', viewer);

    drips = new Drips(port, 40);
    await openStreams(port, [admin, ...viewers]);
    expect(await box.figure('appliance_event_streams', viewer)).toBeGreaterThan(STREAMS / 2);
    const cookies = { admin, viewer };
    const macs = [admin, ...viewers].map((cookie) => cookie.slice(cookie.lastIndexOf('.') + 1));
    const hidden = [...codes, OUTSIDE, PASSWORD, ...macs];
    const after = await flood({
      ...{ ...common, target: { host, cookies }, actors: [undefined, 'viewer', 'admin'], hidden },
    });
    expectSound('after', after);
    expect((await fetch(`${plane.url}/api/healthz`)).status).toBe(200);
    expect([plane.isRunning, plane.starts]).toEqual([true, 1]);
    const rssAfter = await box.figure('process_resident_memory_bytes', viewer);
    console.log(
      `${before.requests + after.requests} requests on ${before.connections + after.connections} connections; resident ` +
        `${Math.round(rssBefore / 1e6)} MB after the first half, ${Math.round(rssAfter / 1e6)} MB after the second`,
      ...[before, after].map(({ statuses }) => JSON.stringify([...statuses].sort(([a], [b]) => a - b))),
    );
    expect(Math.max(rssBefore, rssAfter)).toBeLessThan(RSS_MAX);
    expect(rssAfter - rssBefore).toBeLessThan(RSS_GROWTH_MAX);
    await expectRefused(drips);
    for (const socket of sockets) socket.destroy();
    await eventually(
      'the abandoned streams are let go',
      async () => (await box?.figure('appliance_event_streams', viewer)) === 0 || undefined,
      60_000,
    );

    const log = await plane.log();
    for (const word of [SECRET, ...hidden]) expect(log).not.toContain(word);
    expect(log).not.toMatch(/"level":(50|60|"error"|"fatal")/);
  }, 240_000);
});
