import { Problem } from '../../contract/problem.ts';
import { BUNDLE_CAPS, type UnpackCaps } from './caps.ts';
import { gunzip } from './gunzip.ts';
import { readTar } from './tar-reader.ts';

const bad = (detail: string): Problem => new Problem('release.bundle-invalid', detail);

// eslint-disable-next-line no-control-regex -- finding control characters is the purpose
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** The path without leading `./`, or the reason why it may not be used. */
function pathOf(name: string, caps: UnpackCaps): string {
  const path = name.replace(/^\.\//, '').replace(/\/$/, '');
  const parts = path.split('/');
  if (UNPRINTABLE.test(path)) throw bad('a name in the archive has control characters');
  if (name.startsWith('/') || /^[A-Za-z]:/.test(path)) throw bad(`${path} is an absolute path`);
  if (path.includes('\\')) throw bad(`${path} has a backslash`);
  if (parts.includes('..')) throw bad(`${path} leads out of the archive`);
  if (path === '' || parts.some((part) => part === '' || part === '.'))
    throw bad('the archive has an empty name');
  if (Buffer.byteLength(path) > caps.path)
    throw bad(`a path in the archive is longer than ${caps.path} bytes`);
  if (parts.length > caps.depth) throw bad(`${path} lies deeper than ${caps.depth} folders`);
  return path;
}

/**
 * Unpacks a config bundle into memory: files by path, nothing is written to disk. The root entry `.` and folders are checked and left out.
 *
 * @throws Problem release.bundle-invalid for anything that is not a plain tree of files within the caps
 */
export function unpack(bytes: Uint8Array, limits: Partial<UnpackCaps> = {}): Map<string, Uint8Array> {
  const caps = { ...BUNDLE_CAPS, ...limits };
  const files = new Map<string, Uint8Array>();
  const folders = new Set<string>();
  // Names that differ in case only are one file on some machines and two on others.
  const names = new Map<string, string>();
  let entries = 0;
  for (const member of readTar(gunzip(bytes, caps))) {
    entries += 1;
    if (entries > caps.entries) throw bad(`the archive has more than ${caps.entries} entries`);
    if (member.type === 'directory' && /^\.?\/?$/.test(member.name) && member.name !== '/') continue;
    const path = pathOf(member.name, caps);
    const known = names.get(path.toLowerCase());
    if (known !== undefined && !(known === path && member.type === 'directory' && folders.has(path))) {
      throw bad(`${path} is in the archive twice`);
    }
    names.set(path.toLowerCase(), path);
    if (member.type === 'directory') {
      folders.add(path);
      continue;
    }
    if (member.bytes.length > caps.file) throw bad(`${path} has more than ${caps.file} bytes`);
    files.set(path, member.bytes);
  }
  for (const path of files.keys()) {
    const parts = path.split('/');
    const above = parts.map((_, index) => parts.slice(0, index).join('/'));
    const blocker = above.find((folder) => files.has(folder));
    if (blocker !== undefined) throw bad(`${blocker} is a file and a folder`);
  }
  return files;
}
