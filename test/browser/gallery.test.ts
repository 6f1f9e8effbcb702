import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CHROMIUM,
  DESKTOP,
  NARROW,
  NO_CHROMIUM,
  openBrowser,
  openContext,
  PHONE,
} from './support/chromium.ts';
import {
  axeFindings,
  forbiddenWords,
  layoutFaults,
  openGallery,
  servePage,
  showState,
  structureFaults,
  type ShownState,
  type StaticPage,
} from './support/gallery.ts';
import { pageFolder } from './support/page-folder.ts';

const about = CHROMIUM === undefined ? ` (${NO_CHROMIUM})` : '';
const AA = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] };
const COLOURS = { runOnly: { type: 'rule' as const, values: ['color-contrast'] } };
const TARGETS = {
  runOnly: {
    type: 'rule' as const,
    values: ['target-size', 'scrollable-region-focusable', 'meta-viewport'],
  },
};

type Look = (page: Page, state: ShownState) => Promise<readonly string[]>;

/** About 200 pictures of the page for each, on a machine that may be busy. */
const LONG = { timeout: 240_000 };

describe.skipIf(CHROMIUM === undefined)(`every state of the page (E-28)${about}`, LONG, () => {
  let browser: Browser;
  let site: StaticPage;
  beforeAll(async () => {
    [browser, site] = await Promise.all([openBrowser(), servePage(pageFolder())]);
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  /** Goes through all states in one page and gathers what is wrong with each. */
  async function walk(locale: 'en' | 'de' | 'qps', options: object, look: Look): Promise<void> {
    const { context, complaints } = await openContext(browser, {
      baseURL: site.url,
      reducedMotion: 'reduce',
      ...options,
    });
    try {
      const page = await context.newPage();
      const states = await openGallery(page, locale);
      expect(states.length).toBeGreaterThan(40);
      const faults: Record<string, readonly string[]> = {};
      for (const state of states) {
        const heard = complaints.length;
        await showState(page, state);
        const found = [...(await look(page, state))];
        found.push(...complaints.slice(heard).map((text) => `console: ${text}`));
        if (found.length > 0) faults[state.name] = found;
      }
      expect(faults).toEqual({});
    } finally {
      await context.close();
    }
  }

  it('can be used by everybody, in light and dark, and speaks no words of the platform (B-83, E-13, E-20, R-47, R-48)', async () => {
    await walk('en', DESKTOP, async (page) => {
      await page.emulateMedia({ colorScheme: 'light' });
      const found = [
        ...(await structureFaults(page)),
        ...(await forbiddenWords(page)),
        ...(await layoutFaults(page)),
        ...(await axeFindings(page, AA)),
      ];
      await page.emulateMedia({ colorScheme: 'dark' });
      const dark = await axeFindings(page, COLOURS);
      return [...found, ...dark.map((text) => `dark: ${text}`)];
    });
  });

  it('is looked at by a program that sees faults', async () => {
    const { context } = await openContext(browser, { baseURL: site.url });
    const page = await context.newPage();
    await openGallery(page, 'en');
    await page.evaluate(() => {
      document.body.innerHTML +=
        '<p class="bad">grey: pods and a kustomization</p><button class="bad tiny"></button><h4>deep</h4><p role="alert">!</p><p class="bad wide">wide</p>';
      const style = new CSSStyleSheet();
      style.replaceSync(
        '.bad{color:#aaa;background:#fff}.tiny{width:9px;height:9px}.wide{width:3000px;overflow:hidden}',
      );
      document.adoptedStyleSheets = [style];
    });
    expect((await axeFindings(page, AA)).join()).toMatch(
      /button-name.*color-contrast|color-contrast.*button-name/s,
    );
    expect((await layoutFaults(page)).join()).toMatch(/too wide.*leaves the window.*a target of 9x9 px/s);
    expect((await forbiddenWords(page)).join()).toMatch(/pods.*kustomization/s);
    expect((await structureFaults(page)).join()).toMatch(/interrupts.*heading 4 after/s);
    await context.close();
  });

  it('fits a phone and can be hit with a thumb (E-23)', async () => {
    await walk('en', PHONE, async (page) => [
      ...(await layoutFaults(page)),
      ...(await axeFindings(page, TARGETS)),
    ]);
  });

  it('fits 320 px in words a third longer than English (E-16, E-23)', async () => {
    await walk('qps', NARROW, layoutFaults);
  });

  it('speaks German without words of the platform, and has room for it (R-47, E-16)', async () => {
    await walk('de', { ...PHONE, locale: 'de-DE' }, async (page) => [
      ...(await layoutFaults(page)),
      ...(await forbiddenWords(page)),
    ]);
  });
});
