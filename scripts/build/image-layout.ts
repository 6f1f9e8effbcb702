import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { MEDIA } from '../../host-service/src/contract/names.ts';
import { artifactOf, descriptor, type Artifact } from '../../host-service/src/core/publish/artifact.ts';
import { goJson, sorted } from '../../host-service/src/core/publish/bytes.ts';
import { PROGRAM, type About } from './image-app.ts';
import { digestOf, type Layer } from './image-layer.ts';
import type { Architecture } from './image-parts.ts';

const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const SOURCE = 'https://github.com/Nine-Minds/alga-psa';
/**
 * How the program is started: a small young generation, an old one that is collected rather than let grow, and one heap of the C library keep
 * it small (docs/performance.md).
 */
export const START = {
  env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'MALLOC_ARENA_MAX=1'],
  entrypoint: [
    '/usr/local/bin/node',
    ...['--max-semi-space-size=2', '--max-old-space-size=96', '--optimize-for-size'],
    `/${PROGRAM}`,
  ],
} as const;

/** What an image is made of. */
export interface Contents {
  readonly about: About;
  readonly architecture: Architecture;
  readonly layers: readonly Layer[];
  /** SPDX expressions of everything in it. */
  readonly licences: readonly string[];
}

/** All terms at once. */
const together = (licences: readonly string[]): string =>
  [...new Set(licences)]
    .toSorted()
    .map((one) => (one.includes(' OR ') ? `(${one})` : one))
    .join(' AND ');

function configOf({ about, architecture, layers, licences }: Contents): Uint8Array {
  const labels = {
    'appliance.control-plane.contract': String(about.contract),
    'org.opencontainers.image.created': about.built,
    'org.opencontainers.image.licenses': together(licences),
    'org.opencontainers.image.revision': about.sourceRevision,
    'org.opencontainers.image.source': SOURCE,
    'org.opencontainers.image.title': 'appliance-control-plane',
    'org.opencontainers.image.version': about.version,
  };
  return goJson({
    created: about.built,
    architecture,
    os: 'linux',
    config: {
      User: '10001:10001',
      ExposedPorts: { '8080/tcp': {} },
      Env: START.env,
      Entrypoint: START.entrypoint,
      WorkingDir: '/',
      Labels: sorted(labels),
      StopSignal: 'SIGTERM',
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ name }) => ({
      created: about.built,
      created_by: `appliance-control-plane: ${name}`,
    })),
  });
}

/** Manifest, config and layers of an image. */
export function imageOf(contents: Contents): Artifact {
  const config = { mediaType: CONFIG, bytes: configOf(contents) };
  const blobs = contents.layers.map(({ gzipped }) => ({ mediaType: LAYER, bytes: gzipped }));
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA.imageManifest,
    config: descriptor(config),
    layers: blobs.map((blob) => descriptor(blob)),
  };
  return artifactOf(manifest, [config, ...blobs]);
}

const blobPath = (folder: string, digest: string): string =>
  join(folder, 'blobs/sha256', digest.slice('sha256:'.length));

/** @throws Error when something else than an earlier layout lies in the folder */
export async function checkFolder(folder: string): Promise<void> {
  const present = await readdir(folder).catch((): string[] => []);
  if (present.length > 0 && !present.includes('oci-layout'))
    throw new Error(`${folder} is not empty and not an earlier image`);
}

/** Writes an OCI image layout with this one image. The folder is new, empty, or an earlier layout, which is replaced. @throws Error */
export async function writeLayout(
  folder: string,
  image: Artifact,
  about: About,
  architecture: Architecture,
): Promise<void> {
  await checkFolder(folder);
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  for (const { bytes } of image.blobs) await writeFile(blobPath(folder, digestOf(bytes)), bytes);
  await writeFile(blobPath(folder, image.digest), image.manifest);
  const entry = {
    ...{ mediaType: image.mediaType, digest: image.digest, size: image.manifest.length },
    annotations: { 'org.opencontainers.image.ref.name': about.version },
    platform: { architecture, os: 'linux' },
  };
  const index = { schemaVersion: 2, mediaType: MEDIA.imageIndex, manifests: [entry] };
  await writeFile(join(folder, 'index.json'), goJson(index));
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}

const Descriptor = z.looseObject({ digest: z.string(), size: z.number() });
const Index = z.looseObject({ manifests: z.tuple([Descriptor]) });
const Manifest = z.looseObject({ config: Descriptor, layers: z.array(Descriptor).min(1) });
const Config = z.looseObject({ rootfs: z.looseObject({ diff_ids: z.array(z.string()) }) });

/** Reads a layout back as whoever pulls it would: every digest, every size, every tar inside (B-57). @throws Error naming what is wrong */
export async function checkLayout(folder: string): Promise<void> {
  const blob = async ({ digest, size }: z.infer<typeof Descriptor>): Promise<Buffer> => {
    const bytes = await readFile(blobPath(folder, digest));
    if (bytes.length !== size || digestOf(bytes) !== digest) throw new Error(`${digest} is damaged`);
    return bytes;
  };
  const { manifests } = Index.parse(JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')));
  const { config, layers } = Manifest.parse(JSON.parse((await blob(manifests[0])).toString('utf8')));
  const { rootfs } = Config.parse(JSON.parse((await blob(config)).toString('utf8')));
  const inside: string[] = [];
  for (const layer of layers) {
    const tar = gunzipSync(await blob(layer));
    // Two blocks of zeros are a tar without anything in it.
    if (tar.length <= 1024) throw new Error(`layer ${layer.digest} is empty`);
    inside.push(digestOf(tar));
  }
  if (inside.join() !== rootfs.diff_ids.join())
    throw new Error('the layers are not those that the config names');
}
