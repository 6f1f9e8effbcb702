import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { runtimeOf } from '../src/defaults.ts';
import { Transport } from '../src/http/transport.ts';
import type { OciErrorKind } from '../src/errors.ts';
import { INDEX, MANIFEST, sha } from './registry-content.ts';
import type { Rule } from './registry-server.ts';
import { client, closing, document, failure, kindOf, registry, tagged } from './world.ts';

const once = { retry: { attempts: 1 } };
const body = (content: string | Buffer, type = MANIFEST, headers: Record<string, string> = {}): Rule => {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': type, ...headers }).end(content);
    return true;
  };
};
const error =
  (status: number, code: string, message = ''): Rule =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ errors: [{ code, message, detail: { any: 'thing' } }] }));
    return true;
  };
const json = JSON.stringify;
const child = { mediaType: MANIFEST, digest: sha('x'), size: 1 };
const config = { mediaType: 'a/b', digest: sha('x'), size: 1 };

const CASES: readonly (readonly [string, Rule, OciErrorKind])[] = [
  ['404 MANIFEST_UNKNOWN', error(404, 'MANIFEST_UNKNOWN'), 'not-found'],
  ['404 NAME_UNKNOWN', error(404, 'NAME_UNKNOWN'), 'not-found'],
  ['403 DENIED', error(403, 'DENIED'), 'denied'],
  ['401 without challenge', error(401, 'UNAUTHORIZED'), 'denied'],
  ['400 NAME_INVALID', error(400, 'NAME_INVALID'), 'invalid-reference'],
  ['400 of no known code', error(400, 'WHATEVER'), 'protocol'],
  ['405', error(405, 'UNSUPPORTED'), 'unsupported'],
  ['406', error(406, ''), 'unsupported'],
  ['410', error(410, ''), 'not-found'],
  ['429', error(429, 'TOOMANYREQUESTS'), 'rate-limited'],
  ['500', error(500, 'UNKNOWN'), 'outage'],
  [
    '502 HTML',
    (_q, r) => (r.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad</h1>'), true),
    'outage',
  ],
  ['503', error(503, 'UNAVAILABLE'), 'outage'],
  ['304 nobody asked for', (_q, r) => (r.writeHead(304).end(), true), 'protocol'],
  ['a page of HTML', body('<html>login</html>', 'text/html'), 'protocol'],
  ['no content type', (_q, r) => (r.writeHead(200).end(json(document())), true), 'protocol'],
  ['JSON cut short', body(json(document()).slice(0, -5)), 'protocol'],
  ['an array', body('[]'), 'protocol'],
  ['null', body('null'), 'protocol'],
  ['bytes that are no UTF-8', body(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])), 'protocol'],
  ['a byte order mark', body(`\ufeff${json(document())}`), 'protocol'],
  ['JSON of depth 100', body(`${'['.repeat(100)}${']'.repeat(100)}`), 'protocol'],
  ['index and manifest at once', body(json({ ...document(), manifests: [child] })), 'protocol'],
  ['an index under the type of a manifest', body(json({ schemaVersion: 2, manifests: [child] })), 'protocol'],
  ['a manifest under the type of an index', body(json(document()), INDEX), 'protocol'],
  ['schema version 1', body(json({ ...document(), schemaVersion: 1 })), 'protocol'],
  [
    'a digest in upper case',
    body(json(document({ config: { ...config, digest: config.digest.toUpperCase() } }))),
    'protocol',
  ],
  ['a size that is a text', body(json(document({ config: { ...config, size: '1' } }))), 'protocol'],
  ['a negative size', body(json(document({ config: { ...config, size: -1 } }))), 'protocol'],
  ['a size beyond safe integers', body(json(document({ config: { ...config, size: 2 ** 60 } }))), 'protocol'],
  ['layers that are no list', body(json(document({ layers: {} }))), 'protocol'],
  ['annotations with a number', body(json(document({ annotations: { a: 1 } }))), 'protocol'],
  [
    'gzip nobody asked for',
    body(gzipSync(json(document())), MANIFEST, { 'content-encoding': 'gzip' }),
    'protocol',
  ],
  ['an announced 2 MiB', body('{', MANIFEST, { 'content-length': '2097152' }), 'too-large'],
  [
    'a real 2 MiB',
    (_q, r) => (r.writeHead(200, { 'content-type': MANIFEST }), r.write(' '.repeat(2 ** 21)), r.end(), true),
    'too-large',
  ],
  [
    'another digest in the header',
    body(json(document()), MANIFEST, { 'docker-content-digest': sha('other') }),
    'damaged',
  ],
  [
    'a body that ends early',
    (_q, r) => (
      r.writeHead(200, { 'content-type': MANIFEST, 'content-length': '900' }),
      r.write('{'),
      setTimeout(() => r.destroy(), 20),
      true
    ),
    'damaged',
  ],
  ['a connection closed at once', (_q, r) => (r.destroy(), true), 'connect'],
  ['no HTTP at all', (_q, r) => (r.socket?.end('SSH-2.0-x\r\n\r\n'), true), 'protocol'],
  ['headers of 40 KiB', (_q, r) => (r.writeHead(200, { x: 'y'.repeat(40_000) }).end(), true), 'protocol'],
  [
    'a redirect to the metadata service',
    (_q, r) => (r.writeHead(307, { location: 'http://169.254.169.254/x' }).end(), true),
    'redirect-refused',
  ],
  [
    'a redirect to a file',
    (_q, r) => (r.writeHead(307, { location: 'file:///etc/passwd' }).end(), true),
    'redirect-refused',
  ],
  ['a redirect to nowhere', (_q, r) => (r.writeHead(307).end(), true), 'redirect-refused'],
  [
    'redirects without end',
    (q, r) => (r.writeHead(307, { location: q.url ?? '' }).end(), true),
    'redirect-refused',
  ],
];

