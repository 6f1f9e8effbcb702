import type { Browser } from 'playwright-core';
import { openBox, type Box } from './box.ts';

/** Opens a box for one test in a browser that is there, and ends it, whatever happens. */
export async function withBox(browser: Browser, tell: (box: Box) => Promise<void>): Promise<void> {
  const box = await openBox(browser);
  try {
    await tell(box);
  } finally {
    await box.close();
  }
}
