import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { MEDIA, Digest, Repository } from 'host-service/contract/names.ts';
import { createRegistry } from 'host-service/edges/registry/registry.ts';
import type { RegistryOptions } from 'host-service/edges/registry/options.ts';
import type { RegistryAnswer } from 'host-service/engine/ports.ts';
import { INDEX, MANIFEST, sha } from '../../host-service/oci-client-lite/test/registry-content.ts';
import { RegistryServer } from '../../host-service/oci-client-lite/test/registry-server.ts';
import { bytesOf, fixture, releaseJson, statementJson } from '../fixtures/documents.ts';
import { makeKey, sha256, signBundle } from '../fixtures/sign.ts';

const signal = new AbortController().signal;
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

async function start(options: Parameters<typeof RegistryServer.start>[0] = {}): Promise<RegistryServer> {
  const server = await RegistryServer.start(options);
  opened.push(server);
  return server;
}
function connect(options: Partial<RegistryOptions> = {}) {
  const registry = createRegistry({ registries: [], unpack: () => new Map(), ...options });
  opened.push(registry);
  return registry;
}
const at = (server: RegistryServer, name = 'vendor/appliance-release'): Repository =>
  Repository.parse(`${server.host}/${name}`);

type Descriptor = Record<string, unknown>;
const embedded = (mediaType: string, bytes: Uint8Array): Descriptor => ({
  ...{ mediaType, digest: sha(bytes), size: bytes.length },
  data: Buffer.from(bytes).toString('base64'),
});

function sample(): { document: Uint8Array; statement: Uint8Array; manifest: Record<string, unknown> } {
  const key = makeKey();
  const document = bytesOf(releaseJson());
  const statement = bytesOf(statementJson({ digest: sha256(document), version: '1.0.0' }));
  const manifest = {
    ...{ schemaVersion: 2, mediaType: MANIFEST, artifactType: MEDIA.releaseArtifact },
    config: embedded(MEDIA.releaseConfig, document),
    layers: [
      embedded(MEDIA.sigstoreBundle, signBundle(statement, key)),
      embedded(MEDIA.channelStatement, statement),
      embedded(MEDIA.sigstoreBundle, signBundle(document, key)),
    ],
  };
  return { document, statement, manifest };
}

const look = (registry: ReturnType<typeof connect>, repository: Repository, reference = 'stable-v2') =>
  registry.look({ repository, reference }, signal);
const codeOf = (answer: RegistryAnswer): string =>
  answer.kind === 'unavailable' || answer.kind === 'refused'
    ? `${answer.kind} ${answer.problem.code}`
    : answer.kind;

