import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NetworkBox } from '../edges/network-box.ts';
import { BoxPage } from './support/box-page.ts';
import { PASSWORD } from './support/box.ts';
import { CHROMIUM, NO_CHROMIUM, openBrowser, openContext } from './support/chromium.ts';
import { eventually } from './support/eventually.ts';
import { forbiddenWords } from './support/gallery.ts';
import { pageFolder } from './support/page-folder.ts';
import { focusOf, PROMPT_MS, withKeyboard } from './support/person.ts';
import { wordsIn } from './support/words.ts';

const about = CHROMIUM === undefined ? ` (${NO_CHROMIUM})` : '';
const PROXY_SECRET = 'planted-proxy-x9Q';
const CREDENTIAL = { user: 'corp-user', password: PROXY_SECRET };

const stateOf = (page: Page, check: string): Promise<string | null> =>
  page.locator(`[data-check="${check}"]`).first().getAttribute('data-check-state', { timeout: PROMPT_MS });

describe.skipIf(CHROMIUM === undefined)(`the way out of the house${about}`, { timeout: 240_000 }, () => {
  let browser: Browser;
  let box: NetworkBox | undefined;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await box?.close();
  });

  it('is mended from a failed check by keyboard alone: a proxy with a password, the authority that opens connections, tested before it is saved (R-28, R-30, R-31, S4)', async () => {
    box = await NetworkBox.open({
      proxy: { credential: CREDENTIAL, isInspecting: true },
      config: () => ({ ui: pageFolder(), pollMs: 1000 }),
    });
    const { stage, corp, host } = box;
    const { context, complaints } = await openContext(browser, {
      baseURL: stage.controlPlane.url,
      locale: 'en-GB',
    });
    const page = await context.newPage();
    const at = new BoxPage(page, await wordsIn('en'));
    const person = withKeyboard(page);
    await at.claim(person, await stage.claimCode(), PASSWORD);
    await page.waitForURL(/\/setup\/answers/);
    await page.goto('/setup/checks');

    // Nobody here can find the vendor's name; the check leads to the page, and the focus is where it can be mended.
    await eventually(
      'the name is not found',
      () => stateOf(page, 'registry.dns'),
      (state) => state === 'failed',
      60_000,
    );
    await person.press(page.locator('[data-fix="registry.dns"]').first());
    await page.waitForURL(/\/network\?from=/);
    const card = page.locator(`[data-host="${host}"]`);
    await card.waitFor({ timeout: PROMPT_MS });
    const verdict = card.locator('[data-test]');
    const test = card.getByRole('button', { name: at.say('network.test.what', { host }) });
    const field = (key: 'network.proxy.https' | 'network.credential.user' | 'network.credential.password') =>
      page.locator('#network-proxy').getByLabel(at.say(key), { exact: true });
    const hopState = (hop: string): Promise<string | null> =>
      verdict.locator(`[data-hop=${hop}]`).getAttribute('data-hop-state', { timeout: PROMPT_MS });

    // A proxy without its password: the test says what is missing and leads there.
    await person.write(field('network.proxy.https'), box.proxy?.address ?? '');
    await person.press(test);
    await eventually(
      'the proxy wants a password',
      () => hopState('answer'),
      (state) => state === 'bad',
      60_000,
    );
    await person.press(verdict.getByRole('button', { name: at.say('network.advice.proxy-credential') }));
    await person.write(field('network.credential.user'), CREDENTIAL.user);
    await person.write(field('network.credential.password'), CREDENTIAL.password);
    await person.press(test);
    await eventually(
      'its certificate is not trusted',
      () => hopState('certificate'),
      (state) => state === 'bad',
      60_000,
    );
    expect(await verdict.innerText()).toContain('Corp Inspection');

    // The authority is pasted where the advice leads.
    await person.press(verdict.getByRole('button', { name: at.say('network.advice.authority') }));
    expect((await focusOf(page)).isVisible).toBe(true);
    await page.keyboard.insertText(corp.pem);
    await at.sees('network.authorities.added', { n: 1 });
    await person.press(test);
    await eventually(
      'all is well',
      () => verdict.getAttribute('data-test'),
      (state) => state === 'good',
      60_000,
    );
    expect(await forbiddenWords(page)).toEqual([]);

    // What it touches is said before it is saved; the password is shown to nobody afterwards.
    await person.press(at.button('network.save'));
    await page.locator('[data-touch=control-plane]').waitFor({ timeout: PROMPT_MS });
    await person.press(at.button('network.confirm.save'));
    await at.sees('network.save.saved');
    const stored = await at.api<unknown>('/api/network');
    expect(JSON.stringify(stored)).not.toContain(PROXY_SECRET);
    expect(JSON.stringify(stored)).toContain('Corp Inspection');
    expect(await page.locator('main').innerText()).not.toContain(PROXY_SECRET);

    // Back where one was: the checks pass, and a release can be chosen.
    await person.press(page.getByRole('link', { name: at.say('network.back.setup') }));
    await page.waitForURL(/\/setup\/checks/);
    // A certificate that ends soon is worth a word and stands in nobody's way.
    const good = new Set(['passed', 'warning']);
    for (const check of ['registry.connect', 'registry.tls', 'registry.interception', 'registry.http'])
      await eventually(
        `${check} stands in nobody's way`,
        () => stateOf(page, check),
        (state) => good.has(state ?? ''),
        90_000,
      );
    expect(complaints).toEqual([]);
    await context.close();
  });
});
