/** `npm run screens`: pictures of every state of the page, for people who cannot start it; the same page makes the same pictures. */
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { buildPage } from '../../scripts/build/page.ts';
import { openBrowser } from './support/chromium.ts';
import { openGallery, servePage, showState, type ShownState } from './support/gallery.ts';

const FOLDER = fileURLToPath(new URL('../../docs/screens', import.meta.url));
/** Bytes of all pictures together. */
const MOST_BYTES = 9_500_000;
/** Of 100: text stays sharp. */
const QUALITY = 38;
const SIZES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
} as const;

/** States that are also shown in the dark and on a phone: one for each screen and each kind of trouble. */
const MORE: ReadonlySet<string> = new Set([
  ...[
    'claim',
    'login',
    'needs-you',
    'installing-wait-components',
    'waiting-late',
    'running',
    'update-reversible',
  ],
  ...['update-irreversible', 'updating', 'going-back', 'reverted', 'degraded-core', 'offline'],
  ...['blocked-registry-connect', 'releases', 'history', 'operation', 'long-words'],
  ...['control-plane-rolling', 'control-plane-given-up'],
  ...['setup-new', 'setup-mistake', 'setup-release', 'setup-checks-failed', 'setup-plan'],
  ...['setup-run', 'setup-failed', 'setup-done'],
]);

/** The same for phones in the dark. */
const DARK_PHONE: ReadonlySet<string> = new Set(['claim', 'running', 'updating', 'offline', 'setup-run']);

type Size = keyof typeof SIZES;
type Shade = 'light' | 'dark';

interface Picture {
  readonly state: ShownState & { readonly title: string };
  readonly shade: Shade;
  readonly size: Size;
  readonly file: string;
}

/** All of the page in one picture, as WebP. */
async function take(page: Page, file: string): Promise<number> {
  const session = await page.context().newCDPSession(page);
  try {
    const { cssContentSize } = await session.send('Page.getLayoutMetrics');
    const { data } = await session.send('Page.captureScreenshot', {
      format: 'webp',
      quality: QUALITY,
      captureBeyondViewport: true,
      clip: { ...cssContentSize, scale: 1 },
    });
    const bytes = Buffer.from(data, 'base64');
    await writeFile(join(FOLDER, file), bytes);
    return bytes.byteLength;
  } finally {
    await session.detach();
  }
}

/** A page whose pictures do not depend on the day, the machine's language or the build. */
async function openPage(browser: Browser, url: string, size: Size, shade: Shade): Promise<Page> {
  const context = await browser.newContext({
    ...SIZES[size],
    baseURL: url,
    locale: 'en-GB',
    timezoneId: 'UTC',
    colorScheme: shade,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.route('**/states**', async (route) => {
    const response = await route.fetch();
    const html = await response.text();
    await route.fulfill({
      response,
      body: html.replace(/(name="ui-build" content=")[^"]*/, '$1000000000000'),
    });
  });
  return page;
}

async function photograph(
  browser: Browser,
  url: string,
  size: Size,
  shade: Shade,
): Promise<readonly Picture[]> {
  const page = await openPage(browser, url, size, shade);
  const pictures: Picture[] = [];
  const isAll = size === 'desktop' && shade === 'light';
  const chosen = size === 'phone' && shade === 'dark' ? DARK_PHONE : MORE;
  const states = await openGallery(page, 'en');
  const titles = await page.locator('main a').allInnerTexts();
  for (const [index, state] of states.entries()) {
    if (!isAll && !chosen.has(state.name)) continue;
    await showState(page, state);
    const file = `${state.name}-${shade}-${size}.webp`;
    await take(page, file);
    pictures.push({ state: { ...state, title: titles[index] ?? state.name }, shade, size, file });
  }
  await page.context().close();
  return pictures;
}

/** The list of pictures by state. */
function listOf(pictures: readonly Picture[]): string {
  const byState = new Map<string, Picture[]>();
  for (const picture of pictures)
    byState.set(picture.state.name, [...(byState.get(picture.state.name) ?? []), picture]);
  const rows = [...byState].map(([name, all]) => {
    const links = all.map(({ shade, size, file }) => `[${shade}, ${size}](${file})`).join(' · ');
    return `| \`${name}\` | ${all[0]?.state.title ?? ''} | ${links} |`;
  });
  return [
    '# Screens',
    '',
    `Every state of the page, made by \`npm run screens\` from the gallery (\`/states\` in a demo build). ${byState.size} states, ${pictures.length} pictures.`,
    '',
    '| state | what it shows | pictures |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

async function sizeOfAll(): Promise<number> {
  const files = await readdir(FOLDER);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(FOLDER, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function main(): Promise<void> {
  const built = await mkdtemp(join(tmpdir(), 'appliance-screens-'));
  const browser = await openBrowser();
  try {
    await buildPage(built, 'demo');
    const site = await servePage(built);
    await rm(FOLDER, { recursive: true, force: true });
    await mkdir(FOLDER, { recursive: true });
    const pictures: Picture[] = [];
    for (const size of ['desktop', 'phone'] as const)
      for (const shade of ['light', 'dark'] as const)
        pictures.push(...(await photograph(browser, site.url, size, shade)));
    await writeFile(join(FOLDER, 'README.md'), listOf(pictures));
    await site.close();
    const bytes = await sizeOfAll();
    process.stdout.write(`${pictures.length} pictures, ${Math.round(bytes / 1000)} kB\n`);
    if (bytes > MOST_BYTES) throw new Error('the pictures are too large');
  } finally {
    await browser.close();
    await rm(built, { recursive: true, force: true });
  }
}

await main();
