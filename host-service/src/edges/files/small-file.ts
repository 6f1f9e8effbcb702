import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { Problem } from '../../contract/problem.ts';

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'is not there';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by this user';
    case 'EISDIR':
      return 'is a folder';
    case 'ELOOP':
      return 'is a link that leads to itself';
    default:
      return typeof code === 'string' ? `cannot be read (${code})` : 'cannot be read';
  }
}

function readUpTo(descriptor: number, maxBytes: number): Uint8Array {
  // One byte more than allowed, so that a file that grows while it is read is noticed as well.
  const buffer = Buffer.alloc(maxBytes + 1);
  let length = 0;
  while (length < buffer.length) {
    const read = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (read === 0) break;
    length += read;
  }
  return Uint8Array.prototype.slice.call(buffer, 0, length);
}

/**
 * The bytes of a file that is known to be small. A pipe or device is refused before the first read, because it may never end.
 * @throws Problem config.unreadable when it is not there, not a file or not ours to read; config.invalid when it is larger than `maxBytes`.
 */
export function readSmallFile(path: string, maxBytes: number): Uint8Array {
  let descriptor: number | undefined;
  try {
    // A named pipe without writer would block a plain open for ever.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const info = fstatSync(descriptor);
    if (!info.isFile())
      throw new Problem('config.unreadable', `${path} is ${info.isDirectory() ? 'a folder' : 'not a file'}`);
    if (info.size > maxBytes) throw tooLarge(path, maxBytes);
    // Files under /proc and /sys say size 0, hence the cap counts while reading as well.
    const bytes = readUpTo(descriptor, Math.min(maxBytes, info.size > 0 ? info.size + 64 : maxBytes));
    if (bytes.length > maxBytes) throw tooLarge(path, maxBytes);
    return bytes;
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('config.unreadable', `${path} ${messageOf(error)}`, { cause: error });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

const tooLarge = (path: string, maxBytes: number): Problem =>
  new Problem('config.invalid', `${path} has more than ${maxBytes} bytes`);

/**
 * The text of a small UTF-8 file; a byte order mark is dropped.
 * @throws Problem as readSmallFile, and config.invalid when the bytes are not UTF-8.
 */
export function readSmallText(path: string, maxBytes: number): string {
  const bytes = readSmallFile(path, maxBytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Problem('config.invalid', `${path} is not UTF-8 text`, { cause });
  }
}
