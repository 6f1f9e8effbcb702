import { randomBytes } from 'node:crypto';
import type { Random } from '../../engine/ports.ts';

/** The machine's cryptographic random numbers. */
export function createRandom(): Random {
  return { bytes: (count) => randomBytes(count) };
}
