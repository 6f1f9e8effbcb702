import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPrograms, type Built } from '../../scripts/build/programs.ts';
import { executable } from '../cluster/tools.ts';
import { printTable } from './measure.ts';
import { openRegistryWorld } from './registry-world.ts';
import { benchResolve } from './resolve.ts';

/** Builds the programs as they ship, for the time of `use`. */
export async function withPrograms<T>(use: (built: Built, folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'appliance-bench-'));
  try {
    return await use(await buildPrograms(join(folder, 'dist')), folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A program of the test world; a peer that is not here is named and left out. */
async function peer(find: (name: string) => string, name: string): Promise<string | undefined> {
  try {
    const path = find(name);
    if (await executable(path)) return path;
  } catch {
    // Named below.
  }
  console.log(`left out: ${name} is not here`);
  return undefined;
}

export async function resolvePart(): Promise<void> {
  await withPrograms(async ({ programs }) => {
    const { world, front, vendor, product, close } = await openRegistryWorld();
    try {
      const peers = { crane: await peer(world.bin, 'crane'), skopeo: await peer(world.bin, 'skopeo') };
      const bench = {
        ...{ front, repository: vendor.repository, tag: 'stable-v2', trust: vendor.trust, product },
        ...{ bundle: programs.appliance, ...peers },
      };
      const rows = [
        ...(await benchResolve({ ...bench, runs: 9 }, 0)),
        ...(await benchResolve({ ...bench, runs: 5 }, 40)),
      ];
      printTable('resolve: channel tag -> release document, through a registry that wants a token', rows);
    } finally {
      await close();
    }
  });
}
