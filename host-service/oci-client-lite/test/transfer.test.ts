import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Descriptor } from '../src/types.ts';
import { INDEX, MANIFEST, sha } from './registry-content.ts';
import type { RegistryServer } from './registry-server.ts';
import { client, document, failure, kindOf, registry, tagged } from './world.ts';

const BIG = randomBytes(300_000);
const options = { maxBytes: 1_000_000 };
const descriptorOf = (content: Uint8Array): Descriptor => ({
  mediaType: 'application/octet-stream',
  digest: sha(content),
  size: content.length,
});
/** Sends only the first bytes, then cuts the connection; at most `times` times. */
function cut(server: RegistryServer, content: Buffer, bytes: number, times: number): void {
  server.on(
    /^GET .*blobs/,
    (request, response) => {
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
      response.writeHead(from === 0 ? 200 : 206, {
        'content-length': content.length - from,
        ...(from === 0 ? {} : range),
      });
      response.write(content.subarray(from, from + bytes), () => setTimeout(() => response.destroy(), 20));
      return true;
    },
    times,
  );
}

describe('a blob', () => {
  it('is continued by Range after every cut, and checked as a whole', async () => {
    const server = await registry();
    server.putBlob('a/b', BIG);
    cut(server, BIG, 90_000, 3);
    const chunks: Uint8Array[] = [];
    const sink = { write: (chunk: Uint8Array) => void chunks.push(chunk) };
    await client().blobTo(tagged(server), descriptorOf(BIG), sink, options);
    expect(Buffer.concat(chunks).equals(BIG)).toBe(true);
    expect(server.seen.slice(1).every((entry) => /^bytes=\d+-$/.test(entry.headers.range ?? ''))).toBe(true);
  });

  it('is continued also where the registry ignores Range', async () => {
    const server = await registry();
    server.putBlob('a/b', BIG);
    cut(server, BIG, 90_000, 1);
    server.on(/^GET .*blobs/, (_q, response) => (response.writeHead(200).end(BIG), true), 1);
    const bytes = await client().blob(tagged(server), descriptorOf(BIG), options);
    expect(Buffer.from(bytes).equals(BIG)).toBe(true);
  });

  it.each([
    ['of other bytes', Buffer.alloc(300_000), 'damaged'],
    ['too short', BIG.subarray(1), 'damaged'],
    ['too long', Buffer.concat([BIG, BIG]), 'damaged'],
  ])('%s is refused', async (_name, content, kind) => {
    const server = await registry();
    server.on(/blobs/, (_q, response) => (response.writeHead(200).end(content), true));
    expect(await kindOf(client().blob(tagged(server), descriptorOf(BIG), options))).toBe(kind);
  });

  it('announced with another length, gzipped, or in a wrong range is refused before it is read', async () => {
    const server = await registry();
    const oci = client({ retry: { attempts: 1 } });
    server.on(/blobs/, (_q, r) => (r.writeHead(200, { 'content-length': 5 }).end('hello'), true), 1);
    expect(await kindOf(oci.blob(tagged(server), descriptorOf(BIG), options))).toBe('damaged');
    server.on(/blobs/, (_q, r) => (r.writeHead(200, { 'content-encoding': 'gzip' }).end(BIG), true), 1);
    expect(await kindOf(oci.blob(tagged(server), descriptorOf(BIG), options))).toBe('protocol');
    server.on(
      /blobs/,
      (_q, r) => (r.writeHead(206, { 'content-range': 'bytes 5-9/10' }).end('hello'), true),
      1,
    );
    expect(await kindOf(oci.blob(tagged(server), descriptorOf(BIG), options))).toBe('protocol');
  });

  it('larger than the caller allows costs no request', async () => {
    const server = await registry();
    expect(await kindOf(client().blob(tagged(server), descriptorOf(BIG), { maxBytes: 10 }))).toBe(
      'too-large',
    );
    expect(server.seen).toHaveLength(0);
  });

  it('is followed to storage at another port without Authorization, as registries redirect', async () => {
    const storage = await registry();
    storage.on(/^GET \/store/, (_q, response) => (response.writeHead(200).end(BIG), true));
    const server = await registry({ token: {} });
    server.reply(/^GET .*blobs/, 307, {
      location: `${storage.origin.replace('//', '//u:p@')}/store?X-Amz-Signature=s3cret`,
    });
    const events: string[] = [];
    const oci = client({ onRequest: (event) => void events.push(event.url) });
    server.putManifest('a/b', 'one', document());
    await oci.manifest(tagged(server));
    await oci.blob(tagged(server), descriptorOf(BIG), options);
    expect(server.seen.at(-1)?.headers.authorization).toMatch(/^Bearer /);
    expect(storage.seen).toHaveLength(1);
    expect(storage.seen[0]?.headers).not.toHaveProperty('authorization');
    expect(events.join(' ')).not.toMatch(/s3cret|u:p/);
  });

  it('does not get our credentials when storage answers with a challenge of its own', async () => {
    const storage = await registry();
    storage.reply(/./, 401, { 'www-authenticate': `Bearer realm="${storage.origin}/token"` });
    const server = await registry();
    server.reply(/^GET .*blobs/, 307, { location: `${storage.origin}/store` });
    expect(await kindOf(client().blob(tagged(server), descriptorOf(BIG), options))).toBe('denied');
    expect(storage.trace).toEqual(['GET /store']);
  });

  it('is known to exist or not', async () => {
    const server = await registry();
    const { digest } = server.putBlob('a/b', 'x');
    const oci = client();
    expect([await oci.hasBlob(tagged(server), digest), await oci.hasBlob(tagged(server), sha('y'))]).toEqual([
      true,
      false,
    ]);
  });
});

