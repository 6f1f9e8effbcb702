import { crc32, inflateRawSync } from 'node:zlib';
import { Problem } from '../../contract/problem.ts';
import type { UnpackCaps } from './caps.ts';

const bad = (detail: string, cause?: unknown): Problem =>
  new Problem('release.bundle-invalid', detail, cause === undefined ? {} : { cause });

/** Small archives are mostly tar padding, which compresses better than any bomb: the ratio counts above this many bytes. */
const RATIO_FREE = 1024 * 1024;

/** Length of the member's header, optional fields included (RFC 1952 §2.3). */
function headerLength(bytes: Uint8Array): number {
  if (bytes.length < 18 || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) {
    throw bad('the archive is not gzip');
  }
  const flags = bytes[3] ?? 0;
  let at = 10;
  if ((flags & 4) !== 0) at += 2 + ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8));
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end === -1) throw bad('the gzip header has no end');
    at = end + 1;
  }
  if ((flags & 2) !== 0) at += 2;
  if ((flags & 0xe0) !== 0 || at + 8 > bytes.length) throw bad('the gzip header is damaged');
  return at;
}

interface Inflated {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

/** With `info: true` zlib answers the engine as well; its types do not say so. */
function isInflated(value: unknown): value is Inflated {
  return (
    typeof value === 'object' &&
    value !== null &&
    'buffer' in value &&
    value.buffer instanceof Uint8Array &&
    'engine' in value
  );
}

function inflate(bytes: Uint8Array, max: number): Inflated {
  try {
    const answer: unknown = inflateRawSync(bytes, { maxOutputLength: Math.max(1, max), info: true });
    if (isInflated(answer)) return answer;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw bad(`the archive expands to more than ${max} bytes`, error);
    }
    throw bad('the archive is damaged: it cannot be decompressed', error);
  }
  throw bad('the archive is damaged');
}

/**
 * Decompresses exactly one gzip member: counted while it is done, nothing may follow it (protocols §8, bombs and trailing bytes).
 *
 * @throws Problem release.bundle-invalid
 */
export function gunzip(bytes: Uint8Array, caps: UnpackCaps): Uint8Array {
  if (bytes.length > caps.compressed) throw bad(`the archive has more than ${caps.compressed} bytes`);
  const start = headerLength(bytes);
  const max = Math.min(caps.expanded, Math.max(RATIO_FREE, bytes.length * caps.ratio));
  const { buffer, engine } = inflate(bytes.subarray(start), max);
  const trailer = start + engine.bytesWritten;
  if (trailer + 8 > bytes.length) throw bad('the archive ends early');
  if (trailer + 8 < bytes.length) throw bad('bytes follow after the end of the archive');
  const view = new DataView(bytes.buffer, bytes.byteOffset + trailer, 8);
  if (view.getUint32(0, true) !== crc32(buffer) || view.getUint32(4, true) !== buffer.length >>> 0) {
    throw bad('the archive is damaged: its checksum differs');
  }
  return buffer;
}
