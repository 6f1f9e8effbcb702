import { join } from 'node:path';
import { buildPage } from '../../../scripts/build/page.ts';
import { CHROMIUM, NO_CHROMIUM } from '../../browser/support/chromium.ts';
import { printTable } from '../measure.ts';
import { withPrograms } from '../parts.ts';
import { openBenchBox, type BenchBox } from './box.ts';
import { benchEvents } from './events.ts';
import { benchPage, weigh } from './page.ts';
import { benchSoak } from './soak.ts';
import { benchStatus } from './status.ts';

/** A box whose control plane is the program as it ships, for the time of `use`. */
async function withBox(use: (box: BenchBox) => Promise<void>, ui?: string): Promise<void> {
  await withPrograms(async ({ programs }) => {
    const box = await openBenchBox(programs['appliance-control-plane'], ui);
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

export const soakPart = ({ minutes }: { readonly minutes: number }): Promise<void> =>
  withBox(async (box) => {
    printTable('soak: memory of the control plane under load, embedded world', await benchSoak(box, minutes));
  });

export async function pagePart(): Promise<void> {
  await withPrograms(async ({ programs }, folder) => {
    const ui = join(folder, 'page');
    printTable('page: what a browser has to load', weigh(await buildPage(ui, 'production')));
    if (CHROMIUM === undefined) return console.log(`left out: paints; ${NO_CHROMIUM}`);
    const box = await openBenchBox(programs['appliance-control-plane'], ui);
    try {
      const rows = await benchPage(box);
      printTable('page: paints at 4x slower CPU, 1.6 Mbit/s, 150 ms, nothing cached', rows);
    } finally {
      await box.close();
    }
  });
}
