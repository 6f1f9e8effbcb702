import { expect } from 'vitest';
import { eventually } from './eventually.ts';
import { PASSWORD, type Box, type Visitor } from './box.ts';
import { focusOf, type Person } from './person.ts';

/** Milliseconds for what the box does by itself, on real parts too; a bad release is judged for 20 s first. */
const LONG_MS = 150_000;

/** Sentences that the page has shown while something was under way. */
export interface Waits {
  readonly sentences: ReadonlySet<string>;
  /** Moments at which something was under way and no sentence stood there. */
  readonly mute: number;
}

/** Looks ten times a second at what the page says while something is under way. */
export async function watchWaits({ page, box }: Visitor): Promise<() => Promise<Waits>> {
  const title = box.say('overview.now.title');
  const watch = await page.evaluateHandle((name) => {
    const seen = { sentences: [] as string[], mute: 0 };
    const timer = setInterval(() => {
      const heading = [...document.querySelectorAll('h2')].find((each) => each.textContent === name);
      const card = heading?.closest('section');
      if (card === null || card === undefined) return;
      const sentence = card.querySelector('p')?.textContent ?? '';
      if (sentence.length < 10) seen.mute += 1;
      else if (!seen.sentences.includes(sentence)) seen.sentences.push(sentence);
    }, 100);
    return { stop: () => (clearInterval(timer), seen) };
  }, title);
  return async () => {
    const { sentences, mute } = await watch.evaluate((each) => each.stop());
    return { sentences: new Set(sentences), mute };
  };
}

/** From the link on the console to 1.0.0. */
export async function takeTheBox(there: Box, visitor: Visitor, person: Person): Promise<void> {
  const { box, page } = visitor;
  await box.claim(person, await there.stage.claimCode(), PASSWORD);
  expect(page.url(), 'the code does not stay in the address bar').not.toContain('code');
  // The wizard is the first page of a new box and has a story of its own; this one is told by the overview.
  await box.sees('setup.answers.title');
  await box.go(person, 'overview');
  const waits = await watchWaits(visitor);
  await there.stage.answer();
  await box.sees('overview.hero.running', { product: 'AlgaPSA', version: '1.0.0' }, LONG_MS);
  const { sentences, mute } = await waits();
  expect(mute, 'waits without a sentence').toBe(0);
  expect(sentences.size).toBeGreaterThan(0);
}

/** The vendor offers a release; the page shows what it would do. */
export async function seeOffer(there: Box, { box }: Visitor, version: string): Promise<void> {
  await there.stage.vendor.promote('stable', version);
  await box.sees('overview.hero.offered', { version });
  const offer = box.region('overview.offer.title');
  await offer.getByText(box.say('overview.plan.title'), { exact: true }).waitFor();
  for (const key of ['steps', 'pull', 'hosts'])
    await offer
      .getByText(box.say(`overview.plan.${key}`), { exact: true })
      .first()
      .waitFor();
  await offer.getByText(box.say('overview.plan.back-yes'), { exact: true }).waitFor();
}

/** Approves 1.1.0 and sees it run. */
export async function takeGoodUpdate(there: Box, visitor: Visitor, person: Person): Promise<void> {
  const { box } = visitor;
  await seeOffer(there, visitor, '1.1.0');
  await thinkTwice(there, visitor, person, '1.1.0');
  const waits = await watchWaits(visitor);
  await box.approve(person, '1.1.0');
  await box.sees('overview.hero.running', { product: 'AlgaPSA', version: '1.1.0' }, LONG_MS);
  const { sentences, mute } = await waits();
  expect(mute, 'waits without a sentence').toBe(0);
  expect(sentences.size).toBeGreaterThan(0);
}

/** Approves 1.2.0, in which nobody can sign in, and sees the box come back by itself and say why. */
export async function takeBadUpdate(there: Box, visitor: Visitor, person: Person): Promise<void> {
  const { box } = visitor;
  await seeOffer(there, visitor, '1.2.0');
  await box.approve(person, '1.2.0');
  await box.sees('overview.hero.updating', { product: 'AlgaPSA', from: '1.1.0', to: '1.2.0' });
  await box.sees('overview.note.failed', { version: '1.2.0' }, LONG_MS);
  await box.sees('overview.hero.running', { product: 'AlgaPSA', version: '1.1.0' }, LONG_MS);
  await box.button('overview.ask.retry', { version: '1.2.0' }).waitFor();
  const status = await there.stage.status();
  expect(status?.quarantined).toMatchObject([{ version: '1.2.0', attempts: 1 }]);
}

