import { describe, expect, it } from 'vitest';
import type { RequestEvent } from '../src/request-event.ts';
import type { Credential } from '../src/types.ts';
import { client, document, failure, kindOf, registry, tagged } from './world.ts';

const good: Credential = { kind: 'basic', username: 'u', password: 'p' };
const stale: Credential = { kind: 'basic', username: 'u', password: 'old' };

describe('credentials', () => {
  it('fetch a token with Basic at the realm, never sending the password to the registry itself', async () => {
    const server = await registry({ token: { user: 'u', password: 'p', private: true } });
    server.putManifest('a/b', 'one', document());
    const oci = client({ registries: { [server.host]: { credential: good } } });
    await oci.manifest(tagged(server));
    for (const entry of server.seen) {
      if (entry.url.startsWith('/v2/')) expect(entry.headers.authorization ?? '').not.toMatch(/^Basic/);
    }
  });

  it('are sent as Basic where the registry asks for Basic', async () => {
    const server = await registry({ basic: { user: 'u', password: 'p' } });
    server.putManifest('a/b', 'one', document());
    const oci = client({ registries: { [server.host]: { credential: good } } });
    await oci.manifest(tagged(server));
    await oci.manifest(tagged(server));
    expect(server.seen).toHaveLength(3);
  });

  it('as identity token are exchanged by POST, or by GET where the server knows no POST', async () => {
    const server = await registry({ token: { private: true } });
    server.putManifest('a/b', 'one', document());
    const credential: Credential = { kind: 'identity-token', token: 'identity' };
    const oci = client({ registries: { [server.host]: { credential } } });
    await oci.manifest(tagged(server));
    const post = server.seen.find((entry) => entry.method === 'POST');
    expect(new URLSearchParams(post?.body).get('grant_type')).toBe('refresh_token');
    server.reply(/^POST \/token/, 405);
    server.seen.length = 0;
    await kindOf(client({ registries: { [server.host]: { credential } } }).manifest(tagged(server)));
    const fallback = server.seen.find((entry) => entry.method === 'GET' && entry.url.startsWith('/token'));
    expect(fallback?.headers.authorization).toMatch(/^Basic /);
  });

  it('R-27 that are stale do not make a public repository fail', async () => {
    const server = await registry({ token: { user: 'u', password: 'p' } });
    server.putManifest('a/b', 'one', document());
    const oci = client({ registries: { [server.host]: { credential: stale } } });
    expect((await oci.manifest(tagged(server))).kind).toBe('manifest');
    server.seen.length = 0;
    expect((await oci.manifest(tagged(server))).kind).toBe('manifest');
    expect(server.trace).toEqual(['GET /v2/a/b/manifests/one']);
  });

  it('R-27 that are stale are told apart from a repository that is closed to us', async () => {
    const server = await registry({ token: { user: 'u', password: 'p', private: true } });
    server.putManifest('a/b', 'one', document());
    const oci = client({ registries: { [server.host]: { credential: stale } } });
    expect(await failure(oci.manifest(tagged(server)))).toMatchObject({
      kind: 'credentials-stale',
      status: 401,
    });
    expect(await failure(client().manifest(tagged(server)))).toMatchObject({ kind: 'denied', status: 401 });
  });

  it('R-27 are read again once after a refusal', async () => {
    const server = await registry({ token: { user: 'u', password: 'p', private: true } });
    server.putManifest('a/b', 'one', document());
    const given = [stale, good];
    const credential = (): Promise<Credential | undefined> => Promise.resolve(given.shift());
    const oci = client({ registries: { [server.host]: { credential } } });
    expect((await oci.manifest(tagged(server))).kind).toBe('manifest');
    expect(given).toHaveLength(0);
  });

  it('B-46 never appear in errors or events', async () => {
    const server = await registry({ token: { user: 'u', password: 'p' } });
    const events: RequestEvent[] = [];
    server.on(/manifests/, (request, response) => {
      if (request.headers.authorization === undefined) return false;
      const message = `you sent ${request.headers.authorization.slice(7)}, go away`;
      response.writeHead(403).end(JSON.stringify({ errors: [{ code: 'DENIED', message }] }));
      return true;
    });
    const oci = client({
      registries: { [server.host]: { credential: good } },
      onRequest: (e) => void events.push(e),
    });
    const error = await failure(oci.manifest(tagged(server)));
    expect(error.kind).toBe('denied');
    const said = JSON.stringify([events, error.message, error.detail, error.stack, String(error.cause)]);
    expect(said).toContain('/v2/a/b/manifests/one');
    expect(error.detail).toContain('you sent [redacted], go away');
    expect(said).not.toMatch(/t-[0-9a-f]{8}-/);
    expect(said).not.toContain(Buffer.from('u:p').toString('base64'));
  });

  it('refused for now work again once the registry grants access, without a new client', async () => {
    const server = await registry({ token: {} });
    server.putManifest('a/b', 'one', document());
    const oci = client();
    await oci.manifest(tagged(server));
    server.reply(/manifests/, 403, {}, '', 1);
    expect(await kindOf(oci.manifest(tagged(server)))).toBe('denied');
    server.seen.length = 0;
    await oci.manifest(tagged(server));
    expect(server.trace).toEqual(['GET /token', 'GET /v2/a/b/manifests/one']);
  });

  it('do not follow a realm of another owner; public content is still read', async () => {
    const server = await registry({
      token: { user: 'u', password: 'p', realm: 'https://evil.example/token' },
    });
    const oci = client({ registries: { [server.host]: { credential: good } }, retry: { attempts: 1 } });
    expect(await kindOf(oci.manifest(tagged(server)))).toBe('realm-refused');
    expect(server.trace.every((line) => line.startsWith('GET /v2/'))).toBe(true);
  });
});

