import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Vendor } from '../../cluster/support/vendor.ts';
import type { World } from '../../cluster/world.ts';
import type { PushedImage } from './images.ts';

const ROOT = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

/** Pods reach the registry by the node's address, so it is no loopback registry and everybody is told that it speaks plain HTTP. */
async function publish(argv: readonly string[], folder: string): Promise<string> {
  const program = join(ROOT, 'host-service/bin/appliance-publish.ts');
  return (await run(process.execPath, [program, '--plain-http', ...argv], { cwd: folder })).stdout;
}

/** How a release's own control plane comes about. */
export interface Edition {
  /** Seconds that a pod must be ready before Kubernetes counts it: the vendor's number, 30 as it is shipped. */
  readonly minReadySeconds?: number;
  /** Changes of files below `control-plane/`. */
  readonly edit?: Readonly<Record<string, (text: string) => string>>;
}

/** The vendor of the sample product, whose bundles name the world's registry. */
export class NodeVendor {
  readonly vendor: Vendor;
  /** What bundles are packed from: flux-base, with a configuration for this registry and for short waits. */
  readonly sources: string;

  private constructor(vendor: Vendor, sources: string) {
    this.vendor = vendor;
    this.sources = sources;
  }

  /** Keys, trust document, charts and images; no release yet. */
  static async open(world: World): Promise<NodeVendor> {
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
    const vendor = new Vendor(folder, world.registry, { run: publish, prepare });
    return new NodeVendor(await vendor.open(), sources);
  }

  /** Publishes a release that names this control plane, and moves the channel there. */
  async offer(image: PushedImage, edition: Edition = {}): Promise<void> {
    const { minReadySeconds, edit = {} } = edition;
    const edits: Record<string, (text: string) => string> = { ...edit };
    if (minReadySeconds !== undefined)
      edits['deployment.yaml'] = (text) =>
        text.replace('minReadySeconds: 30', `minReadySeconds: ${minReadySeconds}`);
    const before = new Map<string, string>();
    try {
      for (const [name, change] of Object.entries(edits)) {
        const path = join(this.sources, 'control-plane', name);
        const text = await readFile(path, 'utf8');
        if (change(text) === text) throw new Error(`nothing changes in ${name}`);
        before.set(path, text);
        await writeFile(path, change(text));
      }
      const reference = `${image.repository}@${image.digest}`;
      const which = ['--control-plane', reference, '--control-plane-version', image.version];
      await this.vendor.release(image.version, {}, which);
      await this.vendor.promote('stable', image.version);
    } finally {
      for (const [path, text] of before) await writeFile(path, text);
    }
  }
}
