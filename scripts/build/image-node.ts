import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Entry } from './image-layer.ts';
import type { Architecture, Part } from './image-parts.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const Manifest = z.looseObject({ name: z.string(), version: z.string(), license: z.string().optional() });
const Lock = z.looseObject({
  packages: z.record(z.string(), z.looseObject({ integrity: z.string().optional() })),
});

/** The program without the names of its functions, and who took them out; as it is where there is no `strip`. */
async function stripped(path: string): Promise<{ bytes: Uint8Array; by: string | undefined }> {
  const folder = await mkdtemp(join(tmpdir(), 'appliance-node-'));
  try {
    const copy = join(folder, 'node');
    await copyFile(path, copy);
    await chmod(copy, 0o755);
    const by = await run('strip', ['--version']).then(
      async ({ stdout }) => {
        await run('strip', ['--strip-all', copy]);
        return stdout.split('\n')[0];
      },
      () => undefined,
    );
    return { bytes: await readFile(copy), by };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Node itself, from the npm package that the lock file pins. @throws Error when npm has not installed the one of this architecture */
export async function nodePart(architecture: Architecture): Promise<Part> {
  const name = `node-linux-${architecture === 'amd64' ? 'x64' : 'arm64'}`;
  const folder = join(ROOT, 'node_modules', name);
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch((cause: unknown) => {
    throw new Error(`npm package ${name} is not installed; npm ci --os linux --cpu brings it`, { cause });
  });
  const { version } = Manifest.parse(JSON.parse(text));
  const lock = Lock.parse(JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')));
  const program = await stripped(join(folder, 'bin/node'));
  const tree = new Map<string, Entry>([
    ['usr/local/bin/node', { bytes: program.bytes, mode: 0o755 }],
    ['usr/share/doc/node/LICENSE', { bytes: await readFile(join(folder, 'LICENSE')) }],
  ]);
  return {
    name: 'node',
    tree,
    packages: [
      {
        ...{ name: 'node', version, license: 'MIT', purl: `pkg:npm/${name}@${version}` },
        integrity: lock.packages[`node_modules/${name}`]?.integrity,
        comment: program.by === undefined ? undefined : `symbols taken out by ${program.by}`,
      },
    ],
  };
}
