import { describe, expect, it } from 'vitest';
import { client, CONFIG, document, registry, tagged } from './world.ts';

const unit = { maxBytes: 1000 };

describe('from tag to embedded config on an anonymous token registry', () => {
  it('takes two requests on one connection when the realm is known', async () => {
    const server = await registry({ token: {} });
    server.putManifest('a/b', 'one', document());
    const tokenRealm = { realm: `${server.origin}/token`, service: 'test registry' };
    const oci = client({ registries: { [server.host]: { tokenRealm } } });
    const fetched = await oci.manifest(tagged(server));
    const config = fetched.kind === 'manifest' ? fetched.manifest.config : undefined;
    expect(Buffer.from(await oci.blob(tagged(server), config!, unit)).toString()).toBe(CONFIG);
    expect(server.trace).toEqual(['GET /token', 'GET /v2/a/b/manifests/one']);
    expect(oci.counters()).toMatchObject({ requests: 2, connections: 1 });
    expect(server.connections).toBe(1);
  });

  it('takes three without the hint and one when warm, still on one connection', async () => {
    const server = await registry({ token: {} });
    const digest = server.putManifest('a/b', 'one', document());
    const oci = client();
    const first = await oci.manifest(tagged(server));
    expect(oci.counters()).toMatchObject({ requests: 3, connections: 1 });
    const again = await oci.manifest(tagged(server), {
      unless: { digest: first.digest, ...(first.etag === undefined ? {} : { etag: first.etag }) },
    });
    expect(again).toMatchObject({ kind: 'unchanged', digest, servedBy: server.origin });
    expect(oci.counters()).toMatchObject({ requests: 4, connections: 1 });
    expect(await oci.head(tagged(server))).toMatchObject({ digest });
    expect(oci.counters()).toMatchObject({ requests: 5, connections: 1 });
  });

  it('lets a real challenge win over a wrong hint', async () => {
    const server = await registry({ token: {} });
    server.putManifest('a/b', 'one', document());
    server.reply(/^GET \/wrong/, 404);
    const tokenRealm = { realm: `${server.origin}/wrong` };
    const oci = client({ registries: { [server.host]: { tokenRealm } } });
    expect((await oci.manifest(tagged(server))).kind).toBe('manifest');
    expect(server.trace).toEqual([
      'GET /wrong',
      'GET /v2/a/b/manifests/one',
      'GET /token',
      'GET /v2/a/b/manifests/one',
    ]);
  });

  it('asks for one token when many requests start at once', async () => {
    const server = await registry({ token: {} });
    server.putManifest('a/b', 'one', document());
    const tokenRealm = { realm: `${server.origin}/token` };
    const oci = client({ registries: { [server.host]: { tokenRealm } } });
    await Promise.all(Array.from({ length: 8 }, () => oci.manifest(tagged(server))));
    expect(server.trace.filter((line) => line === 'GET /token')).toHaveLength(1);
  });

  it('fetches a config whose embedded data is wrong', async () => {
    const server = await registry();
    const { digest, size } = server.putBlob('a/b', CONFIG);
    const descriptor = {
      mediaType: 'application/json',
      digest,
      size,
      data: Buffer.from('x'.repeat(size)).toString('base64'),
    };
    const bytes = await client().blob(tagged(server), descriptor, unit);
    expect(Buffer.from(bytes).toString()).toBe(CONFIG);
    expect(server.trace).toEqual([`GET /v2/a/b/blobs/${digest}`]);
  });

  it('sends the constant anonymous bearer only when asked to, and falls back when it is refused', async () => {
    const server = await registry({ token: {} });
    server.putManifest('a/b', 'one', document());
    const oci = client({ anonymousBearer: true });
    await oci.manifest(tagged(server));
    expect(server.seen[0]?.headers.authorization).toBe('Bearer QQ==');
    expect(server.trace.at(-1)).toBe('GET /v2/a/b/manifests/one');
    await oci.manifest(tagged(server));
    expect(server.seen.filter((entry) => entry.headers.authorization === 'Bearer QQ==')).toHaveLength(1);
  });
});
