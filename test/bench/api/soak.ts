import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../measure.ts';
import type { BenchBox } from './box.ts';
import { askInTurn, Listener, percentile, Visitor } from './crowd.ts';

const CLIENTS = 20;
const STREAMS = 40;
const SAMPLES = 8;

/** Pages that come, listen for a moment and go again, until the signal fires. */
async function comeAndGo(box: BenchBox, cookies: readonly string[], signal: AbortSignal): Promise<number> {
  let visits = 0;
  while (!signal.aborted) {
    const cookie = cookies[visits % cookies.length] ?? '';
    const listener = new Listener(box.port, 1_000 + (visits % 1_000), cookie);
    await listener.opened;
    await sleep(100, undefined, { signal }).catch(() => undefined);
    listener.leave();
    visits += 1;
  }
  return visits;
}

async function change(box: BenchBox, signal: AbortSignal): Promise<number> {
  let changes = 0;
  while (!signal.aborted) {
    changes += 1;
    await box.say(`change ${changes}`);
    await sleep(1_000, undefined, { signal }).catch(() => undefined);
  }
  return changes;
}

/** Memory of the control plane under an even load of everything: reads, open streams, streams that come and go, changes. */
export async function benchSoak(box: BenchBox, minutes: number): Promise<readonly Row[]> {
  const cookies = [await box.signIn(), await box.signIn(), await box.signIn(), await box.signIn()];
  const visitors = Array.from(
    { length: CLIENTS },
    (_, index) => new Visitor(box.port, index, cookies[0] ?? ''),
  );
  const listeners = Array.from(
    { length: STREAMS },
    (_, index) => new Listener(box.port, index, cookies[index % 4] ?? ''),
  );
  const over = new AbortController();
  try {
    await Promise.all(listeners.map(({ opened }) => opened));
    const load = Promise.all([
      askInTurn(visitors, '/api/status', 250, over.signal),
      askInTurn(visitors.slice(0, 5), '/api/operations', 1_000, over.signal),
      comeAndGo(box, cookies, over.signal),
      change(box, over.signal),
    ]);
    // A load that ends too early is a fault, not a quiet end.
    load.catch(() => over.abort());
    const rows: Row[] = [];
    for (let sample = 0; sample <= SAMPLES && !over.signal.aborted; sample += 1) {
      if (sample > 0)
        await sleep((minutes * 60_000) / SAMPLES, undefined, { signal: over.signal }).catch(() => undefined);
      rows.push({
        'after, s': Math.round((sample * minutes * 60) / SAMPLES),
        'resident, MB': await box.memory('VmRSS'),
        'of which anonymous, MB': await box.memory('RssAnon'),
      });
    }
    over.abort();
    const [status, operations, visits, changes] = await load;
    const reads = status.times.length + operations.times.length;
    console.log(
      `${reads} reads (status p99 ${percentile(status.times, 99).toFixed(1)} ms), ${visits} short visits, ${changes} changes`,
    );
    return rows;
  } finally {
    over.abort();
    for (const visitor of visitors) visitor.leave();
    for (const listener of listeners) listener.leave();
  }
}
