import { ProblemAnswer } from 'host-service/contract/api/problem-answer.ts';
import type { Route } from 'host-service/contract/api/route.ts';
import { ROUTES, type RouteName } from 'host-service/contract/api/routes.ts';
import { PROBLEMS, type ProblemCode } from 'host-service/contract/problem.ts';
import { describe, expect, it } from 'vitest';
import { ApiWorld, BASE, BODIES, browserHeaders, OPERATION_NAME, type As } from './api-world.ts';

const ALL = Object.entries<Route>(ROUTES) as [RouteName, Route][];
const isChange = ({ method }: Route): boolean => method !== 'GET';
/** The vendor's call proves itself by its signature; a browser's rules do not hold for it. */
const fromBrowsers = ALL.filter(([name, route]) => isChange(route) && name !== 'webhook');
const withJson = ALL.filter(([, route]) => route.body !== undefined);
const guarded = ALL.filter(([, { access }]) => access !== 'public');
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

interface Ask {
  readonly as?: As | undefined;
  readonly method?: string;
  /** With its question mark. */
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly drop?: readonly string[];
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
}

function pathOf(name: RouteName): string {
  return BASE + ROUTES[name].path.replace(':name', OPERATION_NAME);
}

/** A good request to the route, made by `as` from the page of the box, but for what the case changes. */
async function ask(
  world: ApiWorld,
  name: RouteName,
  { as, method, query = '', headers, drop, body }: Ask = {},
) {
  const route: Route = ROUTES[name];
  const good = BODIES[name] === undefined ? undefined : JSON.stringify(BODIES[name]);
  const sent = browserHeaders(as, {
    ...(route.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(name === 'intent' || name === 'changeNetwork' ? { 'if-match': '"3"' } : {}),
    ...(name === 'changeSetup' ? { 'if-match': '"7"' } : {}),
    ...(name === 'webhook' ? { 'x-appliance-signature': 'sig 2', 'x-appliance-timestamp': '1' } : {}),
    ...headers,
  });
  for (const one of drop ?? []) sent.delete(one);
  const content =
    method === 'GET' || method === 'HEAD' || !isChange(route) ? undefined : (body ?? good ?? '{}');
  const init: RequestInit & { duplex: 'half' } = {
    method: method ?? route.method,
    headers: sent,
    duplex: 'half',
  };
  const response = await world
    .api()
    .request(pathOf(name) + query, content === undefined ? init : { ...init, body: content });
  const isProblem = response.status >= 400 && response.headers.get('x-request-id') !== null;
  return {
    response,
    problem: isProblem
      ? await response
          .clone()
          .json()
          .catch(() => undefined)
      : undefined,
  };
}

async function expectProblem(
  world: ApiWorld,
  name: RouteName,
  how: Ask,
  code: ProblemCode,
): Promise<Response> {
  const { response, problem } = await ask(world, name, how);
  const body = ProblemAnswer.parse(problem);
  expect([name, body.code, response.status]).toEqual([name, code, PROBLEMS[code].http]);
  expect(body.requestId).toBe(response.headers.get('x-request-id'));
  expect(body.title).toBe(PROBLEMS[code].title);
  return response;
}

const named = (routes: readonly (readonly [RouteName, Route])[]) => routes.map(([name]) => name);

describe('the table of routes, each route in turn', () => {
  it.each(named(ALL))('%s answers an admin as the table says', async (name) => {
    const world = new ApiWorld();
    if (name === 'claim') world.claimed = false;
    const { response } = await ask(world, name, { as: 'admin' });
    expect(Object.keys(ROUTES[name].answers)).toContain(String(response.status));
    expect(response.status).toBeLessThan(300);
    await response.body?.cancel();
  });

  it.each(named(guarded))('R-43 %s is shut before the box has an owner', async (name) => {
    const world = new ApiWorld();
    world.claimed = false;
    await expectProblem(world, name, {}, 'session.not-claimed');
    expect(world.calls).toEqual([]);
  });

  it.each(named(guarded))('R-43 %s is shut without a session', async (name) => {
    const world = new ApiWorld();
    await expectProblem(world, name, {}, 'session.required');
    const forged = { cookie: '__Host-appliance=forged; appliance=admin-cookie' };
    await expectProblem(world, name, { headers: forged }, 'session.required');
    expect(world.calls).toEqual([]);
  });

  it.each(named(guarded))('%s lets a viewer do what viewers may', async (name) => {
    const world = new ApiWorld();
    if (ROUTES[name].access === 'admin') {
      await expectProblem(world, name, { as: 'viewer' }, 'session.denied');
      world.sessions.set('viewer-cookie', world.session('owner-of-everything'));
      await expectProblem(world, name, { as: 'viewer' }, 'session.denied');
      expect(world.calls).toEqual([]);
      return;
    }
    const { response } = await ask(world, name, { as: 'viewer' });
    expect(response.status).toBeLessThan(300);
    await response.body?.cancel();
  });

  it('R-25 shows a viewer what approving the draft would lead to, and lets no viewer approve it', async () => {
    const world = new ApiWorld();
    const { response } = await ask(world, 'approveSetup', { as: 'viewer', query: '?dry_run=1' });
    expect(response.status).toBe(200);
    await response.body?.cancel();
    const before = world.calls.length;
    for (const query of ['', '?dry_run=0'])
      await expectProblem(world, 'approveSetup', { as: 'viewer', query }, 'session.denied');
    for (const query of ['?dry_run=yes', '?dry_run=1&dry_run=0']) {
      const { response: refused } = await ask(world, 'approveSetup', { as: 'viewer', query });
      expect(refused.status).toBeGreaterThanOrEqual(400);
    }
    expect(world.calls).toHaveLength(before);
    await expectProblem(world, 'approveSetup', { query: '?dry_run=1' }, 'session.required');
  });

  it.each(named(fromBrowsers))('%s refuses what a page of another site sends', async (name) => {
    const world = new ApiWorld();
    const foreign: readonly Ask[] = [
      { headers: { origin: 'https://evil.example' } },
      { headers: { origin: 'https://box.example:8443' } },
      { headers: { origin: 'https://box.example.evil.example' } },
      { headers: { origin: 'null' } },
      { headers: { origin: 'file://' } },
      { headers: { 'sec-fetch-site': 'cross-site' } },
      { drop: ['origin'], headers: { 'sec-fetch-site': 'cross-site' } },
      { drop: ['origin'], headers: { 'sec-fetch-site': 'same-origin' } },
      { drop: ['host'] },
    ];
    for (const how of foreign)
      await expectProblem(world, name, { as: 'admin', ...how }, 'session.wrong-origin');
    expect(world.calls).toEqual([]);
    expect(world.sessions.size).toBe(2);
  });

  it.each(named(fromBrowsers))(
    '%s takes the page behind TLS and a program that is no browser',
    async (name) => {
      const ways: readonly Ask[] = [
        { headers: { origin: 'http://box.example' } },
        { headers: { origin: 'https://box.example', host: 'BOX.example:443' } },
        { drop: ['origin', 'sec-fetch-site'] },
      ];
      for (const how of ways) {
        const world = new ApiWorld();
        if (name === 'claim') world.claimed = false;
        const { response } = await ask(world, name, { as: 'admin', ...how });
        expect([name, response.status < 300]).toEqual([name, true]);
      }
    },
  );

  it.each([...named(withJson), 'webhook' as const])('%s holds no more than its size', async (name) => {
    const world = new ApiWorld();
    const route: Route = ROUTES[name];
    const most = route.bodyBytes ?? 65_536;
    const told = { body: 'x'.repeat(most + 1), headers: { 'content-length': String(most + 1) } };
    await expectProblem(world, name, { as: 'admin', ...told }, 'request.too-large');
    let given = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        given += 1024;
        controller.enqueue(new Uint8Array(1024).fill(32));
      },
    });
    await expectProblem(world, name, { as: 'admin', body: endless }, 'request.too-large');
    expect(given).toBeLessThan(most + 8 * 1024);
    expect(world.calls).toEqual([]);
  });

  it.each(named(withJson))('B-66 %s refuses what is not exactly its JSON', async (name) => {
    const world = new ApiWorld();
    const good = BODIES[name] as Record<string, unknown>;
    const bad: readonly string[] = [
      ...['', '{', '[]', 'null', '"x"', '{"a":1}x', '['.repeat(2_000)],
      JSON.stringify({ ...good, installCode: 'x' }),
      JSON.stringify(good).replace('{', '{"__proto__":{"role":"admin"},'),
      JSON.stringify(good).replace('{', '{"constructor":{"prototype":{"x":1}},'),
    ];
    for (const body of bad) await expectProblem(world, name, { as: 'admin', body }, 'request.invalid');
    const notText = new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]);
    await expectProblem(world, name, { as: 'admin', body: notText }, 'request.invalid');
    expect(world.calls).toEqual([]);
    expect(({} as Record<string, unknown>)['role']).toBeUndefined();
  });

  it.each(named(withJson))('%s takes JSON only, and says so', async (name) => {
    const world = new ApiWorld();
    const types = ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16', ''];
    for (const type of types) {
      const headers = { 'content-type': type };
      await expectProblem(world, name, { as: 'admin', headers }, 'request.media-type');
    }
    const packed = { 'content-encoding': 'gzip' };
    await expectProblem(world, name, { as: 'admin', headers: packed }, 'request.media-type');
    expect(world.calls).toEqual([]);
  });

  it.each(named(ALL))('%s names the methods that it takes', async (name) => {
    const world = new ApiWorld();
    const mine = ALL.filter(([, { path }]) => path === ROUTES[name].path).map(([, { method }]) => method);
    for (const method of METHODS) {
      const isHead = method === 'HEAD' && (mine as string[]).includes('GET') && name !== 'events';
      if ((mine as string[]).includes(method) || isHead) continue;
      const { response } = await ask(world, name, { as: 'admin', method });
      expect([name, method, response.status]).toEqual([name, method, 405]);
      expect(response.headers.get('allow')?.split(', ')).toEqual(expect.arrayContaining(mine));
    }
    if (isChange(ROUTES[name])) await expectProblem(world, name, { method: 'DELETE' }, 'request.method');
    expect(world.calls).toEqual([]);
  });

  it.each(named(ALL))(
    '%s turns a fault of ours into internal.bug and tells its words to the log only',
    async (name) => {
      const world = new ApiWorld();
      if (name === 'claim') world.claimed = false;
      world.fault = new TypeError('secret-words of the fault');
      const { response, problem } = await ask(world, name, { as: 'admin' });
      if (response.status < 500) {
        await response.body?.cancel();
        return;
      }
      expect(ProblemAnswer.parse(problem).code).toBe('internal.bug');
      expect(JSON.stringify(problem)).not.toContain('secret-words');
      const logged = world.logs.find(({ level }) => level === 'error');
      expect(logged?.fields).toMatchObject({ route: name, error: world.fault });
    },
  );
});
