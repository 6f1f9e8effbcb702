import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { OWN_FOLDERS, ROOM_VARIABLE } from './room.ts';
import { ADDRESS, VISITORS } from './support/place.ts';

const run = promisify(execFile);

/** The kubelet sets these for the whole machine: it is shown files that say what it wants to read. */
const KERNEL: Readonly<Record<string, string>> = {
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
};

async function makeFolders(): Promise<void> {
  for (const folder of OWN_FOLDERS) {
    await mkdir(folder, { recursive: true });
    await run('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'none', folder]);
  }
  await mkdir('/run/lock');
}

async function hideKernel(): Promise<void> {
  for (const [name, value] of Object.entries(KERNEL)) {
    const file = join(tmpdir(), `sysctl-${name.replaceAll('/', '-')}`);
    await writeFile(file, `${value}\n`);
    await run('mount', ['--bind', file, join('/proc/sys', name)]);
  }
}

/** One address that never goes away, as on a box; an empty bridge does what a dummy interface does, and every node has it. */
async function makeNetwork(): Promise<void> {
  const ip = (...argv: readonly string[]): Promise<unknown> => run('ip', argv);
  await ip('link', 'set', 'lo', 'up');
  await ip('link', 'add', 'appl0', 'type', 'bridge');
  await ip('address', 'add', `${ADDRESS}/32`, 'dev', 'appl0');
  for (const visitor of VISITORS) await ip('address', 'add', `${visitor}/32`, 'dev', 'appl0');
  await ip('link', 'set', 'appl0', 'up');
  await ip('route', 'add', 'default', 'dev', 'appl0', 'metric', '4096');
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
}

/** The parent of all cgroups of this node, in every hierarchy. */
async function makeCgroups(name: string): Promise<void> {
  const root = '/sys/fs/cgroup';
  const isV2 = (await readdir(root)).includes('cgroup.controllers');
  const hierarchies = isV2 ? [root] : (await readdir(root)).map((one) => join(root, one));
  for (const hierarchy of hierarchies) {
    const folder = join(hierarchy, name);
    await mkdir(folder).catch(() => undefined);
    // A cpuset takes no process before it has processors and memory.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      const value = await readFile(join(hierarchy, file), 'utf8').catch(() => '');
      if (value.trim() !== '') await writeFile(join(folder, file), value).catch(() => undefined);
    }
  }
}

/** Furnishes the room, then runs what it was made for. */
async function main(): Promise<number> {
  const name = process.env[ROOM_VARIABLE];
  // It covers folders of the system: never outside of a room.
  if (name === undefined || process.ppid !== 1) throw new Error('started by test/node/run.ts only');
  await makeFolders();
  await hideKernel();
  await makeNetwork();
  await makeCgroups(name);
  const [program = '', ...args] = process.argv.slice(2);
  const child = spawn(program, args, { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

process.exitCode = await main();
