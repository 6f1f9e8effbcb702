import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { packTar, type TarEntry } from 'modern-tar';

/** What lies at a path of an image. Rights come from here and never from the disk, so that no umask reaches a digest. */
export type Entry =
  | { readonly bytes: Uint8Array; readonly mode?: 0o644 | 0o755 }
  | { readonly link: string }
  | { readonly folder: 0o755 | 0o1777 };
/** Path without leading slash -> what lies there. Folders on the way need not be named. */
export type Tree = ReadonlyMap<string, Entry>;

/** A layer as it is pushed. */
export interface Layer {
  readonly name: string;
  readonly gzipped: Uint8Array;
  readonly digest: string;
  /** Digest of the tar inside. */
  readonly diffId: string;
  /** Bytes of the files in it. */
  readonly size: number;
}

/** No time of making is in a layer: the same files are the same layer in every release, and a box pulls only what changed. */
const EPOCH = new Date(0);
const OWNER = { mtime: EPOCH, uid: 0, gid: 0, uname: '', gname: '' } as const;

export const digestOf = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function parentsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function tarEntry(name: string, entry: Entry): TarEntry {
  if ('folder' in entry)
    return { header: { ...OWNER, name, type: 'directory', size: 0, mode: entry.folder } };
  if ('link' in entry)
    return { header: { ...OWNER, name, type: 'symlink', size: 0, mode: 0o777, linkname: entry.link } };
  const { bytes, mode = 0o644 } = entry;
  return { header: { ...OWNER, name, type: 'file', size: bytes.length, mode }, body: bytes };
}

/** Entries in the order of their paths' bytes, each folder before what is in it. */
function entriesOf(tree: Tree): readonly TarEntry[] {
  const all = new Map<string, Entry>(tree);
  for (const path of tree.keys())
    for (const parent of parentsOf(path)) if (!all.has(parent)) all.set(parent, { folder: 0o755 });
  const order = (path: string): Buffer => Buffer.from(path.replaceAll('/', '\u0000'), 'utf8');
  const paths = [...all.keys()].sort((a, b) => Buffer.compare(order(a), order(b)));
  return paths.flatMap((path) => {
    const entry = all.get(path);
    return entry === undefined ? [] : [tarEntry(path, entry)];
  });
}

/** Packs a tree: the same files give the same bytes, whatever the machine, its clock and its rights. */
export const tarOf = (tree: Tree): Promise<Uint8Array> => packTar([...entriesOf(tree)]);

/** A tree as a layer of an image. */
export async function layerOf(name: string, tree: Tree): Promise<Layer> {
  const tar = await tarOf(tree);
  // Level 6: the last percent of Node's program would cost half a minute.
  const gzipped = await promisify(gzip)(tar, { level: 6 });
  const size = [...tree.values()].reduce(
    (sum, entry) => sum + ('bytes' in entry ? entry.bytes.length : 0),
    0,
  );
  return { name, gzipped, digest: digestOf(gzipped), diffId: digestOf(tar), size };
}

/** Regular files and links below a folder, by their path in it; `keep` says which. Rights: 755 for what somebody may run. */
export async function readTree(folder: string, keep: (path: string) => boolean): Promise<Map<string, Entry>> {
  const tree = new Map<string, Entry>();
  for (const path of await readdir(folder, { recursive: true })) {
    if (!keep(path)) continue;
    const full = join(folder, path);
    const info = await lstat(full);
    if (info.isSymbolicLink()) tree.set(path, { link: await readlink(full) });
    else if (info.isFile())
      tree.set(path, { bytes: await readFile(full), mode: (info.mode & 0o100) === 0 ? 0o644 : 0o755 });
  }
  return tree;
}

/** Writes a tree to disk, for builders that make their layers themselves. */
export async function writeTree(folder: string, tree: Tree): Promise<void> {
  for (const [path, entry] of tree) {
    const full = join(folder, path);
    await mkdir('folder' in entry ? full : dirname(full), { recursive: true });
    if ('link' in entry) await symlink(entry.link, full);
    else if ('bytes' in entry) await writeFile(full, entry.bytes, { mode: entry.mode ?? 0o644 });
  }
}

/** Puts every path of a tree below a folder. */
export const below = (folder: string, tree: Tree): Tree =>
  new Map([...tree].map(([path, entry]) => [`${folder}/${path}`, entry]));
