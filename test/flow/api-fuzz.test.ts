import fc from 'fast-check';
import { ROUTES } from 'host-service/contract/api/routes.ts';
import { ProblemAnswer } from 'host-service/contract/api/problem-answer.ts';
import { PROBLEMS } from 'host-service/contract/problem.ts';
import { describe, expect, it } from 'vitest';
import { ApiWorld, BASE, BODIES, browserHeaders, HOST } from './api-world.ts';

const known = Object.values(ROUTES).map(({ path }) => path);
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];
const segment = fc.oneof(
  fc.constantFrom('api', 'status', '..', '%2e%2e', '%', '%00', '', '__proto__', 'constructor', 'metrics'),
  fc.webSegment(),
  fc.string(),
);
const path = fc.oneof(
  fc.constantFrom(...known),
  fc.tuple(fc.constantFrom(...known), segment).map(([start, more]) => `${start}/${more}`),
  fc.array(segment, { maxLength: 5 }).map((parts) => `/${parts.join('/')}`),
);
const headerValue = fc.string({ unit: 'grapheme-ascii', maxLength: 80 });
const headers = fc.record(
  {
    'content-type': fc.oneof(fc.constant('application/json'), headerValue),
    'content-length': fc.oneof(fc.constantFrom('-1', '1e9', '0x10', 'x'), headerValue),
    ...{ origin: fc.oneof(fc.constant(BASE), headerValue), host: fc.oneof(fc.constant(HOST), headerValue) },
    cookie: fc.oneof(fc.constantFrom('__Host-appliance=', '__Host-appliance=admin-cookie;;=;'), headerValue),
    ...{ 'if-match': headerValue, 'if-none-match': headerValue, 'last-event-id': headerValue },
    ...{ 'x-request-id': headerValue, 'sec-fetch-site': headerValue, 'accept-encoding': headerValue },
  },
  { requiredKeys: [] },
);
const isHeader = (value: string): boolean => /^[\t\x20-\x7e]*$/.test(value);
const body = fc.oneof(
  fc.json(),
  fc.string(),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
  fc.constantFrom(...Object.values(BODIES).map((value) => JSON.stringify(value))),
);

/** What no answer may be, whatever was asked. */
async function expectSound(response: Response, isHead: boolean): Promise<void> {
  expect(response.status).not.toBe(500);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._-]{8,64}$/);
  if (response.status < 400 || isHead) {
    await response.body?.cancel();
    return;
  }
  const problem = ProblemAnswer.parse(await response.json());
  expect(PROBLEMS[problem.code].http).toBe(response.status);
}

describe('whatever a stranger sends', () => {
  it('S1 gets an answer, never a fault of ours, and changes nothing', async () => {
    const world = new ApiWorld();
    const api = world.api({ limits: { reads: 1e9, mutations: 1e9, login: 1e9, webhook: 1e9 } });
    const ask = fc.record({ path, method: fc.constantFrom(...methods), headers, body });
    await fc.assert(
      fc.asyncProperty(ask, async ({ path: where, method, headers: given, body: content }) => {
        const url = URL.canParse(BASE + where) ? BASE + where : BASE;
        const sent = Object.entries(given).filter(([, value]) => isHeader(value));
        // Nobody is signed in here: the one good cookie belongs to a session that has just ended.
        world.sessions.clear();
        const hasBody = method !== 'GET' && method !== 'HEAD';
        const init = { method, headers: sent, ...(hasBody ? { body: content } : {}) };
        await expectSound(await api.request(url, init), method === 'HEAD');
      }),
      { numRuns: 1_500 },
    );
    expect(world.calls).toEqual([]);
    expect(world.wakes).toBe(0);
    expect(world.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('S1 B-66 and whatever an admin sends as a body is a change that the contract knows, or refused', async () => {
    const world = new ApiWorld();
    const api = world.api({ limits: { mutations: 1e9, login: 1e9, webhook: 1e9 } });
    let accepted = 0;
    const routes = fc.constantFrom(...(['intent', 'requests', 'login', 'claim'] as const));
    await fc.assert(
      fc.asyncProperty(
        routes,
        fc.oneof(
          body,
          fc.jsonValue().map((value) => JSON.stringify(value)),
        ),
        async (name, content) => {
          const { path: where, method, body: schema } = ROUTES[name];
          const sent = browserHeaders('admin', { 'content-type': 'application/json', 'if-match': '"3"' });
          const response = await api.request(BASE + where, { method, headers: sent, body: content });
          await expectSound(response, false);
          const call = world.calls.pop();
          if (call === undefined) return;
          accepted += 1;
          expect(schema.safeParse(call.body).success).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
    expect(accepted).toBeGreaterThan(2);
  });
});
