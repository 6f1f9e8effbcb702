import { afterAll, beforeAll, describe, it } from 'vitest';
import { openBox, PASSWORD, type Box, type Visitor } from './support/box.ts';
import { CHROMIUM, NO_CHROMIUM } from './support/chromium.ts';
import { installBox } from './support/install.ts';
import { updateUnderKills } from './support/killed-update.ts';
import { withMouse } from './support/person.ts';

const about = CHROMIUM === undefined ? ` (${NO_CHROMIUM})` : '';

describe.skipIf(CHROMIUM === undefined)(`the control plane killed under the page${about}`, () => {
  let box: Box;
  let visitor: Visitor;

  beforeAll(async () => {
    box = await openBox();
    await installBox(box);
    visitor = await box.visit();
    await visitor.box.signIn(withMouse, 'admin', PASSWORD);
    await box.stage.vendor.release('1.1.0');
    await box.stage.vendor.promote('stable', '1.1.0');
  });
  afterAll(() => box?.close());

  it('at every event of an update: the page comes back by itself, no event is lost and none is shown twice (R-05, B-56)', async () => {
    await updateUnderKills(box, visitor, withMouse, 70_000);
  });
});
