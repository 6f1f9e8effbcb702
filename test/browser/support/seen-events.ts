import type { Page } from 'playwright-core';

/** What somebody has seen who looked at an operation's page all the time. */
export interface SeenEvents {
  /** Numbers in the order in which they came up. */
  readonly inOrder: readonly number[];
  /** Numbers that stood there twice at one moment. */
  readonly twice: readonly number[];
  /** Numbers that stood there and went away again. */
  readonly gone: readonly number[];
}

/** Looks at every change of the list of events on the page of an operation. Ends when the page is left. */
export async function watchEvents(page: Page): Promise<() => Promise<SeenEvents>> {
  const watch = await page.evaluateHandle(() => {
    const seen = { inOrder: [] as number[], twice: [] as number[], gone: [] as number[] };
    const look = (): void => {
      const now = [...document.querySelectorAll('[data-event]')].map((each) =>
        Number(each.getAttribute('data-event')),
      );
      // While the whole list is fetched for the first time there is none.
      if (now.length === 0) return;
      for (const n of now) {
        if (!seen.inOrder.includes(n)) seen.inOrder.push(n);
        if (now.indexOf(n) !== now.lastIndexOf(n) && !seen.twice.includes(n)) seen.twice.push(n);
      }
      for (const n of seen.inOrder) if (!now.includes(n) && !seen.gone.includes(n)) seen.gone.push(n);
    };
    look();
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
    return { seen };
  });
  return () => watch.evaluate(({ seen }) => seen);
}
