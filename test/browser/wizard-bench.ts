/* eslint no-console: off -- this is a command line program */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { buildPage } from '../../scripts/build/page.ts';
import { CHROMIUM, NO_CHROMIUM, openBrowser, openContext } from './support/chromium.ts';
import { openGallery, servePage, showState } from './support/gallery.ts';
import { median, printTable, type Row } from '../bench/measure.ts';

/** How much slower than this machine the processor of the person's device is. */
const SLOW_DOWN = 4;
const ROUNDS = 7;
/** Milliseconds after which what was touched has been drawn. */
const SETTLED_MS = 500;
/** Runs in the page. As text, because Node knows no such entries. */
const WATCH = `
  globalThis.benchSeen = [];
  const note = (list) => list.getEntries().forEach(({ duration }) => globalThis.benchSeen.push(duration));
  new PerformanceObserver(note).observe({ type: 'event', durationThreshold: 16 });
`;
const Durations = z.array(z.number());

/** Something that a person does in the wizard, in a state of the gallery: what is touched, and how often it is done in one round. */
interface Deed {
  readonly what: string;
  readonly state: string;
  act(page: Page): Promise<void>;
}

const DEEDS: readonly Deed[] = [
  {
    what: 'type a letter into an answer',
    state: 'setup-new',
    act: (page) => page.locator('[data-question=tenantName] input').press('a'),
  },
  {
    what: 'type a letter of the password',
    state: 'setup-new',
    act: (page) => page.locator('[data-question=adminPassword] input').press('a'),
  },
  {
    what: 'choose a channel',
    state: 'setup-release',
    act: (page) => page.locator('input[type=radio]:not(:checked)').first().click(),
  },
  {
    what: 'open what has passed',
    state: 'setup-checks',
    act: (page) => page.locator('main details > summary, main button[aria-expanded]').first().click(),
  },
  {
    what: 'go to the next step',
    state: 'setup-answered',
    act: (page) => page.locator('main a[href*="/setup/"], main button').last().click(),
  },
];

/** From the touch to the next picture, in the page's own clock: the longest of the event's parts (Event Timing). */
async function durationOf(page: Page, deed: Deed): Promise<number> {
  await page.evaluate(WATCH);
  await deed.act(page);
  await page.waitForTimeout(SETTLED_MS);
  // Nothing reported: faster than the smallest that the browser tells.
  return Math.max(16, ...Durations.parse(await page.evaluate('globalThis.benchSeen')));
}

/** What a person waits for in the wizard on a slow device: 100 ms for an interaction, 300 ms for a click that leads on. */
async function measure(): Promise<void> {
  if (CHROMIUM === undefined) return console.log(`left out: wizard; ${NO_CHROMIUM}`);
  const folder = await mkdtemp(join(tmpdir(), 'appliance-bench-wizard-'));
  try {
    await buildPage(folder, 'demo');
    const [browser, site] = await Promise.all([openBrowser(), servePage(folder)]);
    try {
      const { context } = await openContext(browser, { baseURL: site.url });
      const page = await context.newPage();
      const states = await openGallery(page, 'en');
      const session = await context.newCDPSession(page);
      await session.send('Emulation.setCPUThrottlingRate', { rate: SLOW_DOWN });
      const rows: Row[] = [];
      for (const deed of DEEDS) {
        const state = states.find(({ name }) => name === deed.state);
        if (state === undefined) throw new Error(`the gallery has no ${deed.state}`);
        const times: number[] = [];
        for (let round = 0; round < ROUNDS; round += 1) {
          await page.evaluate(`history.pushState(null, '', '/states')`);
          await showState(page, state);
          times.push(await durationOf(page, deed));
        }
        rows.push({ deed: deed.what, 'median, ms': median(times), 'worst, ms': Math.max(...times) });
      }
      printTable(`wizard: from a touch to the next picture, processor ${SLOW_DOWN} times slower`, rows);
    } finally {
      await browser.close();
      await site.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await measure();
