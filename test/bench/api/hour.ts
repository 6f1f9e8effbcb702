import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../measure.ts';
import type { BenchBox } from './box.ts';
import { Listener } from './crowd.ts';

/** What an idle box does in an hour: a look at itself every 15 s, one at the channel every 5 min, one page that stays open. */
const CYCLES_AN_HOUR = 240;
const LOOKS_AN_HOUR = 12;
/** Changes of the intent by people: more than any real hour has. */
const CHANGES_AN_HOUR = 6;

/** How fast time runs here. `resyncMs` and `pollMs` have to be given to the box. */
export const HOUR = { resyncMs: 100, pollMs: 2_000 } as const;
const HOUR_MS = Math.max(CYCLES_AN_HOUR * HOUR.resyncMs, LOOKS_AN_HOUR * HOUR.pollMs);

/** Memory of the control plane after hours of simulated work: the cycles, looks, changes and the open page of that time, made quickly. */
export async function benchHour(box: BenchBox, hours: number): Promise<readonly Row[]> {
  const page = new Listener(box.port, 0, await box.signIn());
  await page.opened;
  const rows: Row[] = [];
  const weigh = async (after: number): Promise<void> => {
    rows.push({
      'after, simulated h': after,
      'resident, MB': await box.memory('VmRSS'),
      'of which anonymous, MB': await box.memory('RssAnon'),
      'CPU so far, s': (await box.cpuMs()) / 1000,
    });
  };
  try {
    await weigh(0);
    for (let hour = 1; hour <= hours; hour += 1) {
      for (let change = 0; change < CHANGES_AN_HOUR; change += 1) {
        await box.say(`hour ${hour}, change ${change}`);
        await sleep(HOUR_MS / CHANGES_AN_HOUR);
      }
      await weigh(hour);
    }
  } finally {
    page.leave();
  }
  return rows;
}
