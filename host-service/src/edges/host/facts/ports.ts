import { readFile, readlink, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostFacts } from '../../../contract/host/facts.ts';
import type { Read } from './system.ts';

/** Page, redirect, platform and its parts. */
const NEEDED: ReadonlySet<number> = new Set([80, 443, 2379, 2380, 6443, 8080, 10250]);
const LISTENS = '0A';
/** Programs of the box itself, by their unit; a container is the platform's. */
const OURS = /\/(appliance-[a-z-]+|k3s)\.(service|socket)\b|\/kubepods\b|\/init\.scope\b/;
const MOST_PROGRAMS = 4_000;

/** Ports that the box needs and that a program holds which is not ours. Never rejects; what cannot be told is left out. */
export async function portFacts(root: string, read: Read): Promise<HostFacts> {
  const tables = ['proc/net/tcp', 'proc/net/tcp6'].map(read);
  if (tables.every((text) => text === '')) return {};
  const wanted = new Map(tables.flatMap(listenersIn));
  if (wanted.size === 0) return { portsTaken: 'none' };
  const holders = await holdersOf(root, new Set(wanted.keys()));
  const taken = new Map<number, string>();
  for (const [inode, port] of wanted) {
    const holder = holders.get(inode);
    // Nobody to be seen: of another room, or no right to look.
    if (holder !== undefined && !OURS.test(holder.unit)) taken.set(port, holder.name);
  }
  const pairs = [...taken].toSorted(([a], [b]) => a - b).map(([port, name]) => `${port}=${name}`);
  return { portsTaken: pairs.length === 0 ? 'none' : pairs.join(' ') };
}

/** [inode, port] of the needed ports that somebody listens on; an inner address of its own is no reason to worry. */
export function listenersIn(table: string): readonly (readonly [string, number])[] {
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, local = '', , state = ''] = fields;
    const port = Number.parseInt(local.slice(local.indexOf(':') + 1), 16);
    const inode = fields[9] ?? '';
    return state === LISTENS && NEEDED.has(port) && /^\d+$/.test(inode) ? [[inode, port] as const] : [];
  });
}

interface Holder {
  readonly name: string;
  /** Its control groups. */
  readonly unit: string;
}

async function holdersOf(root: string, inodes: ReadonlySet<string>): Promise<ReadonlyMap<string, Holder>> {
  const found = new Map<string, Holder>();
  const names = await readdir(join(root, 'proc')).catch(() => []);
  const programs = names.filter((name) => /^\d+$/.test(name)).slice(0, MOST_PROGRAMS);
  for (const program of programs) {
    if (found.size === inodes.size) break;
    for (const inode of await socketsOf(root, program)) {
      if (inodes.has(inode) && !found.has(inode)) found.set(inode, await holder(root, program));
    }
  }
  return found;
}

async function socketsOf(root: string, program: string): Promise<readonly string[]> {
  const folder = join(root, 'proc', program, 'fd');
  const links = await readdir(folder).catch(() => []);
  const targets = await Promise.all(links.map((link) => readlink(join(folder, link)).catch(() => '')));
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
}

async function holder(root: string, program: string): Promise<Holder> {
  const text = async (name: string): Promise<string> =>
    (await readFile(join(root, 'proc', program, name), 'utf8').catch(() => '')).trim();
  const name = (await text('comm')).replace(/[^A-Za-z0-9_.-]/g, '').slice(0, 32);
  return { name: name === '' ? 'unknown' : name, unit: await text('cgroup') };
}
