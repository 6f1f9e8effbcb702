import type { Page } from 'playwright-core';
import { VerbBody } from 'host-service/contract/api/intent.ts';
import { describe, expect, it } from 'vitest';
import { GALLERY_NOW, session, type ViewInput } from '../../setup-ui/src/gallery/states/base.ts';
import { CONTROL_PLANE } from '../../setup-ui/src/gallery/states/control-plane.ts';
import { CHROMIUM, NARROW, NO_CHROMIUM, openBrowser, openContext } from './support/chromium.ts';
import { axeFindings, layoutFaults, servePage } from './support/gallery.ts';
import { pageFolder } from './support/page-folder.ts';
import { withKeyboard } from './support/person.ts';
import { wordsIn } from './support/words.ts';

const about = CHROMIUM === undefined ? ` (${NO_CHROMIUM})` : '';
const AA = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] };

/** What a box says in a state of the gallery. */
function viewIn(name: string): ViewInput {
  const view = CONTROL_PLANE.find((state) => state.name === `control-plane-${name}`)?.view;
  if (view === undefined) throw new Error(`there is no state ${name}`);
  return view;
}

interface FailedBox {
  /** Bodies of the requests that came. */
  readonly asked: unknown[];
}

/** A box on which a control plane has failed; once it is asked to, it tries again and takes some looks for it. */
async function serveFailedBox(page: Page): Promise<FailedBox> {
  const box: FailedBox = { asked: [] };
  let looks = 0;
  const headers = { 'x-appliance-build': 'b1' };
  await page.route('**/api/**', (route) => route.fulfill({ status: 503, headers, body: '' }));
  await page.route('**/api/session', (route) => route.fulfill({ headers, json: session() }));
  await page.route('**/api/requests', (route) => {
    box.asked.push(route.request().postDataJSON());
    return route.fulfill({ status: 202, headers, json: { intentRevision: 8 } });
  });
  await page.route('**/api/status', (route) => {
    if (box.asked.length > 0) looks += 1;
    const shown = viewIn(looks === 0 ? 'given-up' : looks < 4 ? 'rolling' : 'probation');
    const { status } = shown;
    const intentRevision = looks === 0 ? 7 : 8;
    const said = status === undefined ? {} : { status: { ...status, intentRevision } };
    return route.fulfill({ headers, json: { ...shown, intentRevision, ...said } });
  });
  return box;
}

describe.skipIf(CHROMIUM === undefined)(`a control plane that failed${about}`, () => {
  it.each(['en', 'de'] as const)(
    'R-09 R-52 E-13 is tried again by the keyboard alone, on a small dark screen, after its consequence was read (%s)',
    async (locale) => {
      const [browser, site, t] = await Promise.all([openBrowser(), servePage(pageFolder()), wordsIn(locale)]);
      try {
        const { context, complaints } = await openContext(browser, {
          ...{ baseURL: site.url, ...NARROW, colorScheme: 'dark', reducedMotion: 'reduce' },
        });
        const page = await context.newPage();
        await page.addInitScript((chosen) => localStorage.setItem('appliance-locale', chosen), locale);
        await page.clock.install({ time: GALLERY_NOW });
        const box = await serveFailedBox(page);
        let loads = 0;
        page.on('load', () => (loads += 1));
        await page.goto('/');
        const button = page.getByRole('button', { name: t('overview.ask.retry-control-plane') });
        await button.waitFor();
        const isFocused = (): Promise<boolean> => button.evaluate((one) => one === document.activeElement);
        const hands = withKeyboard(page);
        await hands.press(button);
        const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'));
        await dialog.waitFor();
        const version = '0.10.0';
        for (const key of ['title', 'does', 'fails', 'untouched'] as const)
          await dialog.getByText(t(`overview.dialog.retry-control-plane.${key}`, { version })).waitFor();
        expect(await axeFindings(page, AA)).toEqual([]);
        expect(await layoutFaults(page)).toEqual([]);
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
        expect(box.asked, 'closing it asks for nothing').toEqual([]);
        expect(await isFocused(), 'the focus is back').toBe(true);

        await page.keyboard.press('Enter');
        const confirm = dialog.getByRole('button', {
          name: t('overview.dialog.retry-control-plane.confirm'),
        });
        await hands.press(confirm);
        await dialog.waitFor({ state: 'detached' });
        for (let second = 0; second < 30; second += 1) await page.clock.runFor(1_000);
        const card = page.locator('#control-plane');
        await card.getByText(t('overview.cp.probation', { version })).first().waitFor();
        await card.getByText(t('overview.cp.page')).waitFor();
        expect(box.asked.map((body) => VerbBody.parse(body).verb)).toEqual(['retry-control-plane']);
        expect(loads, 'the page stays: it is still the same build').toBe(1);
        expect(complaints).toEqual([]);
      } finally {
        await browser.close();
        await site.close();
      }
    },
  );
});
