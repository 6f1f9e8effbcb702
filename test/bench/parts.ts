import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { START } from '../../scripts/build/image-layout.ts';
import { buildPrograms, type Built } from '../../scripts/build/programs.ts';
import { executable } from '../cluster/tools.ts';
import { benchConverge } from './converge.ts';
import { measure, printTable } from './measure.ts';
import { openRegistryWorld } from './registry-world.ts';
import { benchResolve } from './resolve.ts';
import { benchStart } from './start.ts';

const SOURCES = fileURLToPath(new URL('../../host-service/bin/', import.meta.url));

/** How the image starts Node. */
const SMALL = {
  flags: START.entrypoint.filter((one) => one.startsWith('--')),
  env: { MALLOC_ARENA_MAX: '1' },
} as const;

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

export async function startPart(): Promise<void> {
  await withPrograms(async ({ programs }) => {
    const { world, vendor, product, close } = await openRegistryWorld();
    try {
      const rows = await benchStart({
        ...{ folder: world.folder, kubeconfig: world.kubeconfig, product, trust: vendor.trust },
        releaseRepository: vendor.repository,
        programs: {
          'bundle, as the image starts it': { path: programs['appliance-control-plane'], ...SMALL },
          bundle: { path: programs['appliance-control-plane'], flags: [], env: {} },
          sources: { path: join(SOURCES, 'appliance-control-plane.ts'), flags: [], env: {} },
        },
        ...{ runs: 3, idleMs: 30_000 },
      });
      printTable('start: control plane against a real API server', rows);
    } finally {
      await close();
    }
  });
}

const Cycles = z.object({
  ...{ objects: z.number(), components: z.number(), cpuMs: z.number(), worstMs: z.number() },
  ...{ firstMs: z.number(), writes: z.number() },
  memory: z.array(z.object({ cycle: z.number(), rssMb: z.number(), heapMb: z.number() })),
});

export async function cyclePart(): Promise<void> {
  const script = fileURLToPath(new URL('cycle-loop.ts', import.meta.url));
  const ran = await measure([process.execPath, '--expose-gc', ...SMALL.flags, script, '2000'], SMALL.env);
  if (ran.code !== 0) throw new Error(`the cycles ended with ${ran.code}`);
  const { memory, ...result } = Cycles.parse(JSON.parse(ran.stdout));
  printTable('cycle: observe, resolve, decide, plan, status over objects in memory', [
    {
      objects: result.objects,
      components: result.components,
      'CPU of a cycle, median ms': result.cpuMs,
      'of the first, ms': result.firstMs,
      'worst after 20, ms': result.worstMs,
      ...Object.fromEntries(
        memory.flatMap(({ cycle, rssMb, heapMb }) => [
          [`heap after ${cycle}, MB`, heapMb],
          [`resident after ${cycle}, MB`, rssMb],
        ]),
      ),
    },
  ]);
}

export async function convergePart(): Promise<void> {
  printTable('converge: channel moved -> the application follows, policy auto', await benchConverge());
}
