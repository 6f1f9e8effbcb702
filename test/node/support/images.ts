import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { layerOf, type Layer, type Tree } from '../../../scripts/build/image-layer.ts';
import { pushManifest, type Blob } from '../../cluster/registry.ts';
import { IMAGES_VARIABLE, type VERSIONS } from './image-build.ts';

const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
/** Repository of the control plane's images in the world's registry. */
export const REPOSITORY = 'nine-minds/control-plane';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
}

/** What a test may change about how an image runs. */
export interface ImageConfig {
  readonly architecture: string;
  readonly config: {
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
  };
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly string[] };
}

/** An image in memory. */
export interface Image {
  readonly config: ImageConfig;
  readonly layers: readonly Blob[];
}

/** A pushed image as releases name it. */
export interface PushedImage {
  /** `host/path` without tag. */
  readonly repository: string;
  readonly digest: string;
  readonly size: number;
  readonly version: string;
}

/** The real image of a version, as `npm run image` lays it out. */
export async function realImage(version: (typeof VERSIONS)[number]): Promise<Image> {
  const folder = join(process.env[IMAGES_VARIABLE] ?? '', version);
  const blob = ({ digest }: Descriptor): Promise<Buffer> =>
    readFile(join(folder, 'blobs/sha256', digest.slice('sha256:'.length)));
  const json = async <T>(descriptor: Descriptor): Promise<T> =>
    JSON.parse((await blob(descriptor)).toString('utf8')) as T;
  const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as { manifests: Descriptor[] };
  const [first] = index.manifests;
  if (first === undefined) throw new Error(`${folder} holds no image`);
  const manifest = await json<{ config: Descriptor; layers: Descriptor[] }>(first);
  const layers = manifest.layers.map(async (layer) => ({
    mediaType: layer.mediaType,
    bytes: await blob(layer),
  }));
  return { config: await json(manifest.config), layers: await Promise.all(layers) };
}

/** The image with one more layer on top. */
export async function withFiles(image: Image, tree: Tree): Promise<Image> {
  const layer: Layer = await layerOf('test', tree);
  const diffIds = [...image.config.rootfs.diff_ids, layer.diffId];
  return {
    config: { ...image.config, rootfs: { type: 'layers', diff_ids: diffIds } },
    layers: [...image.layers, { mediaType: LAYER, bytes: layer.gzipped }],
  };
}

/** The image with another way to start. */
export function withConfig(image: Image, change: Partial<ImageConfig['config']>): Image {
  return { ...image, config: { ...image.config, config: { ...image.config.config, ...change } } };
}

/** Pushes an image under a tag. */
export async function pushImage(
  registry: string,
  image: Image,
  version: string,
  tag: string,
): Promise<PushedImage> {
  const mediaType = 'application/vnd.oci.image.config.v1+json';
  const config = { mediaType, bytes: Buffer.from(JSON.stringify(image.config)) };
  const pushed = await pushManifest(registry, REPOSITORY, tag, { config, layers: image.layers });
  const size = image.layers.reduce((sum, { bytes }) => sum + bytes.length, config.bytes.length);
  return { repository: `${registry}/${REPOSITORY}`, digest: pushed.digest, size, version };
}
