import type { Descriptor } from '../types.ts';
import { digestOf } from './digest.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Content embedded in a descriptor (image-spec "Embedded content"), only when it has the descriptor's size and
 * digest; undefined otherwise, and the blob is fetched.
 */
export function embeddedContent(descriptor: Descriptor): Uint8Array | undefined {
  const { data, size, digest } = descriptor;
  if (data === undefined || data.length !== Math.ceil(size / 3) * 4 || !BASE64.test(data)) return undefined;
  const bytes = Buffer.from(data, 'base64');
  return bytes.length === size && digestOf(bytes) === digest ? bytes : undefined;
}
