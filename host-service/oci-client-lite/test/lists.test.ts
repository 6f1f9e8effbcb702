import { describe, expect, it } from 'vitest';
import type { Descriptor } from '../src/types.ts';
import { INDEX, MANIFEST, sha } from './registry-content.ts';
import { client, document, kindOf, registry, tagged } from './world.ts';

const TYPE = 'application/vnd.test.signature';
const bytesOf = (value: object): Buffer => Buffer.from(JSON.stringify(value));
const subjectOf = (bytes: Uint8Array): Descriptor => ({
  mediaType: MANIFEST,
  digest: sha(bytes),
  size: bytes.length,
});

describe('referrers', () => {
  const main = bytesOf(document());
  const signature = bytesOf(
    document({ artifactType: TYPE, subject: subjectOf(main), annotations: { a: 'b' } }),
  );
  const other = bytesOf(document({ artifactType: 'application/vnd.test.other', subject: subjectOf(main) }));

  it.each(['api', '404', 'html'] as const)(
    'are found where the registry answers the API with %s',
    async (referrers) => {
      const server = await registry({ referrers });
      const oci = client();
      const ref = { registry: server.host, repository: 'a/b', digest: sha(main) };
      await oci.pushManifest(tagged(server), main, MANIFEST);
      expect(await oci.referrers(ref)).toEqual([]);
      await oci.pushManifest({ registry: server.host, repository: 'a/b' }, signature, MANIFEST);
      await oci.pushManifest({ registry: server.host, repository: 'a/b' }, other, MANIFEST);
      await oci.pushManifest({ registry: server.host, repository: 'a/b' }, other, MANIFEST);
      const found = await oci.referrers(ref, { artifactType: TYPE });
      // The fallback index is not filtered: its artifact types are wrong in the wild.
      expect(found.map((entry) => entry.digest)).toEqual(
        referrers === 'api' ? [sha(signature)] : [sha(signature), sha(other)],
      );
      if (referrers !== 'api')
        expect(found[0]).toMatchObject({ artifactType: TYPE, annotations: { a: 'b' } });
      expect(server.tags.has(`a/b:${sha(main).replace(':', '-')}`)).toBe(referrers !== 'api');
      expect(server.trace.filter((line) => line.includes('/referrers/'))).toHaveLength(
        referrers === 'api' ? 2 : 1,
      );
    },
  );

  it('written by another writer meanwhile are kept', async () => {
    const server = await registry();
    const oci = client();
    await oci.pushManifest(tagged(server), main, MANIFEST);
    const tag = sha(main).replace(':', '-');
    let raced = false;
    server.on(new RegExp(`^PUT .*${tag}`), (_request, response) => {
      if (raced) return false;
      raced = true;
      server.putManifest(
        'a/b',
        tag,
        { schemaVersion: 2, mediaType: INDEX, manifests: [subjectOf(other)] },
        INDEX,
      );
      response.writeHead(412).end();
      return true;
    });
    await oci.pushManifest({ registry: server.host, repository: 'a/b' }, signature, MANIFEST);
    const found = await oci.referrers({ registry: server.host, repository: 'a/b', digest: sha(main) });
    expect(found.map((entry) => entry.digest)).toEqual([sha(other), sha(signature)]);
  });
});

describe('tags', () => {
  it('are collected over pages, sorted, without those that are none', async () => {
    const server = await registry();
    server.reply(
      /tags\/list\?n=/,
      200,
      { link: '</v2/a/b/tags/list?last=b>; rel="next"' },
      '{"tags":["b","a","../x"]}',
    );
    server.reply(/tags\/list\?last/, 200, {}, '{"tags":["c","a"]}');
    expect(await client().tags(tagged(server))).toEqual(['a', 'b', 'c']);
  });

  it('are not followed to another origin, nor for ever', async () => {
    const server = await registry();
    server.reply(/tags/, 200, { link: '<http://127.0.0.1:1/x>; rel="next"' }, '{"tags":[]}', 1);
    expect(await kindOf(client().tags(tagged(server)))).toBe('redirect-refused');
    server.reply(/tags/, 200, { link: '</v2/a/b/tags/list>; rel="next"' }, '{"tags":null}');
    expect(await kindOf(client({ limits: { pages: 3 } }).tags(tagged(server)))).toBe('too-large');
  });
});

describe('head', () => {
  it('falls back to GET where the digest header is missing, and knows absence', async () => {
    const server = await registry();
    const digest = server.putManifest('a/b', 'one', document());
    server.reply(/^HEAD .*\/one/, 200);
    expect(await client().head(tagged(server))).toMatchObject({ digest });
    expect(await client().head(tagged(server, 'a/b', 'none'))).toBeUndefined();
  });
});

describe('mirrors', () => {
  it('are asked first, in order, by their own name of the repository; who answered is reported', async () => {
    const [dead, empty, full, origin] = await Promise.all([registry(), registry(), registry(), registry()]);
    await dead.close();
    full.putManifest('cache/a/b', 'one', document());
    const rewrite = [{ from: '^(.*)$', to: 'cache/$1' }];
    const mirrors = [{ url: dead.origin }, { url: empty.origin }, { url: `${full.origin}/v2`, rewrite }];
    const oci = client({ registries: { [origin.host]: { mirrors } } });
    expect(await oci.manifest(tagged(origin))).toMatchObject({ servedBy: full.origin });
    expect(full.seen[0]?.url).toBe(`/v2/cache/a/b/manifests/one?ns=${encodeURIComponent(origin.host)}`);
    expect(origin.seen).toHaveLength(0);
    const before = oci.counters().requests;
    await oci.manifest(tagged(origin));
    expect(oci.counters().requests - before).toBe(2);
  });

  it('with wrong bytes are passed over; the registry’s own error is reported with theirs', async () => {
    const [mirror, origin] = await Promise.all([registry(), registry()]);
    const { digest, size } = origin.putBlob('a/b', 'right');
    mirror.on(/blobs/, (_q, response) => (response.writeHead(200).end('wrong'), true));
    const oci = client({ registries: { [origin.host]: { mirrors: [{ url: mirror.origin }] } } });
    const bytes = await oci.blob(tagged(origin), { mediaType: 'a/b', digest, size }, { maxBytes: 10 });
    expect(Buffer.from(bytes).toString()).toBe('right');
    await expect(oci.manifest(tagged(origin))).rejects.toThrow(/mirror 127\.0\.0\.1:\d+: not-found/);
  });

  it('not trusted to resolve are asked for digests only, and never get the registry’s credential', async () => {
    const [mirror, origin] = await Promise.all([
      registry(),
      registry({ basic: { user: 'u', password: 'p' } }),
    ]);
    const digest = origin.putManifest('a/b', 'one', document());
    mirror.putManifest('a/b', 'one', document());
    const credential = { kind: 'basic', username: 'u', password: 'p' } as const;
    const mirrors = [{ url: mirror.origin, resolve: false }];
    const oci = client({ registries: { [origin.host]: { mirrors, credential } } });
    expect(await oci.manifest(tagged(origin))).toMatchObject({ servedBy: origin.origin });
    const pinned = { registry: origin.host, repository: 'a/b', digest };
    expect(await oci.manifest(pinned)).toMatchObject({ servedBy: mirror.origin });
    for (const entry of mirror.seen) expect(entry.headers).not.toHaveProperty('authorization');
  });
});
