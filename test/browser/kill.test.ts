import type { OperationDetail, OperationsView } from 'host-service/contract/api/operations.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBox, PASSWORD, type Box, type Visitor } from './support/box.ts';
import { CHROMIUM, NO_CHROMIUM } from './support/chromium.ts';
import { eventually } from './support/eventually.ts';
import { installBox } from './support/install.ts';
import { killAtEachEvent } from './support/killer.ts';
import { withMouse } from './support/person.ts';
import { watchEvents } from './support/seen-events.ts';

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

  /** The newest operation, straight from the server that runs now; undefined while there is none. */
  const newest = async (): Promise<OperationDetail | undefined> => {
    try {
      const { operations } = await visitor.box.api<OperationsView>('/api/operations');
      return await visitor.box.api<OperationDetail>(`/api/operations/${operations[0]?.name ?? ''}`);
    } catch {
      return undefined;
    }
  };

  it('at every event of an update: the page comes back by itself, no event is lost and none is shown twice (R-05, B-56)', async () => {
    const { page, box: own } = visitor;
    // What is needed of the page is here before; from now on there may be no server at any moment.
    await own.go(withMouse, 'history');
    const first = own.say('overview.operation.install', { to: '1.0.0' });
    await withMouse.press(page.getByRole('link', { name: first }));
    await page.getByRole('heading', { level: 1, name: first }).waitFor();
    await own.go(withMouse, 'overview');
    const seen = await watchEvents(page);
    const killer = killAtEachEvent(box.stage, '1.1.0');
    await own.askForUpdate(withMouse, '1.1.0');
    await withMouse.press(own.answer('overview.dialog.approve.confirm', { version: '1.1.0' }));
    await withMouse.press(page.getByRole('link', { name: own.say('overview.now.details') }));
    await own.sees('history.back');
    const update = own.say('overview.operation.update-from', { from: '1.0.0', to: '1.1.0' });
    const head = page.getByRole('heading', { level: 1, name: update }).locator('..');
    try {
      await head.getByText(own.say('states.outcome.succeeded')).waitFor({ timeout: 70_000 });
    } finally {
      await killer.stop();
    }
    const { killedAt } = killer;
    console.log(`killed at ${killedAt.length} moments:\n  ${killedAt.join('\n  ')}`);
    expect(killedAt.length).toBeGreaterThanOrEqual(3);
    const operation = await newest();
    expect(operation?.outcome).toBe('succeeded');
    const numbers = operation?.events.map(({ n }) => n) ?? [];
    expect(numbers, 'the journal has no gap').toEqual(numbers.map((_, index) => index + 1));
    const isWhole = (shown: readonly number[]): boolean => shown.length === numbers.length;
    await eventually('all events on the page', async () => (await seen()).inOrder, isWhole, 30_000);
    expect(await seen()).toEqual({ inOrder: numbers, twice: [], gone: [] });
    await own.sees('history.resumed', { n: operation?.resumes ?? 0 });
    const texts = await page.locator('[data-event] [lang=en]').allInnerTexts();
    expect(texts).toEqual(operation?.events.map(({ text }) => text));
  });
});
