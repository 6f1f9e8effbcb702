import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionsView } from 'host-service/contract/api/session.ts';
import { openBox, PASSWORD, type Box, type Visitor } from './support/box.ts';
import { CHROMIUM, NARROW, NO_CHROMIUM } from './support/chromium.ts';
import { withKeyboard, withMouse } from './support/person.ts';

const about = CHROMIUM === undefined ? ` (${NO_CHROMIUM})` : '';
const PROGRAM = fileURLToPath(new URL('../../host-service/bin/appliance.ts', import.meta.url));
const WRONG = 'AAAA-AAAA-AAAA';
/** Milliseconds in which another device shows what was done here. */
const SECONDS_MS = 30_000;

/** What the console of the box says: code and words. */
async function consoleOf({
  stage,
}: Box): Promise<{ readonly code: string; readonly words: readonly string[] }> {
  const argv = [PROGRAM, 'claim-code', '--kubeconfig', stage.world.kubeconfig, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { timeout: 60_000 });
  return JSON.parse(stdout) as { code: string; words: string[] };
}

const tryCode = (visitor: Visitor, origin: string, code: string) =>
  visitor.page.request.post('/api/claim', {
    headers: { origin },
    data: { code, user: 'admin', password: PASSWORD },
  });

describe.skipIf(CHROMIUM === undefined)(`the first page of a box${about}`, () => {
  let box: Box;
  let one: Visitor;
  let german: Visitor;

  beforeAll(async () => {
    box = await openBox();
    // From then on it is there.
    await box.stage.claimCode();
    [one, german] = await Promise.all([box.visit(), box.visit({ language: 'de', ...NARROW })]);
  });
  afterAll(() => box?.close());

  it('R-43 shows the words that the console shows, also in German on the narrowest phone, and how good a password is', async () => {
    const { words } = await consoleOf(box);
    for (const { page, box: own } of [one, german]) {
      await page.goto('/');
      const list = page.getByRole('list', { name: own.say('session.words.label') });
      await list.waitFor();
      const shown = await list.getByRole('listitem').allInnerTexts();
      expect(shown.map((text) => text.replace(/[^a-z]/g, ''))).toEqual(words);
      await own.field('session.claim.password').fill('Willkommen2024!');
      await page.locator('[data-strength=guessable]').waitFor();
      await own.field('session.claim.password').fill(PASSWORD);
      await page.locator('[data-strength=strong]').waitFor();
      expect(await own.overflow()).toBeLessThanOrEqual(0);
    }
  });

  it('R-43 B-71 locks after wrong codes with a countdown, over a restart of the control plane, and a new code from the box ends it', async () => {
    for (let n = 0; n < 5; n += 1) expect((await tryCode(one, box.url, WRONG)).status()).toBe(401);
    const open = async ({ page, box: own }: Visitor, code: string): Promise<void> => {
      // As a link that is opened anew: a page that only gets another fragment stays as it is.
      await page.goto('about:blank');
      await page.goto(`/claim#code=${code}`);
      await own.field('session.claim.password').fill(PASSWORD);
      expect(page.url()).not.toContain(code);
    };
    const submit = async (visitor: Visitor, code: string): Promise<void> => {
      await open(visitor, code);
      await withKeyboard(visitor.page).press(visitor.box.button('session.claim.submit'));
    };
    await submit(one, WRONG);
    await one.page.locator('[data-problem="session.locked"]').waitFor();
    await one.page.getByRole('timer').waitFor();
    const { starts } = box.stage.controlPlane;
    await box.stage.controlPlane.kill();
    await expect.poll(() => box.stage.controlPlane.starts, { timeout: 60_000 }).toBeGreaterThan(starts);
    await expect
      .poll(async () => (await one.page.request.get('/api/session')).ok(), { timeout: 60_000 })
      .toBe(true);
    await submit(german, WRONG);
    await german.page.locator('[data-problem="session.locked"]').waitFor();
    const { code } = await consoleOf(box);
    await submit(one, WRONG);
    await one.page.locator('[data-problem="session.code-wrong"]').waitFor();
    await open(german, WRONG);
    await one.page.goto('about:blank');
    await one.box.claim(withMouse, code, PASSWORD);
    // The other one had the page open meanwhile.
    await withKeyboard(german.page).press(german.box.button('session.claim.submit'));
    await german.page.locator('[data-problem="session.already-claimed"]').waitFor();
    await german.box.sees('session.claim.somebody');
    await withKeyboard(german.page).press(german.box.button('session.claim.already'));
    await german.box.sees('session.login.title');
  });

  it('S15 ends the session of another device from the list, which is at the sign-in within seconds and says why', async () => {
    await german.box.signIn(withMouse, 'admin', PASSWORD);
    await withMouse.press(one.box.button('shell.account', { user: 'admin' }));
    await withMouse.press(one.page.getByRole('menuitem', { name: one.box.say('shell.account.sessions') }));
    await one.box.sees('session.list.title');
    await one.box.sees('session.list.this');
    const { sessions } = await one.box.api<SessionsView>('/api/sessions');
    const there = sessions.find(({ isThis }) => !isThis);
    await withMouse.press(one.page.locator(`[data-session="${there?.id}"]`).getByRole('button'));
    await withMouse.press(one.box.answer('session.list.end'));
    await one.box.sees('session.list.alone');
    await german.box.sees('session.login.signedOut', undefined, SECONDS_MS);
    await german.box.signIn(withMouse, 'admin', PASSWORD);
    await german.box.sees('setup.answers.title');
    await german.box.signOut(withMouse, 'admin');
    await german.box.sees('session.login.title');
    expect(await german.box.text(german.box.say('session.login.signedOut')).count()).toBe(0);
  });
});
