import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { stringify } from 'yaml';
import { buildBoot } from '../../../scripts/build/boot.ts';
import { smallImage } from './image.ts';

export const REPOSITORY = 'registry.example.com/appliance/control-plane';

/** Files of a box, made once and copied for each machine. */
export interface Template {
  readonly folder: string;
  readonly digest: string;
  readonly version: string;
  remove(): Promise<void>;
}

/** The trust of a vendor that exists in tests only. */
export function trustText(version: number): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return stringify({
    ...{ schema: 'appliance.trust/v1', product: 'algapsa', version },
    keys: [
      {
        id: 'test',
        publicKey: publicKey.export({ type: 'spki', format: 'pem' }),
        roles: ['root', 'release', 'channel'],
      },
    ],
    registries: ['registry.example.com'],
    repositories: ['registry.example.com/*'],
  });
}

/** Builds the files of a box as for an installation medium, around a small image. */
export async function makeTemplate(version = '1.2.3'): Promise<Template> {
  const parent = await mkdtemp(join(tmpdir(), `appliance-boot-${process.pid}-template-`));
  const folder = join(parent, 'box');
  const trust = join(parent, 'trust.yaml');
  await writeFile(trust, trustText(1));
  const image = await smallImage(parent, version);
  const product = join(import.meta.dirname, '../../../flux-base/product.yaml');
  const { digest } = await buildBoot({ folder, repository: REPOSITORY, image, product, trust, images: [] });
  await readFile(join(folder, 'usr/lib/appliance/boot/images.list'));
  return { folder, digest, version, remove: () => rm(parent, { recursive: true, force: true }) };
}
