import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openReal } from '../../demo/real-parts.ts';
import { openBox, PASSWORD, type Box, type Visitor } from '../support/box.ts';
import { CHROMIUM, NO_CHROMIUM, PHONE } from '../support/chromium.ts';
import { updateUnderKills } from '../support/killed-update.ts';
import { withKeyboard, withMouse, withTouch } from '../support/person.ts';
import { readHistory, takeBadUpdate } from '../support/story.ts';
import { ANSWERS, Wizard } from '../support/wizard.ts';

const about = CHROMIUM === undefined ? ` (${NO_CHROMIUM})` : '';
const LIMIT_MS = 300_000;

/** The story of the demo on a real Kubernetes API, real Flux and a real registry; each test goes on where the one before ended. */
describe.skipIf(CHROMIUM === undefined)(`the page of a box on real parts${about}`, () => {
  let box: Box;
  let desk: Visitor;
  let german: Visitor;

  beforeAll(async () => {
    box = await openBox(undefined, openReal);
    desk = await box.visit();
  }, LIMIT_MS);

  afterAll(async () => {
    await box?.close();
  }, LIMIT_MS);

  it(
    'R-01 R-02 R-08 is claimed, asked and installed with a mouse, and a phone in German goes on with the answers half way',
    async () => {
      await desk.box.claim(withMouse, await box.stage.claimCode(), PASSWORD);
      const wizard = new Wizard(desk, withMouse);
      await wizard.isAt('answers');
      for (const name of ['tenantName', 'adminPassword', 'adminEmail'] as const) await wizard.write(name);
      await wizard.field('adminFirstName').focus();
      await wizard.saved();

      german = await box.visit({ ...PHONE, language: 'de' });
      await german.box.signIn(withTouch, 'admin', PASSWORD);
      const second = new Wizard(german, withTouch);
      await second.isAt('answers');
      await second.shows('tenantName', ANSWERS.tenantName);
      for (const name of ['adminFirstName', 'adminLastName', 'appUrl'] as const) await second.write(name);
      await second.goOn('release');
      await second.goOn('checks');
      await second.install();
      expect(await german.box.overflow(), 'wider than the phone').toBeLessThanOrEqual(0);
      await desk.page.goto('/');
      await desk.box.sees('overview.hero.running', { product: 'AlgaPSA', version: '1.0.0' });
      await german.page.goto('/');
      await german.box.sees('overview.hero.running', { product: 'AlgaPSA', version: '1.0.0' });
    },
    LIMIT_MS,
  );

  it(
    'R-05 B-56 is updated by keyboard alone while the server is killed at every event: nothing is lost, nothing is shown twice',
    async () => {
      await box.stage.vendor.release('1.1.0');
      await box.stage.vendor.promote('stable', '1.1.0');
      await updateUnderKills(box, desk, withKeyboard(desk.page), LIMIT_MS);
      await german.box.sees('overview.hero.running', { product: 'AlgaPSA', version: '1.1.0' });
    },
    LIMIT_MS,
  );

  it(
    'R-04 R-09 comes back by itself from a bad release that was approved on a phone, and the history tells all of it',
    async () => {
      await box.stage.vendor.release('1.2.0');
      const phone = await box.visit(PHONE);
      await phone.box.signIn(withTouch, 'admin', PASSWORD);
      await takeBadUpdate(box, phone, withTouch);
      expect(await phone.box.overflow(), 'wider than the phone').toBeLessThanOrEqual(0);
      await readHistory(phone, withTouch);
    },
    LIMIT_MS,
  );
});
