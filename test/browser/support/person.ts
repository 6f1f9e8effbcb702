import type { Locator, Page } from 'playwright-core';

/** How somebody works with a page. */
export interface Person {
  press(target: Locator): Promise<void>;
  write(target: Locator, text: string): Promise<void>;
}

/** Milliseconds for things that a page does at once; generous, because machines are slow at times. */
export const PROMPT_MS = 15_000;

const write = async (target: Locator, text: string): Promise<void> =>
  target.fill(text, { timeout: PROMPT_MS });

export const withMouse: Person = { press: (target) => target.click({ timeout: PROMPT_MS }), write };
export const withTouch: Person = { press: (target) => target.tap({ timeout: PROMPT_MS }), write };

/** Where the focus is. */
export interface Focus {
  /** Nothing has it. */
  readonly isNowhere: boolean;
  /** It can be seen: in the window, and marked. */
  readonly isVisible: boolean;
  /** For messages. */
  readonly what: string;
}

/** Looks where the focus is and whether people can see that. Makes no difference between pages that move it themselves and browsers. */
export const focusOf = (page: Page): Promise<Focus> =>
  page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return { isNowhere: true, isVisible: false, what: '' };
    const { top, bottom, left, right, width, height } = element.getBoundingClientRect();
    const isInWindow =
      width > 0 && height > 0 && bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
    const style = getComputedStyle(element);
    const isMarked = style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) > 0;
    const isHighlighted = element.hasAttribute('data-highlighted');
    const what = `${element.tagName} ${(element.getAttribute('aria-label') ?? element.textContent).slice(0, 60)}`;
    return { isNowhere: false, isVisible: isInWindow && (isMarked || isHighlighted), what };
  });

const MOST_TABS = 120;
/** How long the page is, in pixels: news from the server may push what has the focus out of the window, which Tab did not do. */
const lengthOf = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollHeight);
const isFocused = (target: Locator): Promise<boolean> =>
  target.evaluate((element) => element === document.activeElement, undefined, { timeout: PROMPT_MS });

/**
 * Somebody who has no mouse. Every place that Tab comes to on the way has to be visible.
 *
 * @throws Error when the target cannot be reached, or the focus is lost or not visible on the way
 */
export function withKeyboard(page: Page): Person {
  const reach = async (target: Locator): Promise<void> => {
    const isInMenu = (await target.getAttribute('role')) === 'menuitem';
    let nowhere = 0;
    for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
      if (await isFocused(target)) return;
      const length = await lengthOf(page);
      await page.keyboard.press(isInMenu ? 'ArrowDown' : 'Tab');
      const focus = await focusOf(page);
      // Past the last control the focus leaves the page once, for the browser's own.
      nowhere = focus.isNowhere ? nowhere + 1 : 0;
      if (nowhere > 1) throw new Error('Tab leads nowhere');
      const isLost = !focus.isNowhere && !focus.isVisible;
      if (isLost && (await lengthOf(page)) === length)
        throw new Error(`the focus cannot be seen: ${focus.what}`);
    }
    throw new Error(`cannot be reached by Tab: ${target.toString()}`);
  };
  return {
    press: async (target) => {
      await target.waitFor({ timeout: PROMPT_MS });
      await reach(target);
      await page.keyboard.press('Enter');
    },
    write: async (target, text) => {
      await target.waitFor({ timeout: PROMPT_MS });
      await reach(target);
      await page.keyboard.press('ControlOrMeta+A');
      await page.keyboard.type(text);
    },
  };
}
