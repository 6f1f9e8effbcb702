import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { openEmbedded } from '../../demo/embedded-parts.ts';
import { startFront, type Front } from '../../demo/front.ts';
import { faultPanel } from '../../demo/panel.ts';
import { Stage, type StageOptions } from '../../demo/stage.ts';
import { BoxPage } from './box-page.ts';
import { openBrowser, openContext } from './chromium.ts';
import { pageFolder } from './page-folder.ts';
import { wordsIn } from './words.ts';

export const PASSWORD = 'violet harbour tin 92 moon';

export interface VisitOptions extends BrowserContextOptions {
  /** Language of the person; default English. */
  readonly language?: 'en' | 'de';
}

/** A person with a browser of their own. */
export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** The page in words of the person's language. */
  readonly box: BoxPage;
}

/** One box with its vendor, behind one address, and one browser to look at it. */
export interface Box {
  readonly stage: Stage;
  readonly url: string;
  /** Sends everything to another server from now on; undefined = the box's own. */
  route(url: string | undefined): void;
  visit(options?: VisitOptions): Promise<Visitor>;
  /** Ends everything and removes its traces; fails when a page has complained about anything. May be called twice. */
  close(): Promise<void>;
}

type OpenParts = StageOptions['open'];
const SPEED = { startMs: 300, packageMs: 150 } as const;
const embedded: OpenParts = (folder) => openEmbedded(folder, SPEED);

/**
 * Starts a box. `shared`: a browser that others use too and that is theirs to close. `parts`: what the box stands on; default the embedded world.
 *
 * @throws Error when anything does not start; what had started is ended
 */
export async function openBox(shared?: Browser, parts: OpenParts = embedded): Promise<Box> {
  const ends: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    const results = await Promise.allSettled(ends.splice(0).map((end) => end()));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  };
  try {
    const browser = shared ?? (await openBrowser());
    if (shared === undefined) ends.push(() => browser.close());
    const stage = await openStage(parts);
    ends.push(() => stage.close());
    let other: string | undefined;
    const front = await startFront(0, () => other ?? stage.controlPlane.url, faultPanel(stage));
    ends.push(() => front.close());
    const all: (readonly string[])[] = [];
    const visitors: Visitor[] = [];
    if (shared !== undefined) ends.push(() => Promise.all(visitors.map(({ context }) => context.close())));
    return {
      stage,
      url: front.url,
      route: (url) => {
        other = url;
      },
      visit: async (options) => {
        const visitor = await visit(browser, front, all, options);
        visitors.push(visitor);
        return visitor;
      },
      close: async () => {
        await close();
        expect(all.splice(0).flat(), 'what the pages complained about').toEqual([]);
      },
    };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

const openStage = (parts: OpenParts): Promise<Stage> =>
  Stage.open({
    open: parts,
    restartMs: 1000,
    config: { ui: pageFolder(), pollMs: 1000 },
  });

async function visit(
  browser: Browser,
  front: Front,
  all: (readonly string[])[],
  options: VisitOptions = {},
): Promise<Visitor> {
  const { language = 'en', ...rest } = options;
  const locale = language === 'de' ? 'de-DE' : 'en-GB';
  const { context, complaints } = await openContext(browser, { baseURL: front.url, locale, ...rest });
  all.push(complaints);
  const page = await context.newPage();
  return { context, page, box: new BoxPage(page, await wordsIn(language)) };
}
