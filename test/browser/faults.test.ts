import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RELEASES } from '../fixtures/releases/releases.ts';
import { FAULTS, type FaultName } from '../demo/faults.ts';
import { CHROMIUM, NO_CHROMIUM, openBrowser } from './support/chromium.ts';
import { FaultyBox, type FaultyBoxOptions } from './support/faulty-box.ts';
import { withMouse } from './support/person.ts';
import { failAndRetry, meetFaultsBeforeApproval, meetWrongBytes, wizardOf } from './support/setup-faults.ts';
import { ANSWERS, type Question } from './support/wizard.ts';

const about = CHROMIUM === undefined ? ` (${NO_CHROMIUM})` : '';
const ALL = Object.keys(FAULTS) as FaultName[];
/** Seen only where something new is fetched: a box that has everything asks whether anything changed, and no byte can be wrong. */
const WHILE_FETCHING: readonly FaultName[] = ['registry-lies', 'registry-truncates'];
/** In an order in which no two that follow each other have the same name on the page. */
const REGISTRY = ALL.filter((name) => name.startsWith('registry-')).sort(
  (a, b) => Number(a === WHILE_FETCHING[1]) - Number(b === WHILE_FETCHING[1]),
);
/** Five boxes at once on a machine that may be busy. */
const LONG = { timeout: 240_000 };
const QUESTIONS = Object.keys(ANSWERS) as Question[];
const APP = ALL.filter((name) => name.startsWith('app-'));

const print = (when: string, name: string, ms: number, then: string): void =>
  console.log(`${when.padEnd(8)} ${name.padEnd(22)} named after ${(ms / 1000).toFixed(1)} s; ${then}`);

/** Breaks, reads, heals, uses what is offered, and sees the box well again. */
async function goThrough(there: FaultyBox, name: FaultName, ask: string | undefined): Promise<void> {
  await there.break(name);
  const named = await there.named(name);
  const isOffered = (await there.page.locator(`[data-problem] [data-ask="${ask}"]`).count()) > 0;
  expect(isOffered, `${name}: ${ask} is offered`).toBe(ask !== undefined);
  await there.heal();
  const isPressed = ask !== undefined && (await there.act(ask));
  const wellMs = await there.well('1.0.0');
  print(
    'running',
    name,
    named,
    `${isPressed ? ask : 'by itself'}, well after ${(wellMs / 1000).toFixed(1)} s`,
  );
}

/** A box that runs asks for something new and gets other bytes; what runs keeps running. */
async function refuseBytes(there: FaultyBox, name: FaultName, offered: string): Promise<void> {
  await there.stage.vendor.promote('stable', offered);
  await there.break(name);
  await withMouse.press(there.box.button('overview.ask.check-now'));
  const named = await there.named(name);
  await there.box.sees('overview.hero.running', { product: 'AlgaPSA', version: '1.0.0' });
  await there.heal();
  expect(await there.act('check-now'), `${name}: “Check now” is offered`).toBe(true);
  await there.well('1.0.0');
  print('running', name, named, '“Check now” fetched it');
}

/** An update meets the fault, goes back by itself and says why; when the cause is gone, trying again brings it. */
async function failUpdate(there: FaultyBox, name: FaultName, from: string, to: string): Promise<void> {
  const { box, stage } = there;
  await stage.vendor.promote('stable', to);
  await box.sees('overview.hero.offered', { version: to });
  await box.askForUpdate(withMouse, to);
  await withMouse.press(box.answer('overview.dialog.approve.confirm', { version: to }));
  // At once, not with the panel: a good update takes a second here.
  await stage.setFault(name);
  const named = await there.named(name);
  await box.sees('overview.hero.reverting', { product: 'AlgaPSA', to: from }, 60_000);
  await there.heal();
  await box.sees('overview.hero.running', { product: 'AlgaPSA', version: from }, 40_000);
  await box.sees('overview.note.failed', { version: to });
  await withMouse.press(box.button('overview.ask.retry', { version: to }));
  await withMouse.press(box.answer('overview.dialog.retry.confirm', { version: to }));
  await there.well(to);
  print('update', name, named, `went back to ${from}; “Try again” brought ${to}`);
}

