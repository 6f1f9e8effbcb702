import { createHash } from 'node:crypto';
import { digestOf } from '../content/digest.ts';
import { OciError } from '../errors.ts';
import type { BlobSource, Digest, Reference } from '../types.ts';

const PIECE = 65_536;

/** A blob source with its digest and size known. */
export interface Content {
  readonly digest: Digest;
  readonly size: number;
  open(): AsyncIterable<Uint8Array>;
}

// eslint-disable-next-line @typescript-eslint/require-await -- a source in memory behind the same face as a stream
async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

/** Digest and size of bytes in memory are computed; other sources say them (and are checked by `verifySource`). */
export function contentOf(source: BlobSource): Content {
  if (!(source instanceof Uint8Array)) return source;
  return { digest: digestOf(source), size: source.length, open: () => piecesOf(source) };
}

/** Bytes from `start` on in buffers of exactly `length` (the last one may be shorter). */
export async function* slicesOf(
  content: Content,
  start: number,
  length: () => number,
): AsyncGenerator<Uint8Array> {
  let skip = start;
  let held: Uint8Array = new Uint8Array(0);
  for await (const piece of content.open()) {
    const fresh = piece.subarray(Math.min(skip, piece.length));
    skip -= piece.length - fresh.length;
    held = Buffer.concat([held, fresh]);
    while (held.length >= length()) {
      const size = length();
      yield held.subarray(0, size);
      held = held.subarray(size);
    }
  }
  if (held.length > 0) yield held;
}

/** Adds `digest` to an upload address without touching its opaque query. */
export function withDigest(location: URL, digest: Digest): URL {
  const url = new URL(location);
  url.search = `${url.search === '' ? '?' : `${url.search}&`}digest=${encodeURIComponent(digest)}`;
  return url;
}

/** Size and digest of a source must be what it claims, or the registry would be blamed for it. */
export async function verifySource(ref: Reference, content: Content): Promise<void> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of content.open()) {
    hash.update(piece);
    size += piece.length;
  }
  if (size === content.size && `sha256:${hash.digest('hex')}` === content.digest) return;
  throw new OciError(
    'damaged',
    ref.registry,
    `the source of ${content.digest} does not have its size or digest`,
  );
}
