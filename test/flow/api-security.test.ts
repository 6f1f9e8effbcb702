import { peerKeyOf } from 'host-service/api/limits.ts';
import { ProblemAnswer } from 'host-service/contract/api/problem-answer.ts';
import { Problem } from 'host-service/contract/problem.ts';
import { SessionView, VersionView } from 'host-service/contract/api/session.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiWorld, BASE, BODIES, browserHeaders, HOST } from './api-world.ts';

let world: ApiWorld;
beforeEach(() => {
  world = new ApiWorld();
});

const codeOf = async (response: Response): Promise<string> => ProblemAnswer.parse(await response.json()).code;
const json = { 'content-type': 'application/json' };
const page = {
  build: () => 'ui-1',
  answer: ({ path, nonce }: { path: string; nonce: string }) =>
    Promise.resolve(
      path === '/gone.js'
        ? undefined
        : {
            status: 200 as const,
            ...{
              headers: { 'content-type': 'text/html', 'cache-control': 'no-store' },
              body: `nonce ${nonce}`,
            },
          },
    ),
};

describe('headers', () => {
  it('of every answer keep it where it belongs: no sniffing, no frames, no referrer, nothing stored', async () => {
    const api = world.api();
    for (const path of ['/api/version', '/api/nothing', '/api/status', '/metrics']) {
      const { headers } = await api.request(BASE + path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('permissions-policy')).toContain('camera=()');
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
      expect(headers.get('x-appliance-build')).toBe('test-build');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
    const plain = await world.api({ cookies: 'plain' }).request(`${BASE}/api/version`);
    expect(plain.headers.get('strict-transport-security')).toBeNull();
  });

  it('of the page allow only itself and what carries the nonce of this one answer', async () => {
    const api = world.api({ page });
    const nonces = new Set<string>();
    for (let n = 0; n < 3; n += 1) {
      const response = await api.request(`${BASE}/releases`);
      const nonce = (await response.text()).replace('nonce ', '');
      nonces.add(nonce);
      expect(nonce).toMatch(/^[A-Za-z0-9_-]{22,}$/);
      expect(response.headers.get('content-security-policy')?.split('; ')).toEqual([
        "default-src 'none'",
        `script-src 'self' 'nonce-${nonce}'`,
        `style-src 'self' 'nonce-${nonce}'`,
        "connect-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
      ]);
    }
    expect(nonces.size).toBe(3);
    expect(await codeOf(await api.request(`${BASE}/gone.js`))).toBe('request.not-found');
    const put = await api.request(`${BASE}/releases`, { method: 'POST', headers: browserHeaders('admin') });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('take over a plain request id and make one where it is odd', async () => {
    const idOf = async (id: string): Promise<string | null> =>
      (await world.api().request(`${BASE}/api/version`, { headers: { 'x-request-id': id } })).headers.get(
        'x-request-id',
      );
    expect(await idOf('front-0123456789')).toBe('front-0123456789');
    for (const odd of ['short', 'x'.repeat(65), 'a b c d e f g', '<script>alert(1)</script>'])
      expect(await idOf(odd)).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('addresses', () => {
  it('S1 however broken they are end nothing: each gets an answer', async () => {
    const api = world.api({ page });
    const odd = [
      '/%',
      '//',
      '/%00',
      '/..%2f..%2fetc/passwd',
      '/api/%',
      '/api//status',
      '/api/operations/%2e%2e',
    ];
    for (const path of odd) {
      const response = await api.request(BASE + path, { headers: browserHeaders('admin') });
      expect([path, response.status < 500]).toEqual([path, true]);
    }
    expect(await codeOf(await api.request(`${BASE}/api/nothing`))).toBe('request.not-found');
    expect(await codeOf(await api.request(`${BASE}/api`))).toBe('request.not-found');
    const name = `${BASE}/api/operations/Bad_Name`;
    expect(await codeOf(await api.request(name, { headers: browserHeaders('viewer') }))).toBe(
      'request.not-found',
    );
    expect(await codeOf(await api.request(`${BASE}/x?${'y'.repeat(5_000)}`))).toBe('request.too-large');
  });

  it('appear in figures by the name of their route only', async () => {
    const api = world.api({ page });
    for (const path of ['/api/version', '/api/secret-path', '/any/page', '/api/session'])
      await api.request(BASE + path);
    await api.request(`${BASE}/api/version`, { method: 'PATCH' });
    expect(world.measured).toEqual([
      { route: 'version', status: 200 },
      { route: 'other', status: 404 },
      { route: 'page', status: 200 },
      { route: 'session', status: 200 },
      { route: 'other', status: 405 },
    ]);
  });
});

describe('signing in', () => {
  const post = (path: string, body: unknown, extra: Record<string, string> = {}) =>
    world.api().request(BASE + path, {
      ...{ method: 'POST', headers: browserHeaders(undefined, { ...json, ...extra }) },
      body: JSON.stringify(body),
    });

  it('S4 gives a cookie that scripts, other sites and plain HTTP never see', async () => {
    const response = await post('/api/login', BODIES.login);
    const cookie = response.headers.get('set-cookie');
    expect(cookie).toBe('__Host-appliance=ada-new; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict; Secure');
    const session = SessionView.parse(await response.json());
    expect(session).toMatchObject({ claimed: true, user: 'ada', role: 'admin', build: 'test-build' });
    expect(JSON.stringify(session)).not.toContain('ada-new');
    const demo = await world.api({ cookies: 'plain' }).request(`${BASE}/api/login`, {
      ...{ method: 'POST', headers: browserHeaders(undefined, json), body: JSON.stringify(BODIES.login) },
    });
    expect(demo.headers.get('set-cookie')).toBe(
      'appliance=ada-new; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict',
    );
  });

  it('R-43 claims once, with the code', async () => {
    world.claimed = false;
    const body = BODIES.claim as object;
    expect(await codeOf(await post('/api/claim', { ...body, code: 'AAAA-AAAA-AAAA' }))).toBe(
      'session.code-wrong',
    );
    expect((await post('/api/claim', body)).status).toBe(200);
    expect(await codeOf(await post('/api/claim', body))).toBe('session.already-claimed');
  });

  it('says how long to wait, and repeats no password', async () => {
    const locked = await post('/api/login', { user: 'ada', password: 'locked-password' });
    expect([locked.status, locked.headers.get('retry-after')]).toEqual([429, '62']);
    const short = await post('/api/claim', { code: 'ABCD-EFGH-JKMN', user: 'ada', password: 'tell-noone' });
    const text = await short.text();
    expect(text).toContain('password: needs at least 12 characters');
    expect(text + JSON.stringify(world.logs)).not.toContain('tell-noone');
  });

  it('ends everywhere when somebody signs out', async () => {
    const headers = browserHeaders('viewer');
    const response = await world.api().request(`${BASE}/api/logout`, { method: 'POST', headers });
    expect(response.status).toBe(204);
    expect(response.headers.get('set-cookie')).toContain('__Host-appliance=; Path=/; Max-Age=0');
    const after = await world.api().request(`${BASE}/api/status`, { headers });
    expect(await codeOf(after)).toBe('session.required');
  });

  it('S2 shows before it only what is printed on the box: name, vendor, version', async () => {
    const session = SessionView.strict().parse(
      await (await world.api().request(`${BASE}/api/session`)).json(),
    );
    expect(session).toMatchObject({ claimed: true, branding: { accent: '#123456' } });
    expect(session.user).toBeUndefined();
    const version = await world.api({ built: '2026-11-20T00:00:00Z' }).request(`${BASE}/api/version`);
    expect(VersionView.strict().parse(await version.json())).toEqual({
      ...{
        version: '0.1.0',
        build: 'test-build',
        uiBuild: 'ui-1',
        built: '2026-11-20T00:00:00Z',
        contract: 1,
      },
    });
  });

  it('does not stand in the way of the probes when the cluster is away', async () => {
    world.access.sessionOf = () => Promise.reject(new Problem('cluster.unavailable', 'away'));
    const headers = browserHeaders('admin');
    expect((await world.api().request(`${BASE}/api/healthz`, { headers })).status).toBe(200);
    expect((await world.api().request(`${BASE}/api/status`, { headers })).status).toBe(503);
  });
});

describe('the probes', () => {
  it('say starting and draining as what they are', async () => {
    const api = world.api();
    const states = async () =>
      Promise.all(
        ['/api/healthz', '/api/ready'].map(async (path) => {
          const response = await api.request(BASE + path);
          return [response.status, ((await response.json()) as { status: string }).status];
        }),
      );
    expect(await states()).toEqual([
      [200, 'ok'],
      [200, 'ok'],
    ]);
    world.state.ready = false;
    expect(await states()).toEqual([
      [200, 'ok'],
      [503, 'starting'],
    ]);
    world.state.draining = true;
    expect(await states()).toEqual([
      [503, 'draining'],
      [503, 'draining'],
    ]);
  });
});

describe('how much one peer may ask', () => {
  it('R-53 is bounded for each class by itself, and the answer says when to come back', async () => {
    const api = world.api();
    const login = (peer: string) =>
      api.request(
        `${BASE}/api/login`,
        { method: 'POST', headers: browserHeaders(undefined, json), body: JSON.stringify(BODIES.login) },
        { peer },
      );
    for (let n = 0; n < 10; n += 1) expect((await login('192.0.2.1')).status).toBe(200);
    const over = await login('192.0.2.1');
    expect([over.status, over.headers.get('retry-after')]).toEqual([429, '6']);
    expect(await codeOf(over)).toBe('request.rate-limited');
    expect((await login('192.0.2.2')).status).toBe(200);
    expect((await api.request(`${BASE}/api/version`, {}, { peer: '192.0.2.1' })).status).toBe(200);
    world.clock.advance(6_000);
    expect((await login('192.0.2.1')).status).toBe(200);
    expect((await login('192.0.2.1')).status).toBe(429);
  });

  it('never refuses a probe', async () => {
    const api = world.api({ limits: { reads: 1 } });
    for (let n = 0; n < 20; n += 1)
      expect((await api.request(`${BASE}/api/healthz`, {}, { peer: '192.0.2.1' })).status).toBe(200);
    expect((await api.request(`${BASE}/api/version`, {}, { peer: '192.0.2.1' })).status).toBe(200);
    expect((await api.request(`${BASE}/api/version`, {}, { peer: '192.0.2.1' })).status).toBe(429);
  });

  it('counts an IPv6 household as one, and IPv4 as it is', () => {
    expect(peerKeyOf('2001:db8:1:2:aaaa::1')).toBe(peerKeyOf('2001:db8:1:2:bbbb::2'));
    expect(peerKeyOf('2001:db8:1:3::1')).not.toBe(peerKeyOf('2001:db8:1:2::1'));
    expect(peerKeyOf('::1')).toBe('0:0:0:0');
    expect(peerKeyOf('::ffff:192.0.2.1')).toBe(peerKeyOf('192.0.2.1'));
    expect(peerKeyOf('fe80::1%eth0')).toBe('fe80:0:0:0');
  });

  it('is remembered for a bounded number of peers', async () => {
    const api = world.api({ limits: { reads: 1 } });
    const ask = (peer: string) => api.request(`${BASE}/api/version`, { headers: { host: HOST } }, { peer });
    expect((await ask('198.51.100.1')).status).toBe(200);
    expect((await ask('198.51.100.1')).status).toBe(429);
    for (let n = 0; n < 10_000; n += 1) await ask(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    expect((await ask('198.51.100.1')).status).toBe(200);
  });
});
