import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Vendor } from '../../cluster/support/vendor.ts';
import type { World } from '../../cluster/world.ts';

const ROOT = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

/** Pods reach the registry by the node's address, so it is no loopback registry and everybody is told that it speaks plain HTTP. */
async function publish(argv: readonly string[], folder: string): Promise<string> {
  const program = join(ROOT, 'host-service/bin/appliance-publish.ts');
  return (await run(process.execPath, [program, '--plain-http', ...argv], { cwd: folder })).stdout;
}

/** The vendor of the sample product, whose bundles name the world's registry. */
export interface NodeVendor {
  readonly vendor: Vendor;
  /** What bundles are packed from: flux-base, with a configuration for this registry and for short waits. */
  readonly sources: string;
}

/** Keys, trust document, charts and images; no release yet. */
export async function openVendor(world: World): Promise<NodeVendor> {
  const folder = join(world.folder, 'vendor');
  const sources = join(folder, 'sources');
  const prepare = async (crds: string): Promise<string> => {
    await run(process.execPath, [join(ROOT, 'scripts/vendor-flux-crds.ts'), crds]);
    await cp(join(ROOT, 'flux-base'), sources, { recursive: true });
    const path = join(sources, 'control-plane/config.yaml');
    const more = {
      releaseRepository: `${world.registry}/nine-minds/alga-appliance-release`,
      registries: [{ host: world.registry, plainHttp: true }],
      // The webhook would wake it; what is tested here is not how fast a channel is noticed.
      ...{ pollMs: 2000, resyncMs: 1000 },
    };
    const lines = Object.entries(more).map(([key, value]) => `    ${key}: ${JSON.stringify(value)}\n`);
    await writeFile(path, `${(await readFile(path, 'utf8')).trimEnd()}\n${lines.join('')}`);
    return sources;
  };
  return { vendor: await new Vendor(folder, world.registry, { run: publish, prepare }).open(), sources };
}
