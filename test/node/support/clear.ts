import { execFile } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { eventually } from '../../cluster/kube.ts';
import { OWN_FOLDERS, ROOM_VARIABLE } from '../room.ts';

const run = promisify(execFile);

/** Processes of pods (their cgroup is below the room's) and the runtime's helpers, which outlive the runtime on purpose. */
async function leftProcesses(): Promise<readonly number[]> {
  const room = process.env[ROOM_VARIABLE] ?? '';
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const left = pids.map(async (pid) => {
    const cgroups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
    const program = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const isOurs = cgroups.includes(`/${room}/`) || program.includes('containerd-shim');
    // A dead process keeps its entry until its parent asks; it holds nothing any more.
    const state = /^State:\s+(\S)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))?.[1];
    return isOurs && state !== 'Z' ? [Number(pid)] : [];
  });
  return (await Promise.all(left)).flat();
}

async function empty(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => []))
    await rm(join(folder, name), { recursive: true, force: true });
}

/**
 * Ends what a node leaves when its programs are killed: pods, mounts, bridge and rules, so that the next one of this room starts on clean
 * ground. Only ever inside a room, where every process, mount and rule is ours.
 */
export async function clearNode(folder: string): Promise<void> {
  if (process.env[ROOM_VARIABLE] === undefined) throw new Error('not in a room');
  await eventually('all pods are gone', async () => {
    const left = await leftProcesses();
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone meanwhile.
      }
    }
    return left.length === 0;
  });
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[4]);
  const below = (path: string): boolean =>
    [`${folder}/`, '/run/containerd/', '/run/netns/'].some((start) => path.startsWith(start));
  for (const path of mounts.filter((one) => one !== undefined && below(one)).toReversed())
    await run('umount', ['--lazy', path ?? '']).catch(() => undefined);
  for (const place of ['/run/containerd', '/run/netns', ...OWN_FOLDERS.filter((one) => one !== '/run')])
    await empty(place);
  await run('ip', ['link', 'delete', 'appl-pods']).catch(() => undefined);
  for (const table of ['filter', 'nat', 'mangle']) {
    await run('iptables', ['--table', table, '--flush']).catch(() => undefined);
    await run('iptables', ['--table', table, '--delete-chain']).catch(() => undefined);
  }
}
