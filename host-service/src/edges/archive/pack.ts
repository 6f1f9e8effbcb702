import { gzipSync } from 'node:zlib';
import { packTar, type TarEntry } from 'modern-tar';

/** A file as it goes into an archive. Permission bits come from here, never from the disk: a umask must not reach a digest. */
export interface PackFile {
  readonly bytes: Uint8Array;
  /** 0o644 (default) or 0o755. */
  readonly mode?: number;
}

export interface PackOptions {
  /** `flux`: entry `.` and every directory before its files; `files`: files only, as helm charts are packed. Default `flux`. */
  readonly layout?: 'flux' | 'files';
}

export interface Packed {
  /** What is pushed: one gzip member. */
  readonly bytes: Uint8Array;
  /** The tar inside; its digest is the `diff_id` of a config. */
  readonly tar: Uint8Array;
}

const EPOCH = new Date(0);

function parentsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** The order in which Go's filepath.Walk visits: each folder's entries by byte order, a folder right before what is in it. */
function walkOrder(a: string, b: string): number {
  return Buffer.compare(
    Buffer.from(a.replaceAll('/', '\u0000'), 'utf8'),
    Buffer.from(b.replaceAll('/', '\u0000'), 'utf8'),
  );
}

function entry(name: string, type: 'file' | 'directory', file?: PackFile): TarEntry {
  const mode = type === 'directory' ? 0o755 : (file?.mode ?? 0o644);
  const size = file?.bytes.length ?? 0;
  const header = { name, type, size, mode, mtime: EPOCH, uid: 0, gid: 0, uname: '', gname: '' };
  return file === undefined ? { header } : { header, body: file.bytes };
}

/**
 * Packs files deterministically: the same files give the same bytes whatever the checkout's place, umask, owner, clock or file order
 * (protocols §2.2b). USTAR, PAX for long names; gzip level 9, no name and no time in its header.
 */
export async function pack(files: ReadonlyMap<string, PackFile>, options: PackOptions = {}): Promise<Packed> {
  const paths = [...files.keys()];
  const folders = options.layout === 'files' ? [] : new Set(paths.flatMap(parentsOf));
  const all = [...folders, ...paths].sort(walkOrder);
  const entries = all.map((path) => {
    const file = files.get(path);
    return file === undefined ? entry(path, 'directory') : entry(path, 'file', file);
  });
  const root = options.layout === 'files' ? [] : [entry('.', 'directory')];
  const tar = await packTar([...root, ...entries]);
  return { tar, bytes: gzipSync(tar, { level: 9 }) };
}
