import { createApiClient, type ApiClient, type ClientOptions } from 'host-service/edges/api-client/client.ts';
import { EventCutter } from 'host-service/edges/api-client/event-stream.ts';
import { Problem } from 'host-service/contract/problem.ts';
import type { LiveEvent } from 'host-service/contract/api/status.ts';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { makeView } from '../flow/api-world.ts';
import {
  json,
  selfSigned,
  startScripted,
  until,
  type Handler,
  type ScriptedServer,
  type Tls,
} from './kubernetes-server.ts';

const never = new AbortController().signal;
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serverWith(handle: Handler, tls?: Tls): Promise<ScriptedServer> {
  const server = await startScripted(handle, tls);
  cleanups.push(() => server.stop());
  return server;
}
function clientOf({ url }: ScriptedServer, over: Partial<ClientOptions> = {}): ApiClient {
  const client = createApiClient({ origin: url, userAgent: 'test', ...over });
  cleanups.push(() => client.close());
  return client;
}
const problemFrom = async (work: Promise<unknown>): Promise<Problem> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Problem) return error;
  throw new Error(`no problem but ${String(error)}`);
};
const answering =
  (status: number, body: unknown, headers = {}): Handler =>
  (_, answer) =>
    json(answer, status, body, headers);

describe('the client of the API', () => {
  it('sends what the table says, and parses what comes by it', async () => {
    const server = await serverWith(answering(202, { intentRevision: 8 }));
    const input = {
      cookie: 'appliance=c',
      body: { hold: true },
      ifMatch: 7,
      requestId: 'request-1',
      query: { dry_run: '0' },
    };
    expect(await clientOf(server).call('intent', input, never)).toEqual({ intentRevision: 8 });
    const [seen] = server.seen;
    expect(seen).toMatchObject({ method: 'PUT', path: '/api/intent', body: '{"hold":true}' });
    expect(seen?.headers).toMatchObject({
      'if-match': '"7"',
      'x-request-id': 'request-1',
      cookie: 'appliance=c',
      'content-type': 'application/json',
    });
    expect(seen?.headers.origin).toBeUndefined();
  });

  it('B-89 throws a refusal as the problem that the box named, with its wait', async () => {
    const body = {
      code: 'request.rate-limited',
      title: 'T.',
      remedy: 'R.',
      detail: '60 a minute',
      requestId: 'x',
    };
    const client = clientOf(await serverWith(answering(429, body, { 'retry-after': '7' })));
    const problem = await problemFrom(client.call('status', {}, never));
    expect(problem).toMatchObject({
      code: 'request.rate-limited',
      detail: '60 a minute',
      retryAfterMs: 7_000,
    });
  });

  it.each([
    [
      'a code of a newer version',
      answering(422, { code: 'moon.full', title: '', remedy: '', detail: '', requestId: '' }),
      'client.bad-answer',
    ],
    [
      'a page of something between',
      (_, answer) => void answer.writeHead(502).end('<h1>Bad gateway</h1>'),
      'client.disconnected',
    ],
    [
      'a redirect',
      (_, answer) => void answer.writeHead(302, { location: 'https://evil.example' }).end(),
      'client.bad-answer',
    ],
    ['an answer of another shape', answering(200, { intentRevision: 'x' }), 'client.bad-answer'],
    ['no JSON', (_, answer) => void answer.end('hello'), 'client.bad-answer'],
    ['more than it takes', (_, answer) => void answer.end(Buffer.alloc(70_000, 'x')), 'client.bad-answer'],
    [
      'half an answer',
      (_, answer) => {
        answer.writeHead(200, { 'content-length': '100' });
        answer.write('{');
        setImmediate(() => answer.destroy());
      },
      'client.disconnected',
    ],
  ])('takes %s for what it is', async (_title, handle, code) => {
    const client = clientOf(await serverWith(handle), { limits: { answerBytes: 64 * 1024 } });
    const problem = await problemFrom(client.call('status', {}, never));
    expect(problem.code).toBe(code);
    expect(problem.detail).not.toMatch(/evil|Bad gateway|at async|node:/);
  });

  it('R-06 B-48 does not take its own patience for a failure of what was asked', async () => {
    const client = clientOf(await serverWith(() => undefined), { limits: { answerMs: 50 } });
    const problem = await problemFrom(
      client.call('requests', { body: { id: 'request-1', verb: 'cancel' } }, never),
    );
    expect(problem).toMatchObject({ code: 'client.disconnected' });
    expect(problem.detail).toContain('what was asked may still happen');
  });

  it('ends at once when it is told to', async () => {
    const server = await serverWith(() => undefined);
    const stop = new AbortController();
    const asked = problemFrom(clientOf(server).call('status', {}, stop.signal));
    await until('it is asked', () => server.seen.length === 1);
    stop.abort();
    expect(await asked).toMatchObject({ code: 'client.disconnected' });
  });

  it('trusts a box only by its authority', async () => {
    const tls = await selfSigned('box');
    const server = await serverWith(answering(202, { intentRevision: 1 }), tls);
    const body = { id: 'request-1', verb: 'cancel' } as const;
    const problem = await problemFrom(clientOf(server).call('requests', { body }, never));
    expect(problem.detail).toContain('its certificate is not trusted here; name its authority with --ca');
    expect(server.seen).toEqual([]);
    const known = clientOf(server, { ca: tls.cert });
    expect(await known.call('requests', { body }, never)).toEqual({ intentRevision: 1 });
  });

  it('R-05 hears each event once, skips what it does not know, and says how the stream ended', async () => {
    const snapshot = JSON.stringify(makeView(4));
    const server = await serverWith((_, answer) => {
      answer.writeHead(200, { 'content-type': 'text/event-stream' });
      answer.write(`retry: 1000\n\nevent: snapshot\nid: c4\ndata: ${snapshot}\n\n`);
      answer.write('event: from-the-future\ndata: {}\n\n: a comment\n\n');
      answer.end('event: bye\ndata: {"reason":"draining"}\n\nevent: snapshot\ndata: not heard\n\n');
    });
    const heard: LiveEvent[] = [];
    const end = await clientOf(server).events(
      { cookie: 'a=b', after: 'c3' },
      (event) => heard.push(event),
      never,
    );
    expect(end).toBe('draining');
    expect(heard.map(({ name, id }) => [name, id])).toEqual([['snapshot', 'c4']]);
    expect(server.seen[0]?.query.get('after')).toBe('c3');
  });

  it('notices a stream that has gone silent, one that lies, and one that is refused', async () => {
    const silent = clientOf(await serverWith((_, answer) => answer.writeHead(200).flushHeaders()), {
      limits: { silenceMs: 50 },
    });
    const listen = (client: ApiClient) =>
      problemFrom(client.events({ cookie: undefined, after: undefined }, () => undefined, never));
    expect(await listen(silent)).toMatchObject({ code: 'client.disconnected' });
    const lying = clientOf(await serverWith((_, answer) => void answer.end('event: snapshot\ndata: {}\n\n')));
    expect(await listen(lying)).toMatchObject({ code: 'client.bad-answer' });
    const body = { code: 'session.required', title: 'T.', remedy: 'R.', detail: 'none', requestId: 'x' };
    expect(await listen(clientOf(await serverWith(answering(401, body))))).toMatchObject({
      code: 'session.required',
    });
    const endless = clientOf(await serverWith((_, answer) => void answer.end(`data: ${'x'.repeat(2_000)}`)), {
      limits: { answerBytes: 1_000 },
    });
    expect(await listen(endless)).toMatchObject({ code: 'client.bad-answer' });
  });

  it('cuts a stream into the same events wherever the network cuts it', () => {
    const text =
      'event: a\r\nid: 1\r\ndata: x\r\ndata: y\r\n\r\n: hm\n\nevent: b\rdata:z\r\rid: 3\n\ndata\n\n';
    const whole = [
      { name: 'a', id: '1', data: 'x\ny' },
      { name: 'b', id: undefined, data: 'z' },
      { name: '', id: undefined, data: '' },
    ];
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: text.length })), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const cutter = new EventCutter(1_000);
        const events = places.slice(1).flatMap((end, at) => cutter.push(text.slice(places[at], end)));
        expect(events).toEqual(whole);
      }),
    );
  });
});