// All mostly wait for the box: side by side they take as long as one.
describe.skipIf(CHROMIUM === undefined).concurrent(`what the page says about faults${about}`, LONG, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  async function withBox(
    options: FaultyBoxOptions,
    tell: (there: FaultyBox) => Promise<void>,
  ): Promise<void> {
    const there = await FaultyBox.open(browser, options);
    try {
      await tell(there);
    } finally {
      await there.close();
    }
  }

  it('names what the registry does wrong before anything is installed, and “Check now” goes on when it is healed (R-01)', async () => {
    const [first, ...more] = REGISTRY as [FaultName, ...FaultName[]];
    // So long between two looks that only the button leads on.
    await withBox({ pollMs: 600_000, fault: first }, async (there) => {
      await there.claim();
      print('install', first, await there.named(first), 'before the first look');
      for (const name of more) {
        const since = performance.now();
        await there.break(name);
        expect(await there.act('check-now'), `${name}: “Check now” is offered`).toBe(true);
        await there.named(name);
        print('install', name, performance.now() - since, 'after “Check now”');
      }
      await there.heal();
      expect(await there.act('check-now')).toBe(true);
      await there.box.sees('overview.hero.needs-answers', { product: 'AlgaPSA' });
      await there.stage.answer();
      await there.well('1.0.0');
      await there.stage.vendor.release('1.1.0');
      await refuseBytes(there, 'registry-lies', '1.1.0');
      await there.box.sees('overview.hero.offered', { version: '1.1.0' });
      await refuseBytes(there, 'registry-truncates', '1.0.0');
      await there.box.sees('overview.hero.newest', { channel: 'Stable' });
    });
  });

  it('names every fault in the step of the setup where somebody meets it, and loses nothing that is typed meanwhile (R-01, R-08, E-09)', async () => {
    await withBox({ pollMs: 1_000, killedMs: 12_000 }, async (there) => {
      await there.claim('setup');
      const faults = ALL.filter((name) => !WHILE_FETCHING.includes(name) && !APP.includes(name));
      await meetFaultsBeforeApproval(there, faults);
    });
  });

  it('names every fault of the application while it is installed, keeps the answers, and “Try again” brings it once the cause is gone (R-01, R-04, R-08)', async () => {
    await withBox({ pollMs: 600_000 }, async (there) => {
      await there.claim('setup');
      const wizard = wizardOf(there);
      for (const name of QUESTIONS) await wizard.write(name);
      await wizard.goOn('release');
      await there.stage.vendor.release('1.1.0');
      await meetWrongBytes(there, 'registry-lies', '1.1.0');
      await meetWrongBytes(there, 'registry-truncates', '1.0.0');
      await wizard.goOn('checks');
      await wizard.goOn('plan');
      await failAndRetry(there, ['app-crash', 'app-image'], 'app-silent');
    });
  });

  it('names every fault of a running box within seconds, and is well without a reload when it is healed (R-01, E-09)', async () => {
    await withBox({ pollMs: 1_000, killedMs: 12_000 }, async (there) => {
      await there.claim();
      await there.stage.answer();
      await there.well('1.0.0');
      for (const name of ALL.filter((one) => !WHILE_FETCHING.includes(one)))
        await goThrough(there, name, name.startsWith('registry-') ? 'check-now' : undefined);
    });
  });

  it('goes back by itself from an update that meets a fault, says why, and “Try again” brings it once the cause is gone (R-09, R-04)', async () => {
    const sample = RELEASES.find(({ version }) => version === '1.1.0');
    await withBox({ pollMs: 1_000 }, async (there) => {
      await there.claim();
      await there.stage.answer();
      await there.well('1.0.0');
      let from = '1.0.0';
      for (const [index, name] of APP.entries()) {
        const to = `1.${index + 3}.0`;
        await there.stage.vendor.release(to, { overlay: sample?.overlay ?? '', reversible: ['>=1.0.0'] });
        await failUpdate(there, name, from, to);
        from = to;
      }
    });
  });
});
