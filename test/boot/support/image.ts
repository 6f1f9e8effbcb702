import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { Version } from '../../../host-service/src/contract/names.ts';
import { layerOf } from '../../../scripts/build/image-layer.ts';
import { imageOf, writeLayout } from '../../../scripts/build/image-layout.ts';
import { ownArchitecture } from '../../../scripts/build/image.ts';

/** The least that is an image of a control plane: right labels, one file. @returns folder of the layout */
export async function smallImage(parent: string, version: string): Promise<string> {
  const folder = join(await mkdtemp(join(parent, 'image-')), 'layout');
  const layers = [await layerOf('app', new Map([['app/version', { bytes: Buffer.from(version) }]]))];
  const built = '2026-06-22T00:00:00Z';
  const about = { version: Version.parse(version), sourceRevision: 'test', built, contract: 1 };
  const image = imageOf({ about, architecture: ownArchitecture, layers, licences: [] });
  await writeLayout(folder, image, about, ownArchitecture);
  return folder;
}