describe('a registry that answers a manifest with', () => {
  it.each(CASES)('%s', async (_name, rule, kind) => {
    const server = await registry();
    server.on(/manifests/, rule);
    const found = await failure(client(once).manifest(tagged(server)));
    expect(found, found.message).toMatchObject({ kind });
    expect(found.registry).toBe(server.host);
    expect(found.detail.length).toBeLessThanOrEqual(512);
  });

  it('a member named __proto__ changes no object', async () => {
    const server = await registry();
    server.on(
      /manifests/,
      body(
        json(document()).replace(
          '{',
          '{"__proto__":{"polluted":1},"annotations":{"__proto__":"x","constructor":"y"},',
        ),
      ),
    );
    const fetched = await client().manifest(tagged(server));
    expect(fetched.kind === 'manifest' && fetched.manifest.annotations).toEqual({ constructor: 'y' });
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('a name a registry sends us to', () => {
  it('is judged again by the addresses it resolves to, at the moment of connecting', async () => {
    const server = await registry();
    const transport = closing(new Transport(runtimeOf({})));
    const judged: string[] = [];
    const judge = (address: string, type: string): string => {
      judged.push(`${address} ${type}`);
      return 'not there';
    };
    const request = {
      method: 'GET',
      url: new URL(`http://localhost:${server.port}/`),
      headers: {},
      signal: new AbortController().signal,
      registry: 'r.io',
      guard: { id: 'test', refusal: 'redirect-refused', judge },
    } as const;
    expect(await kindOf(transport.send(request))).toBe('redirect-refused');
    expect(judged[0]).toMatch(/^(127\.0\.0\.1|::1) loopback$/);
    expect(server.connections).toBe(0);
  });
});

describe('patience', () => {
  it('retries 503 and short bodies, with waits that grow, and succeeds', async () => {
    const waits: number[] = [];
    const server = await registry();
    server.putManifest('a/b', 'one', document());
    server.on(/manifests/, error(503, 'UNAVAILABLE'), 2);
    const oci = client({ sleep: (ms) => Promise.resolve(void waits.push(ms)), random: () => 1 });
    expect((await oci.manifest(tagged(server))).kind).toBe('manifest');
    expect(waits).toEqual([500, 1000]);
  });

  it('waits as long as Retry-After asks, and reports what is too long', async () => {
    const waits: number[] = [];
    const server = await registry();
    server.putManifest('a/b', 'one', document());
    server.reply(/manifests/, 429, { 'retry-after': '7' }, '', 1);
    const oci = client({ sleep: (ms) => Promise.resolve(void waits.push(ms)), random: () => 0 });
    await oci.manifest(tagged(server));
    expect(waits).toEqual([7000]);
    server.reply(/manifests/, 429, { 'retry-after': '900' }, '', 1);
    expect(await failure(oci.manifest(tagged(server)))).toMatchObject({
      kind: 'rate-limited',
      retryAfterMs: 900_000,
    });
  });

  it('reads the hint a registry puts into its message', async () => {
    const server = await registry();
    server.on(/manifests/, error(429, 'TOOMANYREQUESTS', 'retry-after: 40s, allowed: 44000/minute'));
    expect(await failure(client().manifest(tagged(server)))).toMatchObject({
      retryAfterMs: 40_000,
      status: 429,
    });
  });

  it('does not ask twice where the answer will not change', async () => {
    const server = await registry();
    expect(await kindOf(client().manifest(tagged(server)))).toBe('not-found');
    expect(server.seen).toHaveLength(1);
  });

  it('ends with timeout when headers never come, too-slow when the body stalls or drips, cancelled when told so', async () => {
    const server = await registry();
    server.on(/manifests\/silent/, () => true);
    server.on(
      /manifests\/stall/,
      (_q, r) => (r.writeHead(200, { 'content-type': MANIFEST }), r.write('{'), true),
    );
    server.on(/manifests\/drip/, (_q, r) => {
      r.writeHead(200, { 'content-type': MANIFEST });
      const timer = setInterval(() => r.write(' '), 20);
      r.on('close', () => clearInterval(timer));
      return true;
    });
    const impatient = client({ ...once, timeouts: { headersMs: 300 } });
    expect(await kindOf(impatient.manifest(tagged(server, 'a/b', 'silent')))).toBe('timeout');
    const oci = client({ ...once, timeouts: { rateWindowMs: 300 } });
    expect(await kindOf(oci.manifest(tagged(server, 'a/b', 'stall')))).toBe('too-slow');
    expect(await kindOf(oci.manifest(tagged(server, 'a/b', 'drip')))).toBe('too-slow');
    const controller = new AbortController();
    server.on(/manifests\/gone/, () => (controller.abort(), true));
    expect(await kindOf(oci.manifest(tagged(server, 'a/b', 'gone'), { signal: controller.signal }))).toBe(
      'cancelled',
    );
    const hurried = client({ timeouts: { deadlineMs: 200 } });
    expect(await kindOf(hurried.manifest(tagged(server, 'a/b', 'silent')))).toBe('timeout');
  });

  it('does not repeat what timed out for a caller that asks again by itself', async () => {
    const server = await registry();
    server.on(/manifests\/silent/, () => true);
    const asked = (): number => server.seen.filter(({ url }) => url.includes('silent')).length;
    const timeouts = { headersMs: 100 };
    const brief = client({ timeouts, retry: { attempts: 3, baseMs: 1, timeouts: false } });
    expect(await kindOf(brief.manifest(tagged(server, 'a/b', 'silent')))).toBe('timeout');
    expect(asked()).toBe(1);
    const stubborn = client({ timeouts, retry: { attempts: 3, baseMs: 1 } });
    expect(await kindOf(stubborn.manifest(tagged(server, 'a/b', 'silent')))).toBe('timeout');
    expect(asked()).toBe(4);
  });

  it('tells a name that does not resolve from a port nobody listens on', async () => {
    const gone = await registry();
    const host = gone.host;
    await gone.close();
    expect(await kindOf(client(once).manifest(tagged({ host })))).toBe('connect');
    expect(await kindOf(client(once).manifest(tagged({ host: 'no-such-host.invalid' })))).toBe('dns');
  });
});
