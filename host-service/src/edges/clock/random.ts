import { randomBytes } from 'node:crypto';
import type { Random } from '../../engine/ports.ts';

/** The system's source of unpredictable bytes. */
export function createRandom(): Random {
  return { bytes: (count) => Uint8Array.from(randomBytes(count)) };
}
