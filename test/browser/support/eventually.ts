import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until the answer is yes; milliseconds that it took. @throws Error with the last answer when that takes too long */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  isRight: (answer: T) => boolean,
  deadlineMs = 15_000,
): Promise<number> {
  const from = performance.now();
  for (;;) {
    const answer = await ask();
    const tookMs = performance.now() - from;
    if (isRight(answer)) return tookMs;
    if (tookMs > deadlineMs) throw new Error(`${what}: not so, but ${JSON.stringify(answer)}`);
    await sleep(50);
  }
}
