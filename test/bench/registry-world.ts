import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify, parse } from 'yaml';
import { Vendor } from '../cluster/support/vendor.ts';
import { startWorld, type World } from '../cluster/world.ts';
import { startTokenFront, type TokenFront } from './token-front.ts';

export interface RegistryWorld {
  readonly world: World;
  readonly front: TokenFront;
  readonly vendor: Vendor;
  /** Product file whose release repository and token realm are those of the front. */
  readonly product: string;
  close(): Promise<void>;
}

/** A registry that wants tokens, with one signed release on channel stable, published by the real program. */
export async function openRegistryWorld(): Promise<RegistryWorld> {
  const world = await startWorld({ flux: false, kwok: false, controllers: false, audit: false });
  const front = await startTokenFront(world.registry);
  const close = async (): Promise<void> => {
    await front.close();
    await world.stop();
  };
  try {
    const vendor = await new Vendor(join(world.folder, 'vendor'), front.address).open();
    await vendor.release('1.0.0');
    await vendor.promote('stable', '1.0.0');
    const product = join(world.folder, 'product.yaml');
    const parsed: unknown = parse(await readFile(vendor.product, 'utf8'));
    await writeFile(product, stringify(pointedAt(parsed, vendor.repository, front.realm)));
    return { world, front, vendor, product, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function pointedAt(product: unknown, repository: string, realm: string): unknown {
  if (typeof product !== 'object' || product === null || !('release' in product))
    throw new Error('no product');
  const release = Object(product.release) as object;
  return { ...product, release: { ...release, repository, token: { realm, service: 'bench' } } };
}
