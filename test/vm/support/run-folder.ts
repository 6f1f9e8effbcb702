import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PREFIX = 'appliance-vm-';
const GROUPS = '/sys/fs/cgroup';

/** Where control groups can be made: the one hierarchy, or each of those of version 1. */
async function hierarchies(): Promise<readonly string[]> {
  const names = await readdir(GROUPS).catch((): string[] => []);
  if (names.includes('cgroup.procs')) return [GROUPS];
  return names.map((name) => join(GROUPS, name));
}

/** A folder of this run; what runs before left because they were killed goes first. */
export async function runFolder(): Promise<string> {
  for (const name of await readdir(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`, 'u').exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    await removeGroups(name);
    for (const mount of ['root', 'store', 'ordered'])
      await run('umount', ['-l', join(tmpdir(), name, mount)]).catch(() => undefined);
    for (const file of ['disk', 'ordered.disk']) {
      const words = ['--noheadings', '--output', 'NAME', '--associated', join(tmpdir(), name, file)];
      const { stdout: devices } = await run('losetup', words);
      for (const device of devices.split('\n').filter(Boolean))
        await run('losetup', ['--detach', device.trim()]);
    }
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
  return mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Makes a control group in each hierarchy. @returns their folders */
export async function ownGroups(name: string): Promise<readonly string[]> {
  const made: string[] = [];
  for (const hierarchy of await hierarchies()) {
    const isGroup = await access(join(hierarchy, 'cgroup.procs')).then(
      () => true,
      () => false,
    );
    if (!isGroup) continue;
    await mkdir(join(hierarchy, name), { recursive: true });
    // A group of processors takes nobody in before it is told which.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      const all = await readFile(join(hierarchy, file), 'utf8').catch(() => '');
      if (all.trim() !== '') await writeFile(join(hierarchy, name, file), all);
    }
    made.push(join(hierarchy, name));
  }
  return made;
}

/** Ends what still runs in them and takes them away with everything below. */
export async function removeGroups(name: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    const top = join(hierarchy, name);
    const below = await readdir(top, { recursive: true, withFileTypes: true }).catch(() => undefined);
    if (below === undefined) continue;
    const folders = below
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name));
    for (const folder of [...folders.sort().toReversed(), top]) await removeGroup(folder);
  }
}

/** What has just been killed may still be leaving. */
async function removeGroup(folder: string): Promise<void> {
  for (let left = 250; left > 0; left -= 1) {
    const pids = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '');
    for (const pid of pids.split('\n').map(Number)) if (pid > 1) kill(pid);
    const isGone = await rmdir(folder).then(
      () => true,
      (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT',
    );
    if (isGone) return;
    await sleep(20);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
