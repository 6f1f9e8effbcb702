import type { Browser, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { openEmbedded } from '../../demo/embedded-parts.ts';
import { FAULTS, type FaultName } from '../../demo/faults.ts';
import { startFront } from '../../demo/front.ts';
import { faultPanel } from '../../demo/panel.ts';
import { Stage, type StageOptions } from '../../demo/stage.ts';
import { BoxPage } from './box-page.ts';
import { openContext } from './chromium.ts';
import { eventually } from './eventually.ts';
import { pageFolder } from './page-folder.ts';
import { PROMPT_MS, withMouse } from './person.ts';
import { wordsIn } from './words.ts';

const PASSWORD = 'violet harbour tin 92 moon';
const PRODUCT = 'AlgaPSA';
/** The page names a cause within ten seconds; twice that is the deadline here, because machines are slow at times. */
export const NAMED_MS = 20_000;

export interface FaultyBoxOptions extends Pick<StageOptions, 'fault' | 'killedMs'> {
  /** Milliseconds between two looks at the channel. */
  readonly pollMs: number;
}

/** A box of the demo with one person before it, who breaks and heals things with the panel of the page. */
export class FaultyBox {
  readonly stage: Stage;
  readonly page: Page;
  readonly box: BoxPage;
  readonly #ends: (() => Promise<unknown>)[];
  readonly #complaints: readonly string[];

  private constructor(
    stage: Stage,
    box: BoxPage,
    ends: (() => Promise<unknown>)[],
    complaints: readonly string[],
  ) {
    this.stage = stage;
    this.box = box;
    this.page = box.page;
    this.#ends = ends;
    this.#complaints = complaints;
  }

  /** @throws Error when anything does not start; what had started is ended */
  static async open(browser: Browser, { pollMs, ...options }: FaultyBoxOptions): Promise<FaultyBox> {
    const ends: (() => Promise<unknown>)[] = [];
    try {
      const stage = await Stage.open({
        open: (folder) => openEmbedded(folder, { startMs: 300, packageMs: 150 }),
        restartMs: 1000,
        config: { ui: pageFolder(), pollMs },
        ...options,
      });
      ends.push(() => stage.close());
      const front = await startFront(0, () => stage.controlPlane.url, faultPanel(stage));
      ends.push(() => front.close());
      const { context, complaints } = await openContext(browser, { baseURL: front.url });
      ends.unshift(() => context.close());
      const box = new BoxPage(await context.newPage(), await wordsIn('en'));
      return new FaultyBox(stage, box, ends, complaints);
    } catch (error) {
      await Promise.allSettled(ends.map((end) => end()));
      throw error;
    }
  }

  /** Ends everything; fails when the page has complained about anything. */
  async close(): Promise<void> {
    const results = await Promise.allSettled(this.#ends.splice(0).map((end) => end()));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    expect(this.#complaints, 'what the page complained about').toEqual([]);
  }

  /** Makes the box one's own, opens the panel and stays at the setup or goes past it. From here on the page must never be loaded again. */
  async claim(to: 'setup' | 'overview' = 'overview'): Promise<void> {
    await this.box.claim(withMouse, await this.stage.claimCode(), PASSWORD);
    if (to === 'overview') await this.box.go(withMouse, 'overview');
    await this.page.getByText('Demo: break something').click();
    await this.page.evaluate(() => Reflect.set(window, 'isSamePage', true));
  }

  /** Breaks something with the panel of the page. */
  async break(name: FaultName): Promise<void> {
    await withMouse.press(this.page.getByRole('button', { name: FAULTS[name].title, exact: true }));
    // The panel asks and does not wait; what comes next must meet the fault.
    if (!('kill' in FAULTS[name])) await this.#faultIs(name);
  }

  async heal(): Promise<void> {
    await withMouse.press(this.page.getByRole('button', { name: 'Heal everything', exact: true }));
    await this.#faultIs(undefined);
  }

  async #faultIs(name: FaultName | undefined): Promise<void> {
    await eventually(
      `the fault is ${name ?? 'healed'}`,
      () => Promise.resolve(this.stage.fault),
      (fault) => fault === name,
    );
  }

  /** Milliseconds until the page names what is wrong, in the words for it. @throws Error when that takes too long */
  async named(name: FaultName): Promise<number> {
    const since = performance.now();
    await this.#words(name).waitFor({ timeout: NAMED_MS });
    return performance.now() - since;
  }

  /** Waits until the page does not name it any more. */
  async gone(name: FaultName): Promise<void> {
    await eventually(
      `${name} is named`,
      () => this.#words(name).count(),
      (count) => count === 0,
      40_000,
    );
    await this.expectSamePage();
  }

  /** Presses what the page offers with a problem. False when the box has done it by itself meanwhile. */
  async act(ask: string): Promise<boolean> {
    const offered = this.page.locator(`[data-problem] [data-ask="${ask}"]`).first();
    const until = performance.now() + PROMPT_MS;
    for (;;) {
      if ((await offered.count()) === 0) return false;
      const error = await offered.click({ timeout: 1000 }).then(
        () => undefined,
        (caught: unknown) => new Error(`${ask} cannot be pressed`, { cause: caught }),
      );
      if (error === undefined) return true;
      if (performance.now() > until) throw error;
    }
  }

  /** Waits until the release runs and nothing is said to be wrong, in the page that was opened first. Answers milliseconds. */
  async well(version: string, withinMs = 40_000): Promise<number> {
    const since = performance.now();
    await this.box.sees('overview.hero.running', { product: PRODUCT, version }, withinMs);
    const wrong = this.page.locator('[data-problem]').or(this.#ribbons());
    await eventually(
      'what is wrong',
      () => wrong.count(),
      (count) => count === 0,
      withinMs,
    );
    await this.expectSamePage();
    return performance.now() - since;
  }

  async expectSamePage(): Promise<void> {
    const isSame = await this.page.evaluate(() => Reflect.get(window, 'isSamePage') === true);
    expect(isSame, 'the page was loaded again').toBe(true);
  }

  /** The line across the page, about the page itself or what it cannot see. */
  #ribbons(): Locator {
    const texts = ['cluster', 'stale', 'offline'].map((key) => this.#beginning(`parts.ribbon.${key}`));
    return texts.map((text) => this.page.getByText(text)).reduce((all, one) => all.or(one));
  }

  #beginning(key: string): string {
    return this.box.say(key, { age: '|', time: '|' }).split('|', 1)[0]?.trim() ?? key;
  }

  #words(name: FaultName): Locator {
    const { names } = FAULTS[name];
    const byRibbon = { 'cluster.unavailable': 'cluster', 'client.disconnected': 'stale' } as const;
    const text = Object.hasOwn(byRibbon, names)
      ? this.#beginning(`parts.ribbon.${byRibbon[names as keyof typeof byRibbon]}`)
      : this.box.say(`problems.${names}.title`);
    return this.page.getByText(text).and(this.page.locator(':not(.sr-only)')).first();
  }
}
