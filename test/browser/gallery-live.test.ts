import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { GALLERY_NOW, session, view } from '../../setup-ui/src/gallery/states/base.ts';
import { CHROMIUM, NO_CHROMIUM, openBrowser, openContext } from './support/chromium.ts';
import { servePage } from './support/gallery.ts';
import { pageFolder } from './support/page-folder.ts';

const about = CHROMIUM === undefined ? ` (${NO_CHROMIUM})` : '';
/** Milliseconds between two announcements of one region. */
const EVERY_MS = 15_000;
/** A box without a stream that says something else at each question. */
async function serveRestlessBox(page: Page): Promise<() => number> {
  let asked = 0;
  const headers = { 'x-appliance-build': 'b1' };
  await page.route('**/api/**', (route) => route.fulfill({ status: 503, headers, body: '' }));
  await page.route('**/api/session', (route) => route.fulfill({ headers, json: session() }));
  await page.route('**/api/status', (route) => {
    asked += 1;
    const phase = asked % 2 === 0 ? 'running' : 'degraded';
    const shown = view();
    return route.fulfill({ headers, json: { ...shown, status: { ...shown.status, phase } } });
  });
  return () => asked;
}

interface Heard {
  readonly region: number;
  readonly atMs: number;
}

/** Writes down what each polite region says, and when by the page's clock. */
const listen = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const heard: Heard[] = [];
    Reflect.set(window, 'heard', heard);
    [...document.querySelectorAll('[role=status]')].forEach((region, index) => {
      new MutationObserver(() => {
        heard.push({ region: index, atMs: Date.now() });
      }).observe(region, { childList: true, characterData: true, subtree: true });
    });
  });

describe.skipIf(CHROMIUM === undefined)(`what is read out${about}`, () => {
  it('comes at most every 15 s from each region, however often it changes (R-48)', async () => {
    const [browser, site] = await Promise.all([openBrowser(), servePage(pageFolder())]);
    try {
      const { context } = await openContext(browser, { baseURL: site.url });
      const page = await context.newPage();
      await page.clock.install({ time: GALLERY_NOW });
      const asked = await serveRestlessBox(page);
      await page.goto('/');
      await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' });
      await page.locator('main h2').first().waitFor();
      await listen(page);
      const before = asked();
      for (let second = 0; second < 60; second += 1) await page.clock.runFor(1_000);
      expect(asked() - before, 'the state has changed many times').toBeGreaterThan(10);
      const heard = await page.evaluate(() => Reflect.get(window, 'heard') as readonly Heard[]);
      expect(heard.length, 'something was read out').toBeGreaterThan(0);
      for (const { region } of heard) {
        const times = heard.filter((each) => each.region === region).map(({ atMs }) => atMs);
        const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
        expect(gaps.filter((gap) => gap < EVERY_MS - 100)).toEqual([]);
      }
      await context.close();
    } finally {
      await Promise.all([browser.close(), site.close()]);
    }
  });
});