const bearer = (params: string): Record<string, string> => ({ 'www-authenticate': `Bearer ${params}` });

describe('a challenge', () => {
  it.each([
    ['that cannot be scanned', bearer('realm="x'), 'protocol'],
    ['with a parameter twice', bearer('realm="http://127.0.0.1/",realm="http://127.0.0.1/x"'), 'protocol'],
    ['without realm', bearer('service="x"'), 'denied'],
    ['of a scheme we do not speak', { 'www-authenticate': 'Negotiate' }, 'denied'],
    ['that is missing', {}, 'denied'],
    ['with a relative realm', bearer('realm="/token"'), 'realm-refused'],
    ['with a realm on cloud metadata', bearer('realm="http://169.254.169.254/t"'), 'realm-refused'],
    ['with a realm on the private network', bearer('realm="http://10.0.0.1/t"'), 'realm-refused'],
    ['with a password in the realm', bearer('realm="http://u:p@127.0.0.1/t"'), 'realm-refused'],
  ])('%s ends as its own kind', async (_name, headers, kind) => {
    const server = await registry();
    server.reply(/^GET \/v2\//, 401, headers);
    expect(await kindOf(client().manifest(tagged(server)))).toBe(kind);
    expect(server.seen.length).toBeLessThan(5);
  });

  it('in the second of two headers is found', async () => {
    const server = await registry({ token: {} });
    server.putManifest('a/b', 'one', document());
    const realm = `${server.origin}/token`;
    server.reply(
      /manifests/,
      401,
      { 'www-authenticate': ['Negotiate', `bearer realm="${realm}",scope="repository:a/b:pull,push"`] },
      '',
      1,
    );
    expect((await client().manifest(tagged(server))).kind).toBe('manifest');
    expect(server.seen[1]?.url).toContain('scope=repository%3Aa%2Fb%3Apull');
    expect(server.seen[1]?.url).not.toContain('push');
  });

  it('repeated after a fresh token is not answered again', async () => {
    const server = await registry();
    server.reply(/^GET \/v2\//, 401, bearer(`realm="${server.origin}/token"`));
    server.reply(/^GET \/token/, 200, {}, '{"token":"abc"}');
    expect(await kindOf(client().manifest(tagged(server)))).toBe('denied');
    expect(server.seen).toHaveLength(3);
  });
});

describe('the token server', () => {
  it.each([
    ['says nothing readable', 200, 'hello', 'protocol'],
    ['gives no token', 200, '{}', 'protocol'],
    ['gives a token that would break the header', 200, '{"token":"a\\r\\nb"}', 'protocol'],
    ['gives a list', 200, '[]', 'protocol'],
    ['gives 65 KiB', 200, JSON.stringify({ token: 'a'.repeat(66_000) }), 'too-large'],
    ['denies', 403, '', 'denied'],
    ['is down', 503, '', 'outage'],
    ['is overrun', 429, '', 'rate-limited'],
    ['redirects to the private network', 302, '', 'realm-refused'],
  ])('%s', async (_name, status, body, kind) => {
    const server = await registry({ token: {} });
    server.reply(/^GET \/token/, status, { location: 'http://10.0.0.1/x' }, body);
    expect(await kindOf(client().manifest(tagged(server)))).toBe(kind);
  });

  it('that moved is followed, and the password stays at the first origin', async () => {
    const other = await registry({ token: {} });
    const server = await registry({ token: { user: 'u', password: 'p' } });
    server.putManifest('a/b', 'one', document());
    server.reply(/^GET \/token/, 307, { location: `${other.origin}/token` });
    const oci = client({ registries: { [server.host]: { credential: good } } });
    await kindOf(oci.manifest(tagged(server)));
    expect(other.seen.length).toBeGreaterThan(0);
    for (const entry of other.seen) expect(entry.headers.authorization).toBeUndefined();
  });
});
