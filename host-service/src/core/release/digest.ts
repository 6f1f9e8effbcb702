import { createHash } from 'node:crypto';
import { Digest } from '../../contract/names.ts';

/** Digest of exactly these bytes: the identity of a document. */
export function digestOfBytes(bytes: Uint8Array): Digest {
  return Digest.parse(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}

/** Hexadecimal part of a digest. */
export const hexOf = (digest: Digest): string => digest.slice('sha256:'.length);

/** Name of the Release object of a document: the first 12 hex digits of its digest. */
export const releaseObjectName = (digest: Digest): string => hexOf(digest).slice(0, 12);

/** Tag under which every release document can be found by its identity (design §4 "Tags"). */
export const releaseTag = (digest: Digest): string => `release-${hexOf(digest)}`;
