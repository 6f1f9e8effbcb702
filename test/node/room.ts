import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { onPath } from '../cluster/tools.ts';

const run = promisify(execFile);
const PREFIX = 'appliance-node-';
const CGROUPS = '/sys/fs/cgroup';

/** What the program inside a room reads: its name, which is also that of its cgroup. */
export const ROOM_VARIABLE = 'APPLIANCE_NODE_ROOM';

/** Folders that programs of a node use whatever they are told; in a room they are its own. */
export const OWN_FOLDERS = ['/run', '/var/log', '/var/lib/cni', '/var/lib/kubelet'] as const;

/** Programs of Debian's essential packages that make a room. */
const MAKERS = ['setpriv', 'unshare', 'mount', 'ip'] as const;

/**
 * Why no room can be made on this machine; undefined when it can. A room is a network, a list of mounts and a list of processes of its own:
 * whatever a node does to rules, bridges, addresses and mounts ends with the first process in it, also after kill -9.
 */
export async function whyNoRoom(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root: a node makes namespaces, mounts and cgroups';
  for (const name of MAKERS) if ((await onPath(name)) === undefined) return `needs ${name} on PATH`;
  try {
    await run('unshare', ['--net', '--mount', '--pid', '--fork', 'mount', '-t', 'tmpfs', 'none', '/run']);
  } catch (error) {
    return `namespaces are not allowed here: ${error instanceof Error ? error.message : String(error)}`;
  }
  return undefined;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Rooms whose maker was killed leave a folder and cgroups; both carry its process id. */
async function sweep(): Promise<void> {
  const ownerOf = (name: string): number => Number(new RegExp(`^${PREFIX}(\\d+)`, 'u').exec(name)?.[1] ?? 0);
  const isLeft = (name: string): boolean => name.startsWith(PREFIX) && !isRunning(ownerOf(name));
  for (const name of (await readdir(tmpdir())).filter(isLeft))
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  const left = new Set<string>();
  for (const hierarchy of await readdir(CGROUPS).catch(() => []))
    for (const name of await readdir(join(CGROUPS, hierarchy)).catch(() => [])) left.add(name);
  for (const name of await readdir(CGROUPS).catch(() => [])) left.add(name);
  for (const name of [...left].filter(isLeft)) await removeCgroups(name);
}

/** Removes the cgroups of a room in every hierarchy; its processes are dead or dying. */
async function removeCgroups(name: string): Promise<void> {
  const hierarchies = [CGROUPS, ...(await readdir(CGROUPS).catch(() => [])).map((one) => join(CGROUPS, one))];
  for (const hierarchy of hierarchies) {
    const until = performance.now() + 10_000;
    while (!(await removeTree(join(hierarchy, name))) && performance.now() < until) await sleep(100);
  }
}

/** A cgroup is removed like an empty folder, the innermost first. True when nothing is left. */
async function removeTree(path: string): Promise<boolean> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return true;
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(path, entry.name));
  return rmdir(path).then(
    () => true,
    () => false,
  );
}

/** Runs a program in a room of its own and answers its exit code; nothing of the room is left when it returns. */
export async function runInRoom(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  await sweep();
  const name = `${PREFIX}${process.pid}`;
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  // The shell is the first process: it takes in those whose parents have died.
  const first = ['sh', '-c', '"$@"; exit $?', 'room', ...command];
  const walls = ['--net', '--mount', '--pid', '--mount-proc', '--fork', '--kill-child'];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...walls, ...first], {
    stdio: 'inherit',
    // Folders of worlds are named after a process id, which means something only inside.
    env: { ...process.env, ...env, TMPDIR: folder, [ROOM_VARIABLE]: name },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => child.kill('SIGKILL'));
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    await removeCgroups(name);
    await rm(folder, { recursive: true, force: true });
  }
}
