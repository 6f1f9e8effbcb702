import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';

describe('the source of random bytes', () => {
  it('gives as many as asked for, and others each time', () => {
    const random = createRandom();
    expect(random.bytes(32)).toHaveLength(32);
    expect(random.bytes(32)).not.toEqual(random.bytes(32));
  });
});
