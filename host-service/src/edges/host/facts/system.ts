import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import type { HostFacts } from '../../../contract/host/facts.ts';
import { readSmall } from '../small-text.ts';

/** Reads a small file under the machine's root; empty when it is not there. */
export type Read = (path: string) => string;
const TEXT_BYTES = 256 * 1024;
/** More files than a platform has certificates are not looked at. */
const MOST = 64;

export const reader =
  (root: string): Read =>
  (path) =>
    readSmall(join(root, path), TEXT_BYTES)?.trim() ?? '';

/** Names in a folder; undefined when there is none. */
export function namesIn(root: string, path: string): readonly string[] | undefined {
  try {
    return readdirSync(join(root, path));
  } catch {
    return undefined;
  }
}

const countOf = (text: string): number | undefined => (/^\d{1,15}$/.test(text) ? Number(text) : undefined);
const found = <K extends keyof HostFacts>(name: K, value: HostFacts[K]): Pick<HostFacts, K> | object =>
  value === undefined || value === '' ? {} : { [name]: value };

/** What the machine is, from /proc and /sys. */
export function systemFacts(root: string): HostFacts {
  const read = reader(root);
  const cpus = [...read('proc/cpuinfo').matchAll(/^processor\s*:/gm)].length;
  const kib = /^MemTotal:\s+(\d+) kB/m.exec(read('proc/meminfo'))?.[1];
  return {
    ...found('hostName', read('proc/sys/kernel/hostname').toLowerCase()),
    ...(cpus === 0 ? {} : { cpus }),
    ...(kib === undefined ? {} : { memoryMiB: Math.round(Number(kib) / 1024) }),
    ...found('kernel', read('proc/sys/kernel/osrelease')),
    ...found('fileWatches', countOf(read('proc/sys/fs/inotify/max_user_watches'))),
    ...cgroupFacts(root, read),
    ...overlayFacts(root, read),
    previous: previousIn(root),
  };
}

function cgroupFacts(root: string, read: Read): HostFacts {
  const cgroupControllers = read('sys/fs/cgroup/cgroup.controllers');
  if (cgroupControllers !== '') return { cgroupVersion: 2, cgroupControllers };
  return namesIn(root, 'sys/fs/cgroup/memory') === undefined ? {} : { cgroupVersion: 1 };
}

/** Known to the running system, or lying there to be loaded. */
function overlayFacts(root: string, read: Read): HostFacts {
  const known = read('proc/filesystems');
  if (known === '') return {};
  const module = `lib/modules/${read('proc/sys/kernel/osrelease')}/kernel/fs/overlayfs`;
  return { overlay: /\boverlay\b/.test(known) || namesIn(root, module) !== undefined };
}

/** Folders of the first generation of this box, and of storage that nobody keeps. */
const LEFT = ['opt/alga-appliance', 'var/lib/alga-appliance', 'opt/local-path-provisioner'] as const;

function previousIn(root: string): string {
  const there = LEFT.filter((path) => (namesIn(root, path)?.length ?? 0) > 0);
  return there.length === 0 ? 'none' : there.map((path) => `/${path}`).join(' ');
}

const SERVER = 'var/lib/rancher/k3s/server';

/** Where the platform keeps its state, and which of its certificates ends first. */
export function platformFacts(root: string): HostFacts {
  const db = namesIn(root, `${SERVER}/db`);
  const has = (name: string): boolean => db?.includes(name) === true;
  const datastore = has('etcd') ? 'etcd' : has('state.db') ? 'sqlite' : 'none';
  return { datastore, ...certificateFacts(root) };
}

function certificateFacts(root: string): HostFacts {
  const names = (namesIn(root, `${SERVER}/tls`) ?? []).filter((name) => name.endsWith('.crt')).slice(0, MOST);
  const ends = names
    .flatMap((name) => {
      const until = endOf(readSmall(join(root, SERVER, 'tls', name), TEXT_BYTES) ?? '');
      return until === undefined ? [] : [{ name, until }];
    })
    .toSorted((a, b) => a.until - b.until);
  const [first] = ends;
  if (first === undefined) return {};
  return { certificateUntil: new Date(first.until).toISOString(), certificateName: first.name };
}

function endOf(pem: string): number | undefined {
  try {
    const until = Date.parse(new X509Certificate(pem).validTo);
    return Number.isNaN(until) ? undefined : until;
  } catch {
    return undefined;
  }
}
