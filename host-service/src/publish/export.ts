import { mkdir, open, readdir, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobSink, Descriptor, OciClient, Reference } from 'oci-client-lite/types.ts';
import { MEDIA, type Digest, type Repository } from '../contract/names.ts';
import { Problem } from '../contract/problem.ts';
import type { Release } from '../contract/release.ts';
import { goJson } from '../core/publish/bytes.ts';
import { unpack } from '../edges/archive/unpack.ts';
import { readLayout } from '../edges/layout/layout.ts';
import { readRelease } from './read-release.ts';
import { asProblem, referenceOf } from './registry.ts';

export interface ExportInput {
  readonly repository: Repository;
  /** Tag or digest of a release; with a channel's tag its statement comes along. */
  readonly reference: string;
  /** Folder to write to: new, empty, or an earlier export. */
  readonly folder: string;
  /** Images, control plane and host bundle as well. */
  readonly images: boolean;
}

export interface Exported {
  readonly version: string;
  /** Of the release document. */
  readonly digest: Digest;
  readonly ociDigest: Digest;
  /** Whether a channel statement came along. */
  readonly statement: boolean;
  readonly artifacts: number;
  /** Bytes of all blobs. */
  readonly size: number;
}

interface Wanted {
  /** Name in index.json. */
  readonly name: string;
  readonly repository: Repository;
  readonly digest: Digest;
}

const REF_NAME = 'org.opencontainers.image.ref.name';
/** Blobs up to so many bytes are kept in memory on their way, so that what a manifest embeds is not fetched. */
const SMALL = 1024 * 1024;
const CHILDREN = 16;

/** The blobs of one export: each is written once, whole and checked, or not at all. */
class Folder {
  readonly #path: string;
  readonly #written = new Map<string, number>();

  constructor(path: string) {
    this.#path = path;
  }

  get size(): number {
    return [...this.#written.values()].reduce((total, size) => total + size, 0);
  }

  #blob(digest: string): string {
    return join(this.#path, 'blobs', 'sha256', digest.slice('sha256:'.length));
  }

  /** @throws Problem request.conflict when something else lies there, config.unreadable */
  async prepare(): Promise<void> {
    await writing(this.#path, async () => {
      await mkdir(join(this.#path, 'blobs', 'sha256'), { recursive: true });
      const names = await readdir(this.#path);
      if (names.length > 1 && !names.includes('oci-layout')) {
        throw new Problem('request.conflict', `${this.#path} is not empty and not an earlier export`);
      }
      // Half an export must not be taken for a whole one: what names it goes first and comes last.
      await rm(join(this.#path, 'index.json'), { force: true });
      await writeFile(join(this.#path, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    });
  }

  /** Writes through a file beside it. `fill` has checked the bytes when it returns. @throws Problem config.unreadable */
  async add(digest: string, size: number, fill: (file: BlobSink) => Promise<void>): Promise<void> {
    if (this.#written.has(digest)) return;
    const path = this.#blob(digest);
    await writing(path, async () => {
      const handle = await open(`${path}.part`, 'w');
      try {
        await fill(sinkOf(handle));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(`${path}.part`, path);
    });
    this.#written.set(digest, size);
  }

  async index(manifests: readonly unknown[]): Promise<void> {
    const index = { schemaVersion: 2, mediaType: MEDIA.imageIndex, manifests };
    const path = join(this.#path, 'index.json');
    await writing(path, () => writeFile(path, goJson(index)));
  }
}

/** A file that is written in order, and from its start again when the registry sent damaged bytes. */
function sinkOf(handle: FileHandle): Required<BlobSink> {
  let position = 0;
  return {
    write: async (bytes) => {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position);
        done += bytesWritten;
        position += bytesWritten;
      }
    },
    reset: async () => {
      await handle.truncate(0);
      position = 0;
    },
  };
}

/** Runs what writes; a full or forbidden disk becomes a Problem. */
async function writing<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const code =
      error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    throw new Problem('config.unreadable', `${path} cannot be written (${code})`, { cause: error });
  }
}

async function copyBlob(client: OciClient, ref: Reference, blob: Descriptor, folder: Folder): Promise<void> {
  await folder.add(blob.digest, blob.size, async (file) => {
    const options = { maxBytes: blob.size };
    if (blob.size > SMALL) await client.blobTo(ref, blob, file, options);
    else await file.write(await client.blob(ref, blob, options));
  });
}

/** Copies a manifest and all below it; answers its descriptor. */
async function copy(
  client: OciClient,
  ref: Reference,
  folder: Folder,
): Promise<Pick<Descriptor, 'mediaType' | 'digest' | 'size'>> {
  const found = await client.manifest(ref, { accept: 'image' });
  const { mediaType, digest, bytes } = found;
  if (found.kind === 'index') {
    for (const child of found.index.manifests.slice(0, CHILDREN)) {
      await copy(client, { ...ref, digest: child.digest }, folder);
    }
  } else {
    for (const blob of [found.manifest.config, ...found.manifest.layers]) {
      await copyBlob(client, ref, blob, folder);
    }
  }
  await folder.add(digest, bytes.length, async (file) => file.write(bytes));
  return { mediaType, digest, size: bytes.length };
}

function partsOf(release: Release, images: boolean): readonly Wanted[] {
  const named = (
    prefix: string,
    pins: Readonly<Record<string, { readonly repository: Repository; readonly digest: Digest }>>,
  ): readonly Wanted[] =>
    Object.entries(pins).map(([key, { repository, digest }]) => ({
      ...{ name: `${prefix}/${key}`, repository, digest },
    }));
  const always = [{ name: 'bundle', ...release.config }, ...named('chart', release.charts)];
  if (!images) return always;
  const { controlPlane, hostBundle } = release;
  return [
    ...always,
    ...named('image', release.images),
    { name: 'control-plane', ...controlPlane },
    ...(hostBundle === undefined ? [] : [{ name: 'host-bundle', ...hostBundle }]),
  ];
}

/**
 * Writes a release as an OCI image layout that a box can take along (configuration key `baked`): its manifest byte for byte, bundle, charts,
 * and images where asked for. What a box could not read is refused.
 *
 * @throws Problem registry.*, release.*, request.conflict
 */
export async function exportRelease(client: OciClient, input: ExportInput): Promise<Exported> {
  const { repository, reference } = input;
  const release = await readRelease(client, repository, reference);
  if (release === undefined) {
    throw new Problem('registry.not-found', `${repository} has no ${reference}`);
  }
  const folder = new Folder(input.folder);
  await folder.prepare();
  const wanted: readonly Wanted[] = [
    { name: 'release', repository, digest: release.ociDigest },
    ...partsOf(release.release, input.images),
  ];
  const manifests: unknown[] = [];
  for (const { name, ...at } of wanted) {
    const ref = await referenceOf(`${at.repository}@${at.digest}`);
    const descriptor = await asProblem(() => copy(client, ref, folder));
    manifests.push({ ...descriptor, annotations: { [REF_NAME]: name } });
  }
  await folder.index(manifests);
  const { baked } = readLayout(input.folder, { repository, unpack });
  return {
    version: release.release.version,
    digest: baked.digest,
    ociDigest: baked.artifact.ociDigest,
    statement: baked.artifact.statement !== undefined,
    artifacts: wanted.length,
    size: folder.size,
  };
}
