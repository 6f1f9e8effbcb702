import { expect } from 'vitest';
import { PASSWORD, type Box, type Visitor } from './box.ts';
import type { Person } from './person.ts';

/** Milliseconds for what the box does by itself; a bad release is judged for 20 s first. */
const LONG_MS = 75_000;

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
  await expect.poll(() => rows.count(), { timeout: 15_000 }).toBe(4);
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
