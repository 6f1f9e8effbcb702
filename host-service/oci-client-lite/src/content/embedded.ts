import type { Descriptor } from '../types.ts';
import { digestOf } from './digest.ts';

/**
 * Content embedded in a descriptor (image-spec "Embedded content"), only when it has the descriptor's size and
 * digest; undefined otherwise, and the blob is fetched.
 */
export function embeddedContent(descriptor: Descriptor): Uint8Array | undefined {
  const { data, size, digest } = descriptor;
  if (data === undefined || data.length !== Math.ceil(size / 3) * 4) return undefined;
  const bytes = Buffer.from(data, 'base64');
  // Written back the same: no line breaks, no other alphabet, no stray bits.
  if (bytes.toString('base64') !== data) return undefined;
  return bytes.length === size && digestOf(bytes) === digest ? bytes : undefined;
}
