import type { z } from 'zod';
import type { Route } from 'host-service/contract/api/route.ts';
import { ROUTES, type RouteName } from 'host-service/contract/api/routes.ts';
import { ProblemAnswer } from 'host-service/contract/api/problem-answer.ts';
import { Problem } from 'host-service/contract/problem.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { z as zod } from 'zod';
import { ApiWorld, BASE, BODIES, browserHeaders, OPERATION_NAME, type As } from './api-world.ts';

let world: ApiWorld;
beforeEach(() => {
  world = new ApiWorld();
});

function send(
  name: RouteName,
  { as = 'admin', headers = {}, search = '', body = BODIES[name] }: Partial<Sent> = {},
): Promise<Response> {
  const { method, path }: Route = ROUTES[name];
  const init: RequestInit = {
    method,
    headers: browserHeaders(as === 'nobody' ? undefined : as, {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(name === 'intent' || name === 'changeNetwork' ? { 'if-match': '"3"' } : {}),
      ...(name === 'changeSetup' ? { 'if-match': '"7"' } : {}),
      ...(name === 'webhook' ? { 'x-appliance-signature': 'sig 0', 'x-appliance-timestamp': '1' } : {}),
      ...headers,
    }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  return Promise.resolve(
    world.api().request(BASE + path.replace(':name', OPERATION_NAME) + search, init, { peer: '192.0.2.7' }),
  );
}
interface Sent {
  readonly as: As | 'nobody';
  readonly headers: Record<string, string>;
  readonly search: string;
  readonly body: unknown;
}

describe('answers', () => {
  const named = Object.keys(ROUTES) as RouteName[];

  it.each(named)('%s is what the table and the OpenAPI document say', async (name) => {
    if (name === 'claim') world.claimed = false;
    const response = await send(name);
    const answer = (ROUTES[name] as Route).answers[response.status];
    expect(answer).toBeDefined();
    const spec = await documentOf();
    const { method, path } = ROUTES[name];
    const described = spec.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
    const content = described?.responses[response.status]?.content ?? {};
    const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
    if (answer === 'empty') return expect(await response.text()).toBe('');
    expect(Object.keys(content)).toEqual([type]);
    if (answer === 'events') return response.body?.cancel();
    if (typeof answer === 'string') return expect((await response.text()).length).toBeGreaterThan(0);
    const json: unknown = await response.json();
    expect((answer as z.ZodType).parse(json)).toBeDefined();
    // The other way round: what a stranger builds from the document takes the real answer.
    const schema = content['application/json']?.schema;
    expect(zod.fromJSONSchema(schema as never).safeParse(json).error).toBeUndefined();
  });

  it('describe every route, its refusals and its body in OpenAPI 3.1', async () => {
    const spec = await documentOf();
    expect(spec.openapi).toBe('3.1.0');
    const all = Object.values(spec.paths).flatMap((methods) => Object.values(methods));
    expect(all.map(({ operationId }) => operationId).sort()).toEqual([...named].sort());
    for (const { operationId, responses, requestBody } of all) {
      const route: Route = ROUTES[operationId as RouteName];
      expect(Object.keys(responses)).toEqual(
        expect.arrayContaining(['default', ...Object.keys(route.answers)]),
      );
      expect(requestBody !== undefined).toBe(route.body !== undefined);
      const body = requestBody?.content['application/json']?.schema;
      if (body === undefined) continue;
      const schema = zod.fromJSONSchema(body as never);
      expect(schema.safeParse(BODIES[operationId as RouteName]).error).toBeUndefined();
      expect(schema.safeParse({ ...(BODIES[operationId as RouteName] as object), odd: 1 }).success).toBe(
        false,
      );
    }
    const refused = await send('intent', { as: 'nobody' });
    const problem = spec.components.schemas['ProblemAnswer'];
    expect(zod.fromJSONSchema(problem as never).safeParse(await refused.json()).error).toBeUndefined();
  });
});

const Content = zod.record(zod.string(), zod.object({ schema: zod.unknown() }));
const Operation = zod.object({
  operationId: zod.string(),
  requestBody: zod.object({ content: Content }).optional(),
  responses: zod.record(zod.string(), zod.object({ content: Content.optional() })),
});
const Document = zod.object({
  openapi: zod.string(),
  paths: zod.record(zod.string(), zod.record(zod.string(), Operation)),
  components: zod.object({ schemas: zod.record(zod.string(), zod.unknown()) }),
});
const documentOf = async () => Document.parse(await (await send('openapi', { as: 'viewer' })).json());

describe('the status', () => {
  it('B-47 B-74 is what the newest look at the cluster gave, as it lies there', async () => {
    const first = await send('status', { as: 'viewer' });
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    expect(await first.json()).toMatchObject({ intentRevision: 3 });
    const etag = first.headers.get('etag') ?? '';
    for (const held of [etag, `"x", ${etag}`, `W/${etag}`, '*']) {
      const again = await send('status', { headers: { 'if-none-match': held } });
      expect([held, again.status, await again.text()]).toEqual([held, 304, '']);
      expect(again.headers.get('etag')).toBe(etag);
    }
    world.live.snapshot(4);
    const moved = await send('status', { headers: { 'if-none-match': etag } });
    expect(await moved.json()).toMatchObject({ intentRevision: 4 });
  });

  it('B-48 B-56 says that it does not know instead of guessing while the cluster has not been seen', async () => {
    world.live.view = undefined;
    const response = await send('status');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(ProblemAnswer.parse(await response.json()).code).toBe('cluster.unavailable');
  });
});

describe('changing what is wanted', () => {
  it('names the revision that was looked at', async () => {
    for (const ifMatch of ['', '3', 'W/"3"', '*', '"3", "4"', '"x"']) {
      const response = await send('intent', { headers: { 'if-match': ifMatch } });
      expect([ifMatch, response.status]).toEqual([ifMatch, 428]);
      expect(ProblemAnswer.parse(await response.json()).code).toBe('request.precondition');
    }
    expect(world.calls).toEqual([]);
    const stale = await send('intent', { headers: { 'if-match': '"2"' } });
    expect(ProblemAnswer.parse(await stale.json()).code).toBe('request.conflict');
    expect(stale.status).toBe(409);
  });

  it('B-67 answers 202 at once with the revision, and who, by which way and why go along', async () => {
    const response = await send('intent');
    expect([response.status, await response.json()]).toEqual([202, { intentRevision: 4 }]);
    expect(world.calls).toEqual([
      {
        name: 'changeIntent',
        body: { channel: 'stable', reason: 'because' },
        who: { actor: { by: 'admin', via: 'ui', reason: 'because' }, expected: 3 },
      },
    ]);
    expect((await send('requests')).status).toBe(202);
    expect(world.calls[1]).toMatchObject({ name: 'request', who: { actor: { by: 'admin', via: 'ui' } } });
  });

  it('shows what it would lead to and changes nothing when that is asked; a misspelt question is refused', async () => {
    const preview = await send('intent', { search: '?dry_run=1' });
    expect([preview.status, world.calls.map(({ name }) => name)]).toEqual([200, ['previewIntent']]);
    for (const search of ['?dryrun=1', '?dry_run=yes', '?dry_run=1&dry_run=0', '?dry_run=1&__proto__=1']) {
      const response = await send('intent', { search });
      expect([search, response.status]).toEqual([search, 422]);
    }
    expect((await send('logout', { search: '?all=1' })).status).toBe(422);
    expect(world.calls).toHaveLength(1);
  });

  it('takes the last of two equal keys, as every reader of the body does', async () => {
    const api = world.api();
    const headers = browserHeaders('admin', { 'content-type': 'application/json', 'if-match': '"3"' });
    const body = '{"channel":"nightly","channel":"stable"}';
    await api.request(`${BASE}/api/intent`, { method: 'PUT', headers, body });
    expect(world.calls[0]?.body).toEqual({ channel: 'stable' });
  });

  it('R-03 is not made undone by a client that goes, and says so when the cluster does not answer', async () => {
    world.fault = new Problem('cluster.timeout', 'PUT appliance');
    const response = await send('intent');
    expect([response.status, ProblemAnswer.parse(await response.json()).code]).toEqual([
      504,
      'cluster.timeout',
    ]);
    const api = world.api({ limits: { requestMs: 1 } });
    world.handle.changeIntent = (_body, _who, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new DOMException('over', 'TimeoutError')));
      });
    const headers = browserHeaders('admin', { 'content-type': 'application/json', 'if-match': '"3"' });
    const late = await api.request(`${BASE}/api/intent`, { method: 'PUT', headers, body: '{}' });
    expect([late.status, ProblemAnswer.parse(await late.json()).code]).toEqual([504, 'cluster.timeout']);
  });
});

describe('the wake-up call', () => {
  it('wakes the loop when it is signed, and nothing else', async () => {
    const bad = await send('webhook', { as: 'nobody', headers: { 'x-appliance-signature': 'x' } });
    expect([bad.status, world.wakes]).toEqual([401, 0]);
    expect(ProblemAnswer.parse(await bad.json()).code).toBe('webhook.refused');
    const good = await send('webhook', { as: 'nobody', headers: { origin: 'https://vendor.example' } });
    expect([good.status, world.wakes]).toEqual([202, 1]);
    world.fault = new Problem('webhook.not-configured', 'no secret');
    expect((await send('webhook', { as: 'nobody' })).status).toBe(404);
  });
});
