import type { Locator } from 'playwright-core';
import { expect } from 'vitest';
import type { SetupView } from 'host-service/contract/api/setup.ts';
import type { Visitor } from './box.ts';
import { eventually } from './eventually.ts';
import { PROMPT_MS, type Person } from './person.ts';
import { watchWaits } from './story.ts';

type Step = 'answers' | 'release' | 'checks' | 'plan' | 'install';

/** What an installer types; the password is looked for everywhere afterwards. */
export const SECRET = 'planted-7f3a correct horse';
export const ANSWERS = {
  tenantName: 'Customer Ltd',
  adminFirstName: 'Ada',
  adminLastName: 'Admin',
  adminEmail: 'ada@customer.test',
  adminPassword: SECRET,
  appUrl: 'https://psa.customer.test',
} as const;
export type Question = keyof typeof ANSWERS;

/** The wizard as one person at one device sees it. */
export class Wizard {
  readonly #visitor: Visitor;
  readonly #person: Person;

  constructor(visitor: Visitor, person: Person) {
    this.#visitor = visitor;
    this.#person = person;
  }

  field(name: string): Locator {
    return this.#visitor.page.locator(`[data-question=${name}] input`);
  }

  async write(name: Question, text: string = ANSWERS[name]): Promise<void> {
    await this.#person.write(this.field(name), text);
  }

  /** Presses the button or link that leads on to a step and waits until it is there. */
  async goOn(to: Step): Promise<void> {
    const { page, box } = this.#visitor;
    const name = box.say('setup.next', { step: box.say(`setup.step.${to}`) });
    await this.#person.press(page.getByRole('button', { name }).or(page.getByRole('link', { name })));
    await this.isAt(to);
  }

  /** The address says the step, and its heading has been reached. */
  async isAt(step: Step): Promise<void> {
    await this.#visitor.page.waitForURL(new RegExp(`/setup/${step}`), { timeout: PROMPT_MS });
    await this.#visitor.page.locator('h1').first().waitFor({ timeout: PROMPT_MS });
  }

  /** The draft as the box has it. */
  draft(): Promise<SetupView> {
    return this.#visitor.box.api<SetupView>('/api/setup');
  }

  /** Waits until the box has an answer. */
  async has(name: string, answer: string): Promise<void> {
    // The control plane may be away for a moment.
    const answerOf = async (): Promise<unknown> =>
      (await this.draft().catch(() => undefined))?.questions.find((question) => question.name === name)
        ?.answer;
    await eventually(`the box has ${name}`, answerOf, (found) => found === answer, 60_000);
  }

  /** Waits until an answer stands in its field. */
  async shows(name: Question, answer: string): Promise<void> {
    await eventually(
      `${name} stands in its field`,
      () => this.field(name).inputValue({ timeout: PROMPT_MS }),
      (found) => found === answer,
      60_000,
    );
  }

  /** Waits until everything that was typed is saved. */
  async saved(): Promise<void> {
    await this.#visitor.page
      .locator('[data-save=saved], [data-save=idle]')
      .first()
      .waitFor({ timeout: PROMPT_MS });
  }

  /** Goes to the plan by its address and approves it as soon as nothing is in the way. */
  async begin(): Promise<void> {
    const { box, page } = this.#visitor;
    await page.goto('/setup/plan');
    const button = box.button('setup.plan.install', { product: 'AlgaPSA', version: '1.0.0' });
    const isOpen = async (): Promise<boolean> => (await button.count()) > 0 && (await button.isEnabled());
    await eventually('the plan can be approved', isOpen, Boolean, 30_000).catch(async (error: unknown) => {
      const shown = await page.locator('main').innerText();
      throw new Error(`no plan; the page says:\n${shown}`, { cause: error });
    });
    await this.#person.press(button);
    await this.isAt('install');
  }

  /** From the checks to "people can log in". */
  async install(): Promise<void> {
    const { box, page } = this.#visitor;
    await this.goOn('plan');
    const button = box.button('setup.plan.install', { product: 'AlgaPSA', version: '1.0.0' });
    // Why it cannot be pressed stands beside the button.
    const gate = async (): Promise<string> => (await page.locator('#install-gate').allInnerTexts()).join();
    await eventually('nothing keeps the plan from being approved', gate, (why) => why === '', 30_000);
    await box.sees('setup.plan.return');
    expect(await page.locator('main').innerText()).not.toContain(SECRET);
    const waits = await watchWaits(this.#visitor);
    await this.#person.press(button);
    await this.isAt('install');
    const done = box.sees('setup.done.headline', { product: 'AlgaPSA', version: '1.0.0' }, 120_000);
    await done.catch(async (error: unknown) => {
      const shown = await page.locator('main').innerText();
      throw new Error(`not installed; the page says:\n${shown}`, { cause: error });
    });
    const { sentences, mute } = await waits();
    expect(mute, 'waits without a sentence').toBe(0);
    expect(sentences.size, 'waits that were told').toBeGreaterThan(0);
  }
}
