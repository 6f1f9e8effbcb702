import { readdir, readFile } from 'node:fs/promises';

import { join } from 'node:path';
import type { Pod } from './box.ts';

const CGROUPS = '/sys/fs/cgroup';

/** Process ids of a pod's container: those whose cgroup carries its id. */
export async function pidsOf(pod: Pod): Promise<readonly number[]> {
  const id = pod.status.containerStatuses?.[0]?.containerID?.replace(/^.*:\/\//, '');
  if (id === undefined) return [];
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const inside = pids.map(async (pid) => {
    const cgroups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
    return cgroups.includes(id) ? [Number(pid)] : [];
  });
  return (await Promise.all(inside)).flat();
}

/** What a pod's container holds, in bytes: resident pages of its process, those of them that are its own, and what the kubelet would count. */
export interface PodMemory {
  readonly resident: number;
  readonly anonymous: number;
  /** Charged to its cgroup without file pages that have not been used lately; NaN where the kernel does not say. */
  readonly workingSet: number;
}

export async function memoryOf(pod: Pod): Promise<PodMemory> {
  const [pid] = await pidsOf(pod);
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'mu').exec(status)?.[1]) * 1024;
  return {
    resident: kilobytes('VmRSS'),
    anonymous: kilobytes('RssAnon'),
    workingSet: await workingSetOf(pid ?? 0),
  };
}

async function workingSetOf(pid: number): Promise<number> {
  const lines = (await readFile(`/proc/${pid}/cgroup`, 'utf8')).trim().split('\n');
  const [v1, v2] = [/^\d+:memory:(.*)$/u, /^0::(.*)$/u].map((line) =>
    lines.flatMap((one) => line.exec(one)?.[1] ?? []).at(0),
  );
  const isOld = v1 !== undefined;
  const folder = isOld ? join(CGROUPS, 'memory', v1) : join(CGROUPS, v2 ?? '');
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8').catch(() => '');
  const used = Number.parseInt(await read(isOld ? 'memory.usage_in_bytes' : 'memory.current'), 10);
  const stat = await read('memory.stat');
  const idle = /^total_inactive_file (\d+)$/mu.exec(stat) ?? /^inactive_file (\d+)$/mu.exec(stat);
  return used - Number(idle?.[1] ?? 0);
}
