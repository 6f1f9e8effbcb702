import { describe, expect, it } from 'vitest';
import { openBox, type Box } from './support/box.ts';
import { CHROMIUM, NO_CHROMIUM } from './support/chromium.ts';
import { withKeyboard, withMouse, type Person } from './support/person.ts';
import { readHistory, takeBadUpdate, takeGoodUpdate, takeTheBox } from './support/story.ts';
import type { Visitor } from './support/box.ts';

/** Opens a box for one test and ends it, whatever happens. */
async function withBox(tell: (box: Box) => Promise<void>): Promise<void> {
  const box = await openBox();
  try {
    await tell(box);
  } finally {
    await box.close();
  }
}

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
describe.skipIf(CHROMIUM === undefined).concurrent(`the whole story${about}`, () => {
  it('is told with a mouse: claim, install, update, a bad release that goes back by itself (R-01, R-04, R-09, B-49)', async () => {
    await withBox(async (box) => {
      const visitor = await box.visit();
      await tellAll(box, visitor, withMouse);
      expect(await visitor.box.overflow()).toBeLessThanOrEqual(0);
    });
  });

  it('is told with a keyboard alone, and the focus is always somewhere and visible (E-13)', async () => {
    await withBox(async (box) => {
      const visitor = await box.visit();
      await tellAll(box, visitor, withKeyboard(visitor.page));
    });
  });
});
