import { mkdtemp, readFile, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Digest, MEDIA, Repository } from 'host-service/contract/names.ts';
import { problemOf } from 'host-service/contract/problem.ts';
import { imageArtifact, type Artifact } from 'host-service/core/publish/artifact.ts';
import { unpack } from 'host-service/edges/archive/unpack.ts';
import { readLayout, type Layout } from 'host-service/edges/layout/layout.ts';
import { withLayout } from 'host-service/edges/layout/with-layout.ts';
import { digestFor, REPOSITORY } from '../fixtures/documents.ts';
import {
  blobAt,
  bundleOf,
  describe as descriptorOf,
  putBlob,
  putIndex,
  releaseOf,
  writeLayout,
} from '../fixtures/layout.ts';
import { MemoryRegistry } from '../fixtures/memory-registry.ts';
import { sha256 } from '../fixtures/sign.ts';

const signal = new AbortController().signal;
const repository = Repository.parse(REPOSITORY);
const FILES = new Map([['base/kustomization.yaml', Buffer.from('resources: []\n')]]);

let folder = '';
let bundle: Artifact;
let release: Artifact;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'layout-'));
  bundle = await bundleOf(FILES);
  release = releaseOf(bundle);
  await writeLayout(folder, [
    ['release', release],
    ['bundle', bundle],
  ]);
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const open = (): Layout => readLayout(folder, { repository, unpack });

function refusal(): string {
  try {
    open();
    return 'read';
  } catch (error) {
    return problemOf(error).code;
  }
}

/** Bytes of the blob whose media type is asked for. */
function blobOf(artifact: Artifact, mediaType: string): Uint8Array {
  const found = artifact.blobs.find((blob) => blob.mediaType === mediaType);
  if (found === undefined) throw new Error(`no ${mediaType}`);
  return found.bytes;
}

const layerDigest = (): string => sha256(blobOf(bundle, MEDIA.fluxContent));

const imageOf = (architecture: string): Artifact =>
  imageArtifact({
    content: Buffer.from(`layer ${architecture}`),
    tar: Buffer.from('tar'),
    architecture,
    created: '2026-11-20T10:00:00Z',
    entrypoint: [],
    labels: {},
  });

describe('a baked release in a folder', () => {
  it('is read with its statement, its signatures and its bundle', () => {
    const { baked, files } = open();
    const { artifact } = baked;
    expect(artifact).toMatchObject({
      ...{ repository, ociDigest: release.digest, configMediaType: MEDIA.releaseConfig },
      ...{ artifactType: MEDIA.releaseArtifact, keys: undefined, etag: undefined },
    });
    expect(Buffer.from(artifact.document)).toEqual(Buffer.from(blobOf(release, MEDIA.releaseConfig)));
    expect(Buffer.from(artifact.statement ?? [])).toEqual(
      Buffer.from(blobOf(release, MEDIA.channelStatement)),
    );
    expect(artifact.bundles).toHaveLength(2);
    expect([...files.keys()]).toEqual(['base/kustomization.yaml']);
  });

  it('is found by its media type, whatever tools call it', async () => {
    await putIndex(folder, [descriptorOf(bundle, 'a'), descriptorOf(release, 'stable-v2')]);
    expect(open().baked.artifact.ociDigest).toBe(release.digest);
  });

  it('needs no blobs for what its manifest embeds', async () => {
    for (const { bytes } of release.blobs) await unlink(blobAt(folder, await putBlob(folder, bytes)));
    expect(open().baked.artifact.bundles).toHaveLength(2);
  });

  it('is chosen by the name `release` where there are several; two without it are a mistake', async () => {
    const other = releaseOf(bundle, { release: { version: '1.1.0' } });
    await writeLayout(folder, [
      ['old', other],
      ['release', release],
      ['bundle', bundle],
    ]);
    expect(open().baked.artifact.ociDigest).toBe(release.digest);
    await putIndex(folder, [descriptorOf(other, 'a'), descriptorOf(release, 'b')]);
    expect(refusal()).toBe('config.invalid');
  });
});

