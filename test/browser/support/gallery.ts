import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import { makeNonce, pagePolicyOf } from 'host-service/api/headers.ts';
import { PROBLEMS } from 'host-service/contract/problem.ts';
import { openPage } from 'host-service/edges/page/page.ts';

export interface StaticPage {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves a built page without any box behind it, as the box serves it and under its policy. Loopback only. */
export async function servePage(folder: string): Promise<StaticPage> {
  const built = await openPage(folder);
  const server = createServer((request, response) => {
    const nonce = makeNonce();
    const path = new URL(request.url ?? '/', 'http://box.test').pathname;
    const isApi = path.startsWith('/api/') || path.startsWith('/demo/');
    const query = { path, nonce, acceptEncoding: '', ifNoneMatch: undefined };
    (isApi ? Promise.resolve(undefined) : built.answer(query)).then(
      (answer) => {
        const headers = { ...answer?.headers, 'content-security-policy': pagePolicyOf(nonce) };
        response.writeHead(answer?.status ?? 404, headers).end(answer?.body);
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A state of the gallery: its name, and the address that shows it. */
export interface ShownState {
  readonly name: string;
  readonly path: string;
}

/** Opens the gallery in a language and reads which states there are. */
export async function openGallery(page: Page, locale: 'en' | 'de' | 'qps'): Promise<readonly ShownState[]> {
  await page.addInitScript((chosen) => localStorage.setItem('appliance-locale', chosen), locale);
  await page.goto('/states');
  const links = page.locator('main a');
  await links.first().waitFor();
  const paths = await links.evaluateAll((all) =>
    all.map((each) => new URL((each as HTMLAnchorElement).href).pathname),
  );
  return paths.map((path) => ({ path, name: path.split('/')[2] ?? '' }));
}

/** Shows a state without loading the page again, and waits until all of it is there. */
export async function showState(page: Page, { path, name }: ShownState): Promise<void> {
  await page.evaluate((to) => {
    history.pushState(null, '', to);
  }, path);
  await page.waitForFunction(
    (isLoading) =>
      document.querySelector('main h1') !== null &&
      (isLoading || document.querySelector('main [role=status] > .h-4') === null),
    name === 'loading',
    { timeout: 15_000 },
  );
  // Parts that come later over the wire, and the style of the new theme.
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
}

const SERIOUS: ReadonlySet<string | null | undefined> = new Set(['serious', 'critical']);

/** Serious and critical findings of axe on what is shown, each with the element. */
export async function axeFindings(page: Page, options: RunOptions): Promise<readonly string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const { violations } = await page.evaluate(
    (run) =>
      (
        window as unknown as { axe: { run: (context: Document, options: RunOptions) => Promise<AxeResults> } }
      ).axe.run(document, { ...run, resultTypes: ['violations'] }),
    options,
  );
  return violations
    .filter(({ impact }) => SERIOUS.has(impact))
    .flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary?.slice(0, 200)}`,
      ),
    );
}

/** What does not fit: a page wider than the window, cut text, targets under 24 px. */
export const layoutFaults = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const faults: string[] = [];
    const tell = (what: string, element: Element): void =>
      void faults.push(
        `${what}: <${element.tagName.toLowerCase()}> ${element.textContent.trim().slice(0, 60)}`,
      );
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) faults.push(`the page is ${scrollWidth - clientWidth} px too wide`);
    const isSeen = (element: Element): boolean =>
      element.checkVisibility({ visibilityProperty: true }) &&
      element.closest('.hint-text') === null &&
      // One pixel: for screen readers only.
      element.getBoundingClientRect().width > 1;
    for (const element of document.querySelectorAll('body *')) {
      if (!(element instanceof HTMLElement) || !isSeen(element)) continue;
      const style = getComputedStyle(element);
      // The vendor's name may be any length; it ends in dots.
      const isShortened = style.textOverflow === 'ellipsis' && element.closest('header') !== null;
      const isMeant =
        isShortened ||
        style.overflowX === 'auto' ||
        style.overflowX === 'scroll' ||
        element.tagName === 'SELECT';
      const hasText = [...element.childNodes].some(
        (node) => node.nodeType === 3 && node.textContent?.trim() !== '',
      );
      if (hasText && !isMeant && style.display !== 'inline') {
        if (element.scrollWidth > element.clientWidth + 1 && style.overflowX !== 'visible')
          tell('text is cut', element);
        if (element.getBoundingClientRect().right > clientWidth + 1) tell('text leaves the window', element);
      }
    }
    for (const element of document.querySelectorAll(
      'button, select, input, summary, a[href], [role=switch]',
    )) {
      if (!isSeen(element) || element.matches('.skip-link')) continue;
      const { width, height } = element.getBoundingClientRect();
      // Links in running text are as high as their line (WCAG 2.5.8).
      const isInline = element.tagName === 'A' && getComputedStyle(element).display === 'inline';
      const target = element.matches('input[type=radio], input[type=checkbox]')
        ? element.closest('label')
        : element;
      const box = target?.getBoundingClientRect() ?? { width, height };
      if (!isInline && (box.width < 24 || box.height < 24))
        tell(`a target of ${Math.round(box.width)}x${Math.round(box.height)} px`, element);
    }
    return faults;
  });

/** Words of the platform that no installer knows, in any language. */
const FORBIDDEN =
  /\b(pods?|namespaces?|kubectl|kubernetes|k3s|helm(?:release)?s?|kustomizations?|flux|crds?|configmaps?|daemonsets?|statefulsets?|replicasets?|ocirepositor(?:y|ies)|kubelet|etcd|ingress|containerd|cronjobs?|crashloopbackoff|imagepullbackoff)\b/gi;

const CODES = Object.keys(PROBLEMS);

/** What stands on the page that only people who know the platform understand, with technical details closed. */
export async function forbiddenWords(page: Page): Promise<readonly string[]> {
  const shown = await page.locator('body').innerText();
  // Codes are names for support, and stand for themselves in every language.
  const text = CODES.reduce((rest, code) => rest.replaceAll(code, ''), shown);
  return [...text.matchAll(FORBIDDEN)].map(
    ({ 0: word, index }) => `${word}: …${text.slice(Math.max(0, index - 40), index + 40)}…`,
  );
}

/** Landmarks, headings and live regions that are not as they should be. */
export const structureFaults = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const faults: string[] = [];
    const count = (selector: string): number => document.querySelectorAll(selector).length;
    const expected = { h1: 1, main: 1, 'body header': 1, 'footer[aria-label]': 1, 'a.skip-link': 1 };
    for (const [selector, times] of Object.entries(expected))
      if (count(selector) !== times) faults.push(`${selector}: ${count(selector)} times`);
    // What changes by itself is said politely; `alert` is for answers to what a person just did.
    if (count('[aria-live=assertive], [role=alert], [role=timer], [role=marquee]') > 0)
      faults.push('a region that interrupts');
    const levels = [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(({ tagName }) =>
      Number(tagName.slice(1)),
    );
    levels.forEach((level, index) => {
      if (level - (levels[index - 1] ?? 0) > 1)
        faults.push(`heading ${level} after ${levels[index - 1] ?? 'nothing'}`);
    });
    if (document.documentElement.lang === '' || document.title === '') faults.push('no language or title');
    return faults;
  });
