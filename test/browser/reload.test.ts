import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBox, PASSWORD, type Box } from './support/box.ts';
import { CHROMIUM, NO_CHROMIUM } from './support/chromium.ts';
import { eventually } from './support/eventually.ts';
import { installBox } from './support/install.ts';
import { startNextBuild, type NextBuild } from './support/next-build.ts';
import { withMouse } from './support/person.ts';

const about = CHROMIUM === undefined ? ` (${NO_CHROMIUM})` : '';
/** Milliseconds after which a page that wanted to load itself again would have done so, twice over. */
const LONG_ENOUGH_MS = 4_000;

describe.skipIf(CHROMIUM === undefined)(`the page and the server under it${about}`, () => {
  let box: Box;
  let next: NextBuild;

  beforeAll(async () => {
    box = await openBox();
    await installBox(box);
    next = await startNextBuild(box.stage);
  });
  afterAll(async () => {
    await next?.stop();
    await box?.close();
  });

  it('R-15 loads itself again once when another build answers, but not while a dialog is open, and goes on with it (E-24, B-56)', async () => {
    const { box: own, page } = await box.visit();
    await own.signIn(withMouse, 'admin', PASSWORD);
    await withMouse.press(own.button('overview.ask.hold'));
    await own.answer('common.cancel').waitFor();
    let loads = 0;
    page.on('load', () => {
      loads += 1;
    });
    const heard = page.waitForResponse((answer) => answer.headers()['x-appliance-build'] === next.build);
    box.route(next.url);
    await box.stage.controlPlane.kill();
    await heard;
    await sleep(LONG_ENOUGH_MS);
    expect(loads, 'loads while the dialog was open').toBe(0);
    expect(await own.dialog.isVisible()).toBe(true);

    await page.keyboard.press('Escape');
    await eventually(
      'the page of the next build',
      () => Promise.resolve(loads),
      (count) => count === 1,
      30_000,
    );
    await own.sees('shell.footer.page', { build: next.pageBuild });
    await own.sees('overview.hero.running', { product: 'AlgaPSA', version: '1.0.0' });
    await own.button('shell.account', { user: 'admin' }).waitFor();
    await sleep(LONG_ENOUGH_MS);
    expect(loads, 'loads for one new build').toBe(1);

    // The stream goes on with the next one: what happens there is seen without being asked for.
    await withMouse.press(own.button('overview.ask.hold'));
    await withMouse.press(own.answer('overview.dialog.hold.confirm'));
    await own.sees('overview.control.hold-now');
    await withMouse.press(own.button('overview.ask.unhold'));
    await withMouse.press(own.answer('overview.dialog.unhold.confirm'));
    await own.sees('overview.control.unhold-now');
    expect(loads, 'loads while it was used').toBe(1);
  });

  it('does not load itself again and again when two builds answer in turn', async () => {
    box.route(undefined);
    const { box: own, page } = await box.visit();
    await own.signIn(withMouse, 'admin', PASSWORD);
    let loads = 0;
    page.on('load', () => {
      loads += 1;
    });
    // The live stream stays with the old one while questions go to the other.
    for (const screen of ['history', 'releases', 'history'] as const) {
      box.route(screen === 'history' ? next.url : undefined);
      await own.go(withMouse, screen);
      await own.sees(`${screen}.intro`);
    }
    box.route(next.url);
    await box.stage.controlPlane.kill();
    await own.sees('shell.footer.page', { build: next.pageBuild });
    await sleep(LONG_ENOUGH_MS);
    expect(loads, 'one for each build at most').toBeLessThanOrEqual(2);
    await own.go(withMouse, 'overview');
    await own.sees('overview.hero.running', { product: 'AlgaPSA', version: '1.0.0' });
  });
});
