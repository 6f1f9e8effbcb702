import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createClock } from './clock.ts';

describe('the clock', () => {
  it('never runs backwards and gives jitter below one', () => {
    const clock = createClock();
    const first = clock.monotonic();
    expect(clock.monotonic()).toBeGreaterThanOrEqual(first);
    expect(clock.now()).toBeInstanceOf(Date);
    for (let n = 0; n < 100; n += 1) {
      const x = clock.random();
      expect(x >= 0 && x < 1).toBe(true);
    }
  });

  it('ends a sleep when the signal fires, and never rejects', async () => {
    const stop = new AbortController();
    const sleeping = createClock().sleep(3_600_000, stop.signal);
    stop.abort(new Error('away'));
    await expect(sleeping).resolves.toBeUndefined();
    await expect(createClock().sleep(3_600_000, stop.signal)).resolves.toBeUndefined();
  });

  it('leaves no listener behind on a signal that lives for long', async () => {
    const { signal } = new AbortController();
    await createClock().sleep(1, signal);
    await createClock().sleep(Number.NaN, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('does not fire at once when asked for more than a timer can hold', async () => {
    const stop = new AbortController();
    const order: string[] = [];
    const long = createClock()
      .sleep(2 ** 40, stop.signal)
      .then(() => order.push('long'));
    await createClock().sleep(5, stop.signal);
    order.push('short');
    stop.abort();
    await long;
    expect(order).toEqual(['short', 'long']);
  });
});
