/** A generator whose whole sequence follows from its seed, so that a run that failed can be repeated. */
export interface Dice {
  /** 0 <= n < below */
  below(below: number): number;
  pick<T>(values: readonly T[]): T;
  /** True in so many of a hundred throws. */
  chance(percent: number): boolean;
  bytes(length: number): Buffer;
  /** So many characters of anything that Unicode has, lone surrogates included. */
  text(length: number): string;
}

/** Mulberry32. */
export function makeDice(seed: number): Dice {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const pick = <T>(values: readonly T[]): T => {
    const value = values[below(values.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  };
  return {
    below,
    pick,
    chance: (percent) => below(100) < percent,
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
    text: (length) => {
      const ranges = [0x20, 0x80, 0x800, 0xd800, 0x10000];
      return String.fromCharCode(...Array.from({ length }, () => below(pick(ranges))));
    },
  };
}
