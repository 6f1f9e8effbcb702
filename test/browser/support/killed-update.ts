import type { OperationDetail, OperationsView } from 'host-service/contract/api/operations.ts';
import { expect } from 'vitest';
import type { Box, Visitor } from './box.ts';
import { eventually } from './eventually.ts';
import { killAtEachEvent } from './killer.ts';
import type { Person } from './person.ts';
import { watchEvents } from './seen-events.ts';

/**
 * Updates a box that runs 1.0.0 to 1.1.0, which is offered, and kills the control plane at every event of it. The page has to come back by
 * itself each time, show each event once and in order, and miss none.
 */
export async function updateUnderKills(
  box: Box,
  visitor: Visitor,
  person: Person,
  limitMs: number,
): Promise<void> {
  const { page, box: own } = visitor;
  // The offer moves what stands below it; who works without a mouse begins when it is there.
  await own.button('overview.ask.approve', { version: '1.1.0' }).waitFor({ timeout: limitMs });
  // What is needed of the page is here before; from now on there may be no server at any moment.
  await own.go(person, 'history');
  const first = own.say('overview.operation.install', { to: '1.0.0' });
  await person.press(page.getByRole('link', { name: first }));
  await page.getByRole('heading', { level: 1, name: first }).waitFor();
  await own.go(person, 'overview');
  const seen = await watchEvents(page);
  const killer = killAtEachEvent(box.stage, '1.1.0');
  try {
    await own.askForUpdate(person, '1.1.0');
    await person.press(own.answer('overview.dialog.approve.confirm', { version: '1.1.0' }));
    await person.press(page.getByRole('link', { name: own.say('overview.now.details') }));
    await own.sees('history.back');
    const update = own.say('overview.operation.update-from', { from: '1.0.0', to: '1.1.0' });
    const head = page.getByRole('heading', { level: 1, name: update }).locator('..');
    await head.getByText(own.say('states.outcome.succeeded')).waitFor({ timeout: limitMs });
  } finally {
    await killer.stop();
  }
  const { killedAt } = killer;
  console.log(`killed at ${killedAt.length} moments:\n  ${killedAt.join('\n  ')}`);
  expect(killedAt.length).toBeGreaterThanOrEqual(3);
  const operation = await newest(visitor);
  expect(operation?.outcome).toBe('succeeded');
  const numbers = operation?.events.map(({ n }) => n) ?? [];
  expect(numbers, 'the journal has no gap').toEqual(numbers.map((_, index) => index + 1));
  const isWhole = (shown: readonly number[]): boolean => shown.length === numbers.length;
  await eventually('all events on the page', async () => (await seen()).inOrder, isWhole, 30_000);
  expect(await seen()).toEqual({ inOrder: numbers, twice: [], gone: [] });
  await own.sees('history.resumed', { n: operation?.resumes ?? 0 });
  const texts = await page.locator('[data-event] [lang=en]').allInnerTexts();
  expect(texts).toEqual(operation?.events.map(({ text }) => text));
}

/** The newest operation, straight from the server that runs now; undefined while there is none. */
async function newest(visitor: Visitor): Promise<OperationDetail | undefined> {
  try {
    const { operations } = await visitor.box.api<OperationsView>('/api/operations');
    return await visitor.box.api<OperationDetail>(`/api/operations/${operations[0]?.name ?? ''}`);
  } catch {
    return undefined;
  }
}
