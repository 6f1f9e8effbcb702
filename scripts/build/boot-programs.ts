import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { below, readTree, type Entry, type Tree } from './image-layer.ts';
import { nodePart } from './image-node.ts';
import type { Architecture } from './image-parts.ts';
import { buildPrograms } from './programs.ts';

const ROOT = join(import.meta.dirname, '../..');
/** What runs on a host; the control plane comes as an image, and the publisher belongs to vendors. */
const PROGRAMS = ['appliance', 'appliance-agent'];

/** A command for a person at the console. */
const command = (home: string, name: string): Entry => ({
  bytes: Buffer.from(
    `#!/bin/sh\nexec /${home}/node/bin/node /${home}/app/host-service/bin/${name}.js "$@"\n`,
  ),
  mode: 0o755,
});

/**
 * Programs of the host, Node for them, and their units, at their places on a box.
 *
 * @param home folder of ours on the box, without leading slash
 * @throws Error when something cannot be bundled or npm has not installed Node for this architecture
 */
export async function programsTree(home: string, architecture: Architecture): Promise<Tree> {
  const folder = await mkdtemp(join(tmpdir(), 'appliance-programs-'));
  try {
    await buildPrograms(folder);
    const wanted = new Set(PROGRAMS.map((name) => `host-service/bin/${name}.js`));
    const app = await readTree(folder, (path) => wanted.has(path) || !/^host-service\/|\.map$/.test(path));
    const node = (await nodePart(architecture)).tree.get('usr/local/bin/node');
    if (node === undefined) throw new Error('Node has another place in its part');
    const units = await readTree(join(ROOT, 'bootstrap/units'), () => true);
    const isUnit = (path: string): boolean => /\.(service|conf)$/.test(path);
    const of = (keep: (path: string) => boolean): Tree => new Map([...units].filter(([path]) => keep(path)));
    return new Map<string, Entry>([
      ...below(`${home}/app`, app),
      [`${home}/node/bin/node`, node],
      ...below('usr/lib/systemd/system', of(isUnit)),
      ...below(
        `${home}/units`,
        of((path) => !isUnit(path)),
      ),
      ['usr/bin/appliance', command(home, 'appliance')],
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
