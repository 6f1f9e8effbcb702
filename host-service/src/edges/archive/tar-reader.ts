import { Problem } from '../../contract/problem.ts';

/** One member of a tar, as its header says; nothing is cleaned or forgiven. */
export interface TarMember {
  readonly name: string;
  readonly type: 'file' | 'directory';
  readonly bytes: Uint8Array;
}

const BLOCK = 512;
const PAX_CAP = 64 * 1024;
const text = new TextDecoder('utf-8', { fatal: true });
const bad = (detail: string, cause?: unknown): Problem =>
  new Problem('release.bundle-invalid', detail, cause === undefined ? {} : { cause });

const REFUSED: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a character device',
  '4': 'a block device',
  '6': 'a named pipe',
  g: 'global attributes',
  S: 'a sparse file',
};

function decode(bytes: Uint8Array): string {
  try {
    return text.decode(bytes);
  } catch (error) {
    throw bad('a name in the archive is not UTF-8', error);
  }
}

/** A field ends at its first NUL; only NULs may follow. */
function field(block: Uint8Array, at: number, size: number): string {
  const raw = block.subarray(at, at + size);
  const end = raw.indexOf(0);
  if (end === -1) return decode(raw);
  if (raw.subarray(end).some((byte) => byte !== 0)) throw bad('a name in the archive has a NUL inside');
  return decode(raw.subarray(0, end));
}

function octal(block: Uint8Array, at: number, size: number): number {
  const digits = decode(block.subarray(at, at + size)).replace(/^ +|[ \0]+$/g, '');
  if (!/^[0-7]{1,12}$/.test(digits)) throw bad('a number in the archive is damaged');
  return Number.parseInt(digits, 8);
}

function checkHeader(block: Uint8Array): void {
  let sum = 8 * 32;
  block.forEach((byte, index) => {
    if (index < 148 || index >= 156) sum += byte;
  });
  if (octal(block, 148, 8) !== sum) throw bad('the archive is damaged: a header has a wrong checksum');
  if (decode(block.subarray(257, 262)) !== 'ustar') throw bad('the archive is not a POSIX tar');
}

/** PAX records `<length> <key>=<value>\n`; only `path` and attributes without effect on what we read are known. */
function paxPath(bytes: Uint8Array): string | undefined {
  let at = 0;
  let path: string | undefined;
  while (at < bytes.length) {
    const space = bytes.indexOf(32, at);
    const length = Number(decode(bytes.subarray(at, Math.max(at, space))));
    const end = at + length;
    if (space === -1 || !Number.isSafeInteger(length) || end <= space + 1 || end > bytes.length) {
      throw bad('extended attributes in the archive are damaged');
    }
    const [key = '', ...rest] = decode(bytes.subarray(space + 1, end - 1)).split('=');
    if (['size', 'linkpath'].includes(key) || key.startsWith('GNU.sparse')) {
      throw bad(`extended attribute ${key} is not allowed in the archive`);
    }
    if (key === 'path') path = rest.join('=');
    at = end;
  }
  return path;
}

function typeOf(flag: string, name: string): TarMember['type'] {
  if (flag === '0' || flag === '') return 'file';
  if (flag === '5') return 'directory';
  throw bad(`${name} is ${REFUSED[flag] ?? `of unknown kind ${flag}`}`);
}

function checkEnd(tar: Uint8Array, at: number): void {
  if (tar.length < at + 2 * BLOCK) throw bad('the archive ends early');
  if (tar.subarray(at).some((byte) => byte !== 0)) throw bad('bytes follow after the end of the archive');
}

/**
 * Reads a POSIX tar strictly. Links, devices, pipes, sparse files, GNU extensions and unknown kinds are refused,
 * never skipped: what one reader skips another one writes (protocols §8).
 *
 * @throws Problem release.bundle-invalid
 */
export function* readTar(tar: Uint8Array): Generator<TarMember> {
  let at = 0;
  let longName: string | undefined;
  while (at + BLOCK <= tar.length) {
    const block = tar.subarray(at, at + BLOCK);
    if (block.every((byte) => byte === 0)) {
      if (longName !== undefined) throw bad('the archive ends early');
      return checkEnd(tar, at);
    }
    checkHeader(block);
    const flag = field(block, 156, 1);
    const prefix = field(block, 345, 155);
    const short = field(block, 0, 100);
    const name = longName ?? (prefix === '' ? short : `${prefix}/${short}`);
    const size = octal(block, 124, 12);
    const body = tar.subarray(at + BLOCK, at + BLOCK + size);
    if (body.length !== size) throw bad('the archive ends early');
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (flag === 'x') {
      if (size > PAX_CAP) throw bad('extended attributes in the archive are too large');
      longName = paxPath(body) ?? longName;
      continue;
    }
    const type = typeOf(flag, name);
    if (type === 'directory' && size !== 0) throw bad(`directory ${name} has content`);
    yield { name, type, bytes: body };
    longName = undefined;
  }
  throw bad('the archive ends early');
}
