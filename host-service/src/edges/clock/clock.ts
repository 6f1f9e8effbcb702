import type { Clock } from '../../engine/ports.ts';

/** The machine's clocks. `monotonic` counts milliseconds from the start of the process and is never set back. */
export function createClock(): Clock {
  return {
    now: () => new Date(),
    monotonic: () => performance.now(),
    sleep,
    random: () => Math.random(),
  };
}

/** Longer waits would overflow the 32-bit timer and fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || !(ms > 0)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(ms, LONGEST_MS));
    signal.addEventListener('abort', done, { once: true });
  });
}