/** The history tells all of it, newest first, and each operation has its own page. */
export async function readHistory({ box, page }: Visitor, person: Person): Promise<void> {
  await box.go(person, 'history');
  const rows = page.getByRole('listitem').and(page.locator('[data-operation]'));
  await eventually(
    'rows of the history',
    () => rows.count(),
    (count) => count === 4,
  );
  const titles = [
    ['operation.revert-from', { from: '1.2.0', to: '1.1.0' }, 'succeeded'],
    ['operation.update-from', { from: '1.1.0', to: '1.2.0' }, 'failed'],
    ['operation.update-from', { from: '1.0.0', to: '1.1.0' }, 'succeeded'],
    ['operation.install', { to: '1.0.0' }, 'succeeded'],
  ] as const;
  for (const [index, [key, values, outcome]] of titles.entries()) {
    const text = await rows.nth(index).innerText();
    expect(text).toContain(box.say(`overview.${key}`, values));
    expect(text).toContain(box.say(`states.outcome.${outcome}`));
  }
  const failed = box.say('overview.operation.update-from', { from: '1.1.0', to: '1.2.0' });
  await person.press(page.getByRole('link', { name: failed }));
  await page.getByRole('heading', { level: 1, name: failed }).waitFor();
  const problem = box.region('history.problem');
  await problem.waitFor();
  expect(await problem.locator('[data-problem]').getAttribute('data-problem')).toMatch(/^observe\./);
}

/** Opens the dialog and closes it again: nothing happens, and one is where one was (R-52, E-13). */
export async function thinkTwice(
  there: Box,
  { box, page }: Visitor,
  person: Person,
  version: string,
): Promise<void> {
  const before = await there.stage.intentRevision();
  const opener = box.button('overview.ask.approve', { version });
  const dialog = await box.askForUpdate(person, version);
  const visited = new Set<string>();
  for (let tabs = 0; tabs < 8; tabs += 1) {
    await page.keyboard.press('Tab');
    const focus = await focusOf(page);
    expect(focus.isVisible, `Tab ${tabs} in the dialog: ${focus.what}`).toBe(true);
    expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true);
    visited.add(focus.what);
  }
  expect(visited.size, 'reason, cancel, confirm').toBe(3);
  await page.keyboard.press('Escape');
  await box.noDialog();
  const hasFocus = (): Promise<boolean> => opener.evaluate((element) => element === document.activeElement);
  await eventually('the focus is back on the button', hasFocus, Boolean);
  await box.askForUpdate(person, version);
  await person.press(box.answer('common.cancel'));
  await box.noDialog();
  expect(await there.stage.intentRevision(), 'closing a dialog changes nothing').toBe(before);
}

/** Every screen and the dialog fit into 320 px (E-23). */
export async function squeeze({ box, page }: Visitor, person: Person): Promise<void> {
  await page.setViewportSize({ width: 320, height: 640 });
  for (const screen of ['releases', 'history', 'overview'] as const) {
    await box.go(person, screen);
    await page.getByRole('heading', { level: 1 }).first().waitFor({ state: 'attached' });
    await box.settled();
    expect(await box.overflow(), `${screen} is wider than 320 px`).toBeLessThanOrEqual(0);
  }
  await person.press(box.button('overview.ask.change-channel'));
  await box.answer('common.cancel').waitFor();
  expect(await box.overflow(), 'the dialog is wider than 320 px').toBeLessThanOrEqual(0);
  const { x, width } = (await box.dialog.boundingBox()) ?? { x: -1, width: 0 };
  expect(x).toBeGreaterThanOrEqual(0);
  expect(x + width).toBeLessThanOrEqual(320);
  await person.press(box.answer('common.cancel'));
  await box.noDialog();
}
