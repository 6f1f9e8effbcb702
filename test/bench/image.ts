import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NoDebian } from '../../scripts/build/image-debian.ts';
import { buildImage, ownArchitecture } from '../../scripts/build/image.ts';
import { printTable, type Row } from './measure.ts';

const megabytes = (bytes: number): number => bytes / 1e6;

/** Size of the control plane's image by part; what a roll pulls is the last layer, because the others keep their digests. */
export async function imagePart(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'appliance-bench-image-'));
  try {
    const options = { architecture: ownArchitecture, version: undefined, revision: undefined };
    const { layers, size, packages } = await buildImage({ ...options, folder: join(folder, 'image') });
    const rows: Row[] = layers.map(({ name, size: whole, pulled }) => ({
      part: name,
      'unpacked, MB': megabytes(whole),
      'to pull, MB': megabytes(pulled),
    }));
    const unpacked = layers.reduce((sum, layer) => sum + layer.size, 0);
    const all = { part: 'image', 'unpacked, MB': megabytes(unpacked), 'to pull, MB': megabytes(size) };
    printTable(`image: size by part, ${packages} packages in the bill of materials`, [...rows, all]);
  } catch (error) {
    if (!(error instanceof NoDebian)) throw error;
    console.log(`left out: image; ${error.message}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
