import { createHash } from 'node:crypto';
import type { Digest } from '../types.ts';

const DIGEST = /^sha256:[a-f0-9]{64}$/;

/** True for `sha256:` and 64 lower-case hexadecimal digits (distribution-spec "Digests"); nothing else is accepted. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && DIGEST.test(value);
}

/** Digest of exactly these bytes. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
