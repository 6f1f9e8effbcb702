import { join } from 'node:path';
import { buildPage } from '../../../scripts/build/page.ts';
import { CHROMIUM, NO_CHROMIUM } from '../../browser/support/chromium.ts';
import { printTable } from '../measure.ts';
import { withPrograms } from '../parts.ts';
import type { Wanted } from '../wanted.ts';
import { openBenchBox, type BenchBox, type BoxOptions } from './box.ts';
import { benchEvents } from './events.ts';
import { benchHour, HOUR } from './hour.ts';
import { benchPage, weigh } from './page.ts';
import { benchSoak } from './soak.ts';
import { benchStatus } from './status.ts';

/** A box whose control plane is the program as it ships, for the time of `use`. */
async function withBox(use: (box: BenchBox) => Promise<void>, options: BoxOptions = {}): Promise<void> {
  await withPrograms(async ({ programs }) => {
    const box = await openBenchBox(programs['appliance-control-plane'], options);
    try {
      await use(box);
    } finally {
      await box.close();
    }
  });
}

export const statusPart = (): Promise<void> =>
  withBox(async (box) => {
    printTable('status: GET /api/status under load, embedded world', await benchStatus(box));
  });

export const eventsPart = (): Promise<void> =>
  withBox(async (box) => {
    printTable('events: a change in the cluster -> every open page, embedded world', await benchEvents(box));
  });

export const soakPart = ({ minutes, heapMb }: Wanted): Promise<void> =>
  withBox(
    async (box) => {
      const room = heapMb === undefined ? '' : `, old generation at most ${heapMb} MB`;
      printTable(
        `soak: memory of the control plane under load, embedded world${room}`,
        await benchSoak(box, minutes),
      );
    },
    { heapMb },
  );

/** Hours are simulated: a minute of bench is about two and a half of them. */
export const hourPart = ({ minutes, heapMb }: Wanted): Promise<void> =>
  withBox(
    async (box) => {
      const rows = await benchHour(box, Math.max(1, Math.round(minutes * 2)));
      printTable('hour: memory after simulated hours of work, embedded world', rows);
    },
    { pace: HOUR, heapMb },
  );

export async function pagePart(): Promise<void> {
  await withPrograms(async ({ programs }, folder) => {
    const ui = join(folder, 'page');
    printTable('page: what a browser has to load', weigh(await buildPage(ui, 'production')));
    if (CHROMIUM === undefined) return console.log(`left out: paints; ${NO_CHROMIUM}`);
    const box = await openBenchBox(programs['appliance-control-plane'], { ui });
    try {
      const rows = await benchPage(box);
      printTable('page: paints at 4x slower CPU, 1.6 Mbit/s, 150 ms, nothing cached', rows);
    } finally {
      await box.close();
    }
  });
}
