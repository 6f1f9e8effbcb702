import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from 'modern-tar';
import { z } from 'zod';
import { MEDIA } from '../../host-service/src/contract/names.ts';
import { goJson } from '../../host-service/src/core/publish/bytes.ts';
import { digestOf, tarOf, type Entry } from './image-layer.ts';
import { checkLayout } from './image-layout.ts';

/** One line of `images.list`. */
export interface BootImage {
  /** File below `images/`. */
  readonly file: string;
  /** sha256 of the file, 64 hex. */
  readonly sum: string;
  /** Name under which the platform has to have it. */
  readonly name: string;
  /** Digest of the manifest or index. */
  readonly digest: string;
}

const Descriptor = z.looseObject({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.int(),
  annotations: z.record(z.string(), z.string()).optional(),
});
const Index = z.looseObject({ manifests: z.array(Descriptor).min(1) });
const Config = z.looseObject({
  created: z.iso.datetime(),
  config: z.looseObject({ Labels: z.record(z.string(), z.string()).default({}) }),
});
const Manifest = z.looseObject({ config: Descriptor });

/** containerd's: the whole name of the image that an entry of the index is. */
const NAME = 'io.containerd.image.name';
const indexOf = (bytes: Uint8Array): z.infer<typeof Index> =>
  Index.parse(JSON.parse(new TextDecoder().decode(bytes)));
const hex = (bytes: Uint8Array): string => digestOf(bytes).slice('sha256:'.length);

/** What an image layout says about itself. */
export interface LayoutImage {
  readonly digest: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Time of making. */
  readonly created: string;
}

/** @throws Error when the layout is damaged or holds more than one image */
export async function readLayoutImage(folder: string): Promise<LayoutImage> {
  await checkLayout(folder);
  const blob = async (digest: string): Promise<unknown> =>
    JSON.parse(await readFile(join(folder, 'blobs/sha256', digest.slice('sha256:'.length)), 'utf8'));
  const [entry] = indexOf(await readFile(join(folder, 'index.json'))).manifests;
  if (entry === undefined) throw new Error(`${folder} holds no image`);
  const manifest = Manifest.parse(await blob(entry.digest));
  const config = Config.parse(await blob(manifest.config.digest));
  return { digest: entry.digest, labels: config.config.Labels, created: config.created };
}

/** An image layout as one tar, which the platform imports under `name`. The same layout gives the same bytes. @throws Error */
export async function layoutTar(folder: string, name: string): Promise<Uint8Array> {
  const blobs = (await readdir(join(folder, 'blobs/sha256'))).toSorted();
  const files = await Promise.all(
    blobs.map(async (blob): Promise<[string, Entry]> => {
      const path = `blobs/sha256/${blob}`;
      return [path, { bytes: await readFile(join(folder, path)) }];
    }),
  );
  const { manifests } = indexOf(await readFile(join(folder, 'index.json')));
  const [entry] = manifests;
  if (entry === undefined || manifests.length !== 1) throw new Error(`${folder} does not hold one image`);
  const named = { ...entry, annotations: { ...entry.annotations, [NAME]: name } };
  const index = { schemaVersion: 2, mediaType: MEDIA.imageIndex, manifests: [named] };
  return tarOf(
    new Map<string, Entry>([
      ...files,
      ['index.json', { bytes: goJson(index) }],
      ['oci-layout', { bytes: Buffer.from('{"imageLayoutVersion":"1.0.0"}') }],
    ]),
  );
}

/**
 * The images in a tar that brings names of its own, e.g. those that the platform's maker ships for places without a network: read back from
 * the bytes themselves (B-57).
 *
 * @throws Error when it is no tar of an OCI layout, names nothing or lacks a blob
 */
export async function imagesInTar(file: string, bytes: Uint8Array): Promise<readonly BootImage[]> {
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  const entries = await unpackTar(plain);
  const found = new Map(entries.map(({ header, data }) => [header.name.replace(/^\.\//, ''), data]));
  const index = found.get('index.json');
  if (index === undefined) throw new Error(`${file} has no index.json: it is empty or of another kind`);
  const sum = hex(bytes);
  return indexOf(index).manifests.map(({ digest, annotations }) => {
    const name = annotations?.[NAME];
    if (name === undefined) throw new Error(`${file}: ${digest} has no name`);
    const blob = found.get(`blobs/sha256/${digest.slice('sha256:'.length)}`);
    if (blob === undefined || digestOf(blob) !== digest) throw new Error(`${file}: ${digest} is damaged`);
    return { file, sum, name, digest };
  });
}

/** The text of `images.list`. */
export const imagesList = (images: readonly BootImage[]): string =>
  `# FILE SHA256 NAME DIGEST\n${images.map(({ file, sum, name, digest }) => `${file} ${sum} ${name} ${digest}\n`).join('')}`;
