import { BUILD_HEADER, REQUEST_ID_HEADER, ROUTES } from 'host-service/contract/api/routes.ts';
import { describe, expect, it } from 'vitest';
import { session, view } from '../gallery/states/base.ts';
import { addressOf, createCall, HEADERS, retryAfterMsOf } from './call.ts';
import { pageProblemOf, type PageProblem } from './page-problem.ts';

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

interface Sent {
  readonly address: string;
  readonly init: RequestInit | undefined;
}

function caller(answer: () => Response | Promise<Response>) {
  const sent: Sent[] = [];
  const heard: string[] = [];
  const call = createCall(
    async (input, init) => {
      sent.push({ address: typeof input === 'string' ? input : 'not a string', init });
      return answer();
    },
    {
      onBuild: (build) => heard.push(`build ${build}`),
      onAnswer: () => heard.push('answer'),
      onSilence: () => heard.push('silence'),
    },
  );
  return { call, sent, heard };
}

const problemFrom = (promise: Promise<unknown>): Promise<PageProblem> =>
  promise.then(
    () => {
      throw new Error('it went well');
    },
    (error: unknown) => pageProblemOf(error),
  );

describe('the way to the box', () => {
  it('asks by the route table and hands back what the contract allows', async () => {
    const { call, sent, heard } = caller(() => json(200, view(), { [BUILD_HEADER]: 'b1' }));
    const answer = await call('status');
    expect(answer?.defaultChannel).toBe('stable');
    expect(sent[0]).toMatchObject({
      address: '/api/status',
      init: { method: 'GET', credentials: 'same-origin' },
    });
    expect(heard).toEqual(['answer', 'build b1']);
  });

  it('R-01 takes nothing that stands before the box for a sign of life', async () => {
    const { call, heard } = caller(() => new Response('<p>Starting again', { status: 503 }));
    const { body } = await problemFrom(call('status'));
    expect(body.code).toBe('client.disconnected');
    expect(heard).toEqual([]);
  });

  it('fills in what a stored document leaves out, as the server does', async () => {
    const { call } = caller(() => json(200, view({ intent: {} })));
    expect((await call('status'))?.intent).toEqual({ hold: false, whenOlder: 'wait' });
  });

  it('puts names into the path so that they cannot leave it', () => {
    expect(
      addressOf(
        { method: 'GET', path: '/api/operations/:name', answers: [200] },
        { params: { name: '../x y' } },
      ),
    ).toBe('/api/operations/..%2Fx%20y');
    expect(() => addressOf({ method: 'GET', path: '/api/operations/:name', answers: [200] }, {})).toThrow(
      'needs name',
    );
  });

  it('sends changes as JSON with the revision that was seen', async () => {
    const { call, sent } = caller(() => json(202, { intentRevision: 8 }));
    const answer = await call('intent', {
      query: { dry_run: '0' },
      body: { hold: true },
      headers: { 'if-match': '"7"' },
    });
    expect(answer).toEqual({ intentRevision: 8 });
    expect(sent[0]?.address).toBe('/api/intent?dry_run=0');
    expect(sent[0]?.init).toMatchObject({
      method: 'PUT',
      body: '{"hold":true}',
      headers: { 'content-type': 'application/json', 'if-match': '"7"' },
    });
  });

  it('takes a refusal in the words of the table, with the time to wait', async () => {
    const body = { code: 'session.locked', title: 't', remedy: 'r', detail: '5 tries', requestId: 'r-1' };
    const { call } = caller(() => json(429, body, { 'retry-after': '90' }));
    const problem = await problemFrom(call('login', { body: { user: 'a', password: 'b' } }));
    expect(problem).toMatchObject({
      body: { code: 'session.locked', detail: '5 tries' },
      requestId: 'r-1',
      retryAfterMs: 90_000,
    });
  });

  it('says that the box is away when nothing answers (client.disconnected)', async () => {
    const { call, heard } = caller(() => Promise.reject(new TypeError('Failed to fetch')));
    expect((await problemFrom(call('status'))).body.code).toBe('client.disconnected');
    expect(heard).toEqual(['silence']);
  });

  it('takes a gateway without our words for a box that is away', async () => {
    const { call } = caller(() => new Response('<h1>Bad gateway</h1>', { status: 502 }));
    expect((await problemFrom(call('status'))).body.code).toBe('client.disconnected');
  });

  it('never lets through what it does not understand (client.bad-answer)', async () => {
    for (const response of [
      json(200, { ...view(), cluster: 'fine' }),
      json(418, { teapot: true }),
      new Response('not json', { status: 200 }),
      json(201, view()),
    ]) {
      const { call } = caller(() => response);
      expect((await problemFrom(call('status'))).body.code).toBe('client.bad-answer');
    }
  });

  it('leaves an interrupted question to the one who interrupted it', async () => {
    const control = new AbortController();
    const { call, heard } = caller(() => {
      control.abort();
      return Promise.reject(new DOMException('stopped', 'AbortError'));
    });
    await expect(call('status', { signal: control.signal })).rejects.toThrow('stopped');
    expect(heard).toEqual([]);
  });

  it('knows an answer without a body', async () => {
    const { call } = caller(() => new Response(null, { status: 204 }));
    await expect(call('logout')).resolves.toBeUndefined();
  });

  it('reads Retry-After as seconds and as a date', () => {
    const now = Date.parse('2026-03-02T10:00:00Z');
    expect(retryAfterMsOf('2', now)).toBe(2_000);
    expect(retryAfterMsOf('Mon, 02 Mar 2026 10:01:00 GMT', now)).toBe(60_000);
    expect(retryAfterMsOf('soon', now)).toBeUndefined();
    expect(retryAfterMsOf(null, now)).toBeUndefined();
  });

  it('uses the headers of the contract', async () => {
    expect(HEADERS).toEqual({ build: BUILD_HEADER, requestId: REQUEST_ID_HEADER });
    const { call } = caller(() => json(200, session()));
    await expect(call('session')).resolves.toMatchObject({ user: 'admin' });
    expect(Object.keys(ROUTES)).toContain('session');
  });
});
