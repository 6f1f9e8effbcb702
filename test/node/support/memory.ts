import { readdir, readFile } from 'node:fs/promises';

import type { Pod } from './box.ts';

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

/** Resident bytes of a pod's container. */
export async function memoryOf(pod: Pod): Promise<number> {
  let bytes = 0;
  for (const pid of await pidsOf(pod)) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    bytes += Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  }
  return bytes;
}