describe('the registry edge', () => {
  it('needs two requests on one connection for a release with all its signatures, then one', async () => {
    const server = await start({ token: {} });
    const { document, statement, manifest } = sample();
    server.putManifest('vendor/appliance-release', 'stable-v2', manifest);
    const registry = connect({
      token: { host: server.host, realm: `${server.origin}/token`, service: 'registry' },
    });
    const answer = await look(registry, at(server));
    if (answer.kind !== 'artifact') throw new Error(codeOf(answer));
    const { artifact } = answer;
    expect(Buffer.from(artifact.document)).toEqual(Buffer.from(document));
    expect(Buffer.from(artifact.statement ?? [])).toEqual(Buffer.from(statement));
    expect(artifact).toMatchObject({ servedBy: server.origin, artifactType: MEDIA.releaseArtifact });
    expect(artifact.bundles.length).toBe(2);
    expect(registry.counters()).toEqual({ requests: 2, connections: 1 });
    const unless = { digest: artifact.ociDigest, etag: artifact.etag };
    const again = await registry.look({ repository: at(server), reference: 'stable-v2', unless }, signal);
    expect(again).toMatchObject({ kind: 'unchanged', ociDigest: artifact.ociDigest });
    expect(registry.counters()).toEqual({ requests: 3, connections: 1 });
  });

  it('fetches blobs where nothing is embedded', async () => {
    const server = await start();
    const { document, manifest } = sample();
    const config: Descriptor = { ...embedded(MEDIA.releaseConfig, document), data: undefined };
    server.putBlob('vendor/appliance-release', document);
    server.putManifest('vendor/appliance-release', 'stable-v2', { ...manifest, config });
    const answer = await look(connect(), at(server));
    expect(answer.kind).toBe('artifact');
    expect(server.trace.some((line) => line.includes('/blobs/'))).toBe(true);
  });

  it.each([
    ['pushed with --config, image-spec v1.0', { config: { mediaType: MEDIA.v1Config } }],
    [
      'pushed with an artifact type and a JSON configuration',
      {
        artifactType: 'application/vnd.alga.appliance.release.v1',
        config: { mediaType: 'application/json' },
      },
    ],
  ])('reads v1 documents %s', async (_name, shape) => {
    const server = await start();
    const document = fixture('v1-seed.json');
    const config = { ...embedded(shape.config.mediaType, document), data: undefined };
    server.putBlob('vendor/appliance-release', document);
    const artifactType = 'artifactType' in shape ? { artifactType: shape.artifactType } : {};
    const manifest = { schemaVersion: 2, mediaType: MANIFEST, ...artifactType, config, layers: [] };
    server.putManifest('vendor/appliance-release', 'stable', manifest);
    const answer = await look(connect(), at(server), 'stable');
    expect(answer.kind === 'artifact' && answer.artifact.configMediaType).toBe(shape.config.mediaType);
  });

  const spoiled: readonly (readonly [
    string,
    string,
    (good: ReturnType<typeof sample>) => [object | string, string?],
  ])[] = [
    ['an index', 'release.damaged', () => [{ schemaVersion: 2, mediaType: INDEX, manifests: [] }, INDEX]],
    ['an index and manifest in one', 'registry.protocol', ({ manifest }) => [{ ...manifest, manifests: [] }]],
    [
      'another configuration type',
      'release.damaged',
      ({ manifest, document }) => [
        { ...manifest, config: embedded('application/vnd.oci.image.config.v1+json', document) },
      ],
    ],
    [
      'another artifact type',
      'release.damaged',
      ({ manifest }) => [{ ...manifest, artifactType: 'application/vnd.other' }],
    ],
    [
      'two statements',
      'release.damaged',
      ({ manifest, statement }) => [
        { ...manifest, layers: [1, 2].map(() => embedded(MEDIA.channelStatement, statement)) },
      ],
    ],
    [
      'seventeen signatures',
      'release.damaged',
      ({ manifest, statement }) => [
        { ...manifest, layers: Array.from({ length: 17 }, () => embedded(MEDIA.sigstoreBundle, statement)) },
      ],
    ],
    [
      'a release above 256 KiB',
      'release.damaged',
      ({ manifest }) => [
        { ...manifest, config: { mediaType: MEDIA.releaseConfig, digest: sha('x'), size: 300_000 } },
      ],
    ],
    [
      'a statement above 64 KiB',
      'release.damaged',
      ({ manifest }) => [
        { ...manifest, layers: [{ mediaType: MEDIA.channelStatement, digest: sha('x'), size: 70_000 }] },
      ],
    ],
    [
      'a signature above 64 KiB',
      'release.damaged',
      ({ manifest }) => [
        { ...manifest, layers: [{ mediaType: MEDIA.sigstoreBundle, digest: sha('x'), size: 70_000 }] },
      ],
    ],
    [
      'a manifest above 512 KiB',
      'registry.too-large',
      ({ manifest }) => [{ ...manifest, annotations: { a: 'x'.repeat(530_000) } }],
    ],
    ['text instead of a manifest', 'registry.protocol', () => ['<html>']],
  ];
  it.each(spoiled)('refuses %s: %s', async (_name, code, spoil) => {
    const server = await start();
    const [content, type] = spoil(sample());
    server.putManifest('vendor/appliance-release', 'stable-v2', content, type ?? MANIFEST);
    expect(codeOf(await look(connect(), at(server)))).toBe(`refused ${code}`);
  });

  it('refuses embedded bytes that differ from their digest by asking for the real ones', async () => {
    const server = await start();
    const { manifest, document } = sample();
    const config = { ...embedded(MEDIA.releaseConfig, document), data: Buffer.from('{}').toString('base64') };
    server.putManifest('vendor/appliance-release', 'stable-v2', { ...manifest, config });
    expect((await look(connect(), at(server))).kind).not.toBe('artifact');
  });

  it('says that a tag is not there: registry.not-found', async () => {
    const server = await start();
    expect(codeOf(await look(connect(), at(server)))).toBe('unavailable registry.not-found');
  });

  it('says that nobody answers: registry.connect', async () => {
    const server = await start();
    const repository = at(server);
    await server.close();
    expect(codeOf(await look(connect(), repository))).toBe('unavailable registry.connect');
  }, 30_000);

  it('names the artifacts that are missing, also a platform child', async () => {
    const server = await start();
    const there = server.putManifest('v/there', 't', sample().manifest);
    const child = (architecture: string, digest: string) => ({
      ...{ mediaType: MANIFEST, digest, size: 1 },
      platform: { architecture, os: 'linux' },
    });
    const index = (architecture: string) => ({
      ...{ schemaVersion: 2, mediaType: INDEX },
      manifests: [child('arm64', sha('gone')), child(architecture, sha('gone too'))],
    });
    const forAmd = server.putManifest('v/there', 'index', index('amd64'), INDEX);
    const forOther = server.putManifest('v/there', 'other', index('s390x'), INDEX);
    const of = (digest: string) => ({ repository: at(server, 'v/there'), digest: Digest.parse(digest) });
    const missing = await connect().missing(
      [of(there), of(sha('nothing')), of(forAmd), of(forOther), of(there)],
      'amd64',
      signal,
    );
    const name = `${server.host}/v/there`;
    expect([...missing].sort()).toEqual(
      [
        `${name}@${sha('nothing')}`,
        `${name}@${sha('gone too')} (amd64)`,
        `${name}@${forOther} (nothing for amd64)`,
      ].sort(),
    );
  });

  it('hands the bundle layer over whatever its place, and refuses other artifacts', async () => {
    const server = await start();
    const tar = gzipSync('bundle');
    const other = Buffer.from('other');
    server.putBlob('v/config', tar);
    const layer = { mediaType: MEDIA.fluxContent, digest: sha(tar), size: tar.length };
    const base = {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: embedded(MEDIA.fluxConfig, Buffer.from('{}')),
    };
    const good = server.putManifest('v/config', 'a', {
      ...base,
      layers: [embedded('text/plain', other), layer],
    });
    const bad = server.putManifest('v/config', 'b', { ...base, layers: [embedded('text/plain', other)] });
    const registry = connect({ unpack: (bytes) => new Map([['all', bytes]]) });
    const of = (digest: string) => ({
      repository: at(server, 'v/config'),
      digest: Digest.parse(digest),
      size: 1,
    });
    const files = await registry.bundle(of(good), signal);
    expect(Buffer.from(files.get('all') ?? [])).toEqual(tar);
    await expect(registry.bundle(of(bad), signal)).rejects.toMatchObject({ code: 'release.bundle-invalid' });
    await expect(registry.bundle(of(sha('no')), signal)).rejects.toMatchObject({
      code: 'registry.not-found',
    });
  });

  it('resolves a tag to its digest', async () => {
    const server = await start();
    const digest = server.putManifest('v/web', 'abc', sample().manifest);
    expect((await connect().digestOf(at(server, 'v/web'), 'abc', signal)).digest).toBe(digest);
    await expect(connect().digestOf(at(server, 'v/web'), 'no', signal)).rejects.toMatchObject({
      code: 'registry.not-found',
    });
  });

  it('asks a mirror first and keeps the name', async () => {
    const [server, mirror] = [await start(), await start()];
    mirror.putManifest('vendor/appliance-release', 'stable-v2', sample().manifest);
    const registries = [{ host: server.host, mirrors: [mirror.origin], plainHttp: false }];
    const answer = await look(connect({ registries }), at(server));
    expect(answer.kind === 'artifact' && answer.artifact.servedBy).toBe(mirror.origin);
    expect(server.seen.length).toBe(0);
  });
});
