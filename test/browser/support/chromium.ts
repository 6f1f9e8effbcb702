import { existsSync } from 'node:fs';
import process from 'node:process';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'] as const;

/** Path of the browser on this machine; undefined = the browser tier cannot run here. */
export const CHROMIUM: string | undefined = [process.env['CHROMIUM'], ...PLACES].find(
  (path) => path !== undefined && path !== '' && existsSync(path),
);

/** Why the browser tier is skipped; said in the name of the skipped test. */
export const NO_CHROMIUM = 'no Chromium on this machine (Debian: apt-get install chromium, or set CHROMIUM)';

export async function openBrowser(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error(NO_CHROMIUM);
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: CHROMIUM, args: [...sandbox, '--disable-dev-shm-usage'] });
}

export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const;
export const NARROW = { viewport: { width: 320, height: 640 } } as const;
export const DESKTOP = { viewport: { width: 1280, height: 900 } } as const;

/** A context that fails the test on anything that the page complains about. */
export async function openContext(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ readonly context: BrowserContext; readonly complaints: readonly string[] }> {
  const context = await browser.newContext({ locale: 'en-GB', ...DESKTOP, ...options });
  const complaints: string[] = [];
  context.on('weberror', (error) => complaints.push(`uncaught: ${error.error().message}`));
  context.on('console', (message) => {
    // A server that is away is no fault of the page; what it does about it is tested by what it shows.
    const isNetwork = /Failed to load resource|ERR_(CONNECTION|INCOMPLETE|EMPTY|NETWORK)/.test(
      message.text(),
    );
    if (message.type() === 'error' && !isNetwork) complaints.push(message.text());
  });
  return { context, complaints };
}
