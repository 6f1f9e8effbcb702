import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MEDIA, Version } from '../../../host-service/src/contract/names.ts';
import { artifactOf, descriptor } from '../../../host-service/src/core/publish/artifact.ts';
import { goJson } from '../../../host-service/src/core/publish/bytes.ts';
import { layoutTar } from '../../../scripts/build/boot-images.ts';
import { layerOf } from '../../../scripts/build/image-layer.ts';
import { writeLayout } from '../../../scripts/build/image-layout.ts';
import { ownArchitecture } from '../../../scripts/build/image.ts';

/** The image of the pods' sandboxes, as the platform's maker would ship it: in a tar, by a tag. */
export const PAUSE = 'registry.example.com/platform/pause:1';

/** Packs a static program into `platform.tar`. @returns path of the tar */
export async function pauseTar(parent: string, program: string): Promise<string> {
  const layer = await layerOf('pause', new Map([['pause', { bytes: await readFile(program), mode: 0o755 }]]));
  const built = '2026-06-22T00:00:00Z';
  const config = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    bytes: goJson({
      ...{ created: built, architecture: ownArchitecture, os: 'linux', config: { Entrypoint: ['/pause'] } },
      rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    }),
  };
  const blob = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', bytes: layer.gzipped };
  const manifest = {
    ...{ schemaVersion: 2, mediaType: MEDIA.imageManifest },
    ...{ config: descriptor(config), layers: [descriptor(blob)] },
  };
  const folder = join(parent, 'pause');
  const about = { version: Version.parse('1.0.0'), sourceRevision: 'test', built, contract: 0 };
  await writeLayout(folder, artifactOf(manifest, [config, blob]), about, ownArchitecture);
  const tar = join(parent, 'platform.tar');
  await writeFile(tar, await layoutTar(folder, PAUSE));
  return tar;
}
