import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, type Box, type Visitor } from './support/box.ts';
import { CHROMIUM, NO_CHROMIUM, openBrowser, PHONE } from './support/chromium.ts';
import { focusOf, withKeyboard, withMouse, withTouch, type Person } from './support/person.ts';
import { withBox } from './support/with-box.ts';
import { readHistory, squeeze, takeBadUpdate, takeGoodUpdate, takeTheBox } from './support/story.ts';

async function tellAll(box: Box, visitor: Visitor, person: Person): Promise<void> {
  await takeTheBox(box, visitor, person);
  await box.stage.vendor.release('1.1.0');
  await takeGoodUpdate(box, visitor, person);
  await box.stage.vendor.release('1.2.0');
  await takeBadUpdate(box, visitor, person);
  await readHistory(visitor, person);
}

const about = CHROMIUM === undefined ? ` (${NO_CHROMIUM})` : '';

// Both mostly wait for the box: side by side they take as long as one.
describe.skipIf(CHROMIUM === undefined).concurrent(`the whole story${about}`, { timeout: 240_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  it('is told with a mouse: claim, install, update, a bad release that goes back by itself (R-01, R-04, R-09, B-49)', async () => {
    await withBox(browser, async (box) => {
      const visitor = await box.visit();
      await tellAll(box, visitor, withMouse);
      expect(await visitor.box.overflow()).toBeLessThanOrEqual(0);
    });
  });

  it('is told with a keyboard alone, and the focus is always somewhere and visible (E-13)', async () => {
    await withBox(browser, async (box) => {
      const visitor = await box.visit();
      await tellAll(box, visitor, withKeyboard(visitor.page));
      expect((await focusOf(visitor.page)).isNowhere, 'the focus is lost').toBe(false);
    });
  });

  it('is told on a phone by touch as far as the update, and in German beside it, where one goes back (E-23, E-25, R-02)', async () => {
    await withBox(browser, async (box) => {
      const [phone, desk] = await Promise.all([box.visit(PHONE), box.visit({ language: 'de' })]);
      await takeTheBox(box, phone, withTouch);
      await desk.box.signIn(withMouse, 'admin', PASSWORD);
      await box.stage.vendor.release('1.1.0');
      await takeGoodUpdate(box, phone, withTouch);
      await desk.box.sees('overview.hero.running', { product: 'AlgaPSA', version: '1.1.0' });
      expect(await phone.box.overflow(), 'wider than the phone').toBeLessThanOrEqual(0);
      await Promise.all([squeeze(phone, withTouch), squeeze(desk, withMouse)]);
      await desk.box.goBack(withMouse, '1.0.0');
      await phone.box.sees('overview.hero.running', { product: 'AlgaPSA', version: '1.0.0' });
      await desk.box.sees('overview.hero.running', { product: 'AlgaPSA', version: '1.0.0' });
    });
  });
});
