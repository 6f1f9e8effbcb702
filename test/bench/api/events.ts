import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../measure.ts';
import type { BenchBox } from './box.ts';
import { Listener, percentile } from './crowd.ts';

const STREAMS = 200;
/** So many streams has one session at most. */
const EACH = 20;
const CHANGES = 20;
const PAUSE_MS = 500;

/** A change in the cluster on its way to 200 open pages. */
export async function benchEvents(box: BenchBox): Promise<readonly Row[]> {
  const cookies: string[] = [];
  while (cookies.length < STREAMS / EACH) cookies.push(await box.signIn());
  const listeners = Array.from(
    { length: STREAMS },
    (_, index) => new Listener(box.port, index, cookies[Math.floor(index / EACH)] ?? ''),
  );
  try {
    await Promise.all(listeners.map(({ opened }) => opened));
    await sleep(2_000);
    const found = { first: [] as number[], half: [] as number[], last: [] as number[] };
    for (let change = 1; change <= CHANGES; change += 1) {
      const word = `change-${change}-of-the-bench`;
      const heard = Promise.all(listeners.map((listener) => listener.hear(word)));
      const since = performance.now();
      await box.say(word);
      const times = (await heard).map((at) => at - since);
      found.first.push(Math.min(...times));
      found.half.push(percentile(times, 50));
      found.last.push(Math.max(...times));
      await sleep(PAUSE_MS);
    }
    return [
      {
        ...{ streams: STREAMS, changes: CHANGES },
        'first client, median ms': percentile(found.first, 50),
        'half of the clients, median ms': percentile(found.half, 50),
        'last client, median ms': percentile(found.last, 50),
        'last client, worst ms': Math.max(...found.last),
        'resident, MB': await box.memory('VmRSS'),
      },
    ];
  } finally {
    for (const listener of listeners) listener.leave();
  }
}
