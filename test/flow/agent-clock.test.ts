import { keepClock, secondsIn, timeToKeep } from 'host-service/agent/kept/clock-floor.ts';
import { describe, expect, it } from 'vitest';

const DAY = 86_400;
const BUILT = 1_760_000_000;
const NOW = BUILT + 100 * DAY;
const sight = { now: NOW, built: BUILT, isInStep: false };

describe('the time that a host keeps for its next boot (R-33)', () => {
  it.each([
    ['rises while the clock goes on', sight, NOW - 600, NOW],
    ['is kept the first time', sight, 0, NOW],
    ['is never set back by a clock that no server has set', { ...sight, now: NOW - DAY }, NOW, undefined],
    [
      'is not believed to a clock that is a year ahead of all that is known',
      { ...sight, now: NOW + 400 * DAY },
      NOW,
      undefined,
    ],
    [
      'is believed to the same clock once a server has set it',
      { now: NOW + 400 * DAY, built: BUILT, isInStep: true },
      NOW,
      NOW + 400 * DAY,
    ],
    ['is set right by a time server also when it was ahead', { ...sight, isInStep: true }, NOW + 900, NOW],
    ['is made anew where it was a mistake', sight, BUILT + 30 * 366 * DAY, NOW],
    ['is left alone while nothing has passed', { ...sight, isInStep: true }, NOW, undefined],
  ])('%s', (_, seen, saved, kept) => {
    expect(timeToKeep(seen, saved)).toBe(kept);
  });

  it('is written as the boot script reads it, and only when there is something new', async () => {
    const written: string[] = [];
    let text: string | undefined = 'torn';
    const folder = {
      read: () => text,
      write: (name: string, next: string) => {
        written.push(`${name}=${next}`);
        text = next;
        return Promise.resolve();
      },
    };
    await keepClock(folder, sight);
    await keepClock(folder, sight);
    expect(written).toEqual([`clock=${NOW}\n`]);
    expect(['', undefined, '12', '-1760000000', '1760000000\n2'].map(secondsIn)).toEqual([0, 0, 0, 0, 0]);
    expect(secondsIn('1760000000\n')).toBe(1_760_000_000);
  });
});