describe('a folder that is not a baked release', () => {
  it('that is not there or is something else is a mistake in the configuration', async () => {
    await unlink(join(folder, 'oci-layout'));
    expect(refusal()).toBe('config.invalid');
    await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion": "1.0.0"}');
    await putIndex(folder, [descriptorOf(bundle, 'release')]);
    expect(refusal()).toBe('config.invalid');
    await rm(folder, { recursive: true });
    expect(refusal()).toBe('config.invalid');
  });

  it.each(['{', '{"schemaVersion": 1, "manifests": []}', '{"schemaVersion": 2, "manifests": [{}]}'])(
    'whose index is %s is damaged',
    async (text) => {
      await writeFile(join(folder, 'index.json'), text);
      expect(refusal()).toBe('release.damaged');
    },
  );

  it('whose index names a digest that is a path is damaged, and nothing outside is read', async () => {
    await putIndex(folder, [{ ...descriptorOf(release, 'release'), digest: 'sha256:../../index.json' }]);
    expect(refusal()).toBe('release.damaged');
  });

  it.each([
    ['the release manifest', () => release.digest],
    ['the bundle manifest', () => bundle.digest],
    ['a layer of the bundle', () => layerDigest()],
  ])('with other bytes in %s is damaged', async (_what, digest) => {
    const path = blobAt(folder, digest());
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(path, bytes);
    expect(refusal()).toBe('release.damaged');
  });

  it.each([
    ['the release manifest', () => release.digest],
    ['the bundle manifest', () => bundle.digest],
    ['a layer of the bundle', () => layerDigest()],
  ])('without %s is damaged', async (_what, digest) => {
    await unlink(blobAt(folder, digest()));
    expect(refusal()).toBe('release.damaged');
  });

  it('with a manifest of a gigabyte is refused without reading it', async () => {
    await truncate(blobAt(folder, release.digest), 1024 ** 3);
    expect(refusal()).toBe('release.damaged');
  });

  it('with a device in place of a blob is refused without reading it', async () => {
    await unlink(blobAt(folder, release.digest));
    await symlink('/dev/zero', blobAt(folder, release.digest));
    expect(refusal()).toBe('config.unreadable');
  });

  it('with a manifest that is an index as well is damaged', async () => {
    const json: unknown = JSON.parse(Buffer.from(release.manifest).toString());
    const both = Buffer.from(JSON.stringify({ ...Object(json), manifests: [] }));
    const digest = await putBlob(folder, both);
    await putIndex(folder, [{ ...descriptorOf(release, 'release'), digest, size: both.length }]);
    expect(refusal()).toBe('release.damaged');
  });

  it('with two statements is damaged', async () => {
    const json = Object(JSON.parse(Buffer.from(release.manifest).toString())) as { layers: unknown[] };
    const both = Buffer.from(JSON.stringify({ ...json, layers: [...json.layers, ...json.layers] }));
    const digest = await putBlob(folder, both);
    await putIndex(folder, [{ ...descriptorOf(release, 'release'), digest, size: both.length }]);
    expect(refusal()).toBe('release.damaged');
  });

  it('whose bundle is none cannot be used', async () => {
    const image = imageOf('amd64');
    const wrong = releaseOf(image);
    await writeLayout(folder, [
      ['release', wrong],
      ['bundle', image],
    ]);
    expect(refusal()).toBe('release.bundle-invalid');
  });
});

describe('a registry with a baked release before it', () => {
  const network = new MemoryRegistry();
  const pinned = () => ({ repository, digest: Digest.parse(bundle.digest), size: bundle.size });
  beforeEach(() => {
    network.away = { code: 'registry.connect', detail: 'away' };
    network.asked.length = 0;
    network.lacking = [];
  });

  it('R-21 gives the bundle while the registry is away', async () => {
    const files = await withLayout(network.port, open()).bundle(pinned(), signal);
    expect([...files.keys()]).toEqual(['base/kustomization.yaml']);
  });

  it('gives the release by digest without asking, by tag never', async () => {
    const registry = withLayout(network.port, open());
    const answer = await registry.look({ repository, reference: release.digest }, signal);
    expect(answer).toMatchObject({ kind: 'artifact', artifact: { ociDigest: release.digest } });
    const unless = { digest: Digest.parse(release.digest) };
    const again = await registry.look({ repository, reference: release.digest, unless }, signal);
    expect(again.kind).toBe('unchanged');
    expect(network.asked).toEqual([]);
    expect((await registry.look({ repository, reference: 'release' }, signal)).kind).toBe('unavailable');
    expect((await registry.look({ repository, reference: bundle.digest }, signal)).kind).toBe('unavailable');
  });

  it('asks the registry for what rotted after it was opened', async () => {
    const registry = withLayout(network.port, open());
    await writeFile(blobAt(folder, bundle.digest), '{}');
    network.bundles.set(bundle.digest, new Map([['from', Buffer.from('network')]]));
    expect([...(await registry.bundle(pinned(), signal)).keys()]).toEqual(['from']);
  });

  it('asks the registry only for parts that did not come with the box', async () => {
    const registry = withLayout(network.port, open());
    expect(await registry.missing([pinned()], 'amd64', signal)).toEqual([]);
    const other = { repository, digest: Digest.parse(digestFor('other')) };
    await expect(registry.missing([pinned(), other], 'amd64', signal)).rejects.toMatchObject({
      code: 'registry.connect',
    });
  });

  it('counts an image only when the child for this machine and all its layers came along', async () => {
    const image = imageOf('amd64');
    await putBlob(folder, image.manifest);
    const [config, layer] = await Promise.all(image.blobs.map(({ bytes }) => putBlob(folder, bytes)));
    const index = Buffer.from(
      JSON.stringify({
        ...{ schemaVersion: 2, mediaType: MEDIA.imageIndex },
        manifests: ['amd64', 'arm64'].map((architecture) => ({
          ...descriptorOf(architecture === 'amd64' ? image : imageOf('arm64'), 'x'),
          platform: { architecture, os: 'linux' },
        })),
      }),
    );
    const digest = Digest.parse(await putBlob(folder, index));
    const layout = open();
    expect([layout.has(digest, 'amd64'), layout.has(digest, 'arm64'), layout.has(digest, 's390x')]).toEqual([
      true,
      false,
      false,
    ]);
    for (const blob of [config, layer]) {
      const bytes = await readFile(blobAt(folder, blob ?? ''));
      await unlink(blobAt(folder, blob ?? ''));
      expect(layout.has(digest, 'amd64')).toBe(false);
      await putBlob(folder, bytes);
    }
    expect(layout.has(digest, 'amd64')).toBe(true);
  });
});