describe('a push', () => {
  const writer = { token: { user: 'u', password: 'p' } };
  const credential = { kind: 'basic', username: 'u', password: 'p' } as const;
  it('sends a blob in two requests and skips what is there', async () => {
    const server = await registry(writer);
    const oci = client({ registries: { [server.host]: { credential } } });
    const digest = await oci.pushBlob(tagged(server), BIG);
    expect(server.blobs.get(`a/b@${digest}`)?.equals(BIG)).toBe(true);
    expect(
      server.trace.filter((line) => /POST|PUT|PATCH/.test(line)).map((line) => line.split(' ')[0]),
    ).toEqual(['POST', 'PUT']);
    server.seen.length = 0;
    await oci.pushBlob(tagged(server), BIG);
    expect(server.trace).toEqual([`HEAD /v2/a/b/blobs/${digest}`]);
  });

  it('sends chunks, no smaller than the registry wants, and resumes where the registry lost one', async () => {
    const server = await registry({ minimumChunk: 100_000 });
    server.on(
      /^PATCH/,
      (_q, response) => (response.writeHead(202, { location: String(_q.url) }).end(), true),
      1,
    );
    const oci = client();
    const digest = await oci.pushBlob(tagged(server), BIG, { chunkBytes: 1000 });
    expect(server.blobs.get(`a/b@${digest}`)?.equals(BIG)).toBe(true);
    const ranges = server.seen.filter((s) => s.method === 'PATCH').map((s) => s.headers['content-range']);
    expect(ranges.at(-1)).toBe('200000-299999');
    expect(server.trace.filter((line) => line.startsWith('GET'))).toHaveLength(1);
  });

  it('mounts from another repository, or uploads when it cannot', async () => {
    const server = await registry();
    const { digest } = server.putBlob('old', BIG);
    const oci = client();
    await oci.pushBlob(tagged(server), BIG, { mountFrom: 'old' });
    expect(server.trace.map((line) => line.split(' ')[0])).toEqual(['HEAD', 'POST']);
    server.reply(/mount=/, 400, {}, '', 1);
    await oci.pushBlob(tagged(server, 'c'), BIG, { mountFrom: 'old' });
    expect(server.blobs.has(`c@${digest}`)).toBe(true);
  });

  it('of a stream that is not what it claims is refused before it is sent', async () => {
    const server = await registry();
    // eslint-disable-next-line @typescript-eslint/require-await -- a stream of one piece
    const open = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('other');
    };
    const source = { digest: sha('this'), size: 5, open };
    expect(await kindOf(client().pushBlob(tagged(server), source))).toBe('damaged');
    expect(server.seen).toHaveLength(0);
  });

  it('does not follow an upload address to the metadata service', async () => {
    const server = await registry();
    server.reply(/^POST/, 202, { location: 'http://169.254.169.254/upload' });
    expect(await kindOf(client().pushBlob(tagged(server), BIG))).toBe('redirect-refused');
  });

  it('sends an upload to another origin without Authorization', async () => {
    const storage = await registry();
    storage.reply(/^PUT/, 201);
    const server = await registry(writer);
    server.reply(/^POST/, 202, { location: `${storage.origin}/up?x=1` });
    const oci = client({ registries: { [server.host]: { credential } } });
    await oci.pushBlob(tagged(server), BIG);
    expect(storage.seen[0]?.headers).not.toHaveProperty('authorization');
    expect(storage.seen[0]?.url).toContain('/up?x=1&digest=sha256');
  });

  it('of a manifest answers its digest; an immutable tag is not moved', async () => {
    const server = await registry();
    const oci = client();
    const one = Buffer.from(JSON.stringify(document()));
    const two = Buffer.from(JSON.stringify(document({ annotations: { n: '2' } })));
    const ref = tagged(server, 'a/b', '1.0.0');
    expect(await oci.pushManifest(ref, one, MANIFEST, { immutable: true })).toBe(sha(one));
    expect(await oci.pushManifest(ref, one, MANIFEST, { immutable: true })).toBe(sha(one));
    expect(await kindOf(oci.pushManifest(ref, two, MANIFEST, { immutable: true }))).toBe('conflict');
    expect(await oci.pushManifest(ref, two, MANIFEST)).toBe(sha(two));
    expect(await kindOf(oci.pushManifest(ref, two, INDEX))).toBe('protocol');
  });

  it('is refused when the registry stored something else', async () => {
    const server = await registry();
    server.reply(/^PUT/, 201, { 'docker-content-digest': sha('else') });
    const bytes = Buffer.from(JSON.stringify(document()));
    expect(await kindOf(client().pushManifest(tagged(server), bytes, MANIFEST))).toBe('damaged');
  });

  it('without permission says so', async () => {
    const server = await registry({ token: {} });
    expect(await failure(client().pushBlob(tagged(server), BIG))).toMatchObject({
      kind: 'denied',
      status: 401,
    });
  });
});
