import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildBoot } from '../../../scripts/build/boot.ts';
import { pauseTar } from '../../boot/support/pause.ts';
import { switchOnUnits, type Box } from '../support/box.ts';
import { IMAGES, REGISTRIES, withSettings, withShortWait, type Market } from './market.ts';
import { writePlatform } from './platform.ts';
import { runFolder } from '../support/run-folder.ts';

const CONTROL_PLANE = 'usr/lib/appliance/boot/control-plane';

/**
 * Builds a box on which nothing is small: boot script, units and host program of this checkout, the real image of the control plane as what came
 * with it, the platform of the boot tier. Its vendor is the market's.
 *
 * @param image layout of the control plane's image
 * @param pause program of the pods' sandboxes
 */
export async function makeRealBox(market: Market, image: string, pause: string): Promise<Box> {
  const folder = await runFolder();
  await chmod(folder, 0o755);
  const parts = await runFolder();
  try {
    const images = [await pauseTar(parts, pause)];
    const { product, trust } = market.vendor;
    await buildBoot({ folder, repository: IMAGES, image, product, trust, images, programs: true });
  } finally {
    await rm(parts, { recursive: true, force: true });
  }
  await configure(join(folder, CONTROL_PLANE));
  await put(join(folder, 'etc/appliance/agent.yaml'), 'schema: appliance.agent/v1\nfloorMs: 1000\n');
  await put(join(folder, 'etc/rancher/k3s/registries.yaml'), REGISTRIES);
  await writePlatform(folder);
  await switchOnUnits(folder);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** The control plane that came with the box has the vendor's registry and short waits, as the ones that follow. */
async function configure(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const text = await readFile(path, 'utf8');
    if (name.includes('-deployment-')) await writeFile(path, withShortWait(text));
    const object = JSON.parse(text) as { kind: string; data?: Record<string, string> };
    const config = object.data?.['config.yaml'];
    if (config === undefined) continue;
    await writeFile(path, JSON.stringify({ ...object, data: { 'config.yaml': withSettings(config) } }));
  }
}

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
