import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionView } from 'host-service/contract/api/session.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import { openBox, PASSWORD, type Box, type Visitor } from './support/box.ts';
import { CHROMIUM, NO_CHROMIUM } from './support/chromium.ts';
import { eventually } from './support/eventually.ts';
import { installBox } from './support/install.ts';
import { withMouse } from './support/person.ts';
import { addUser } from './support/users.ts';

const about = CHROMIUM === undefined ? ` (${NO_CHROMIUM})` : '';

describe.skipIf(CHROMIUM === undefined)(`several people at one box${about}`, () => {
  let box: Box;
  let one: Visitor;
  let other: Visitor;

  beforeAll(async () => {
    box = await openBox();
    await installBox(box);
    [one, other] = await Promise.all([box.visit(), box.visit()]);
    await Promise.all([one, other].map((each) => each.box.signIn(withMouse, 'admin', PASSWORD)));
  });
  afterAll(() => box?.close());

  const hold = async (visitor: Visitor, verb: 'hold' | 'unhold'): Promise<void> => {
    await withMouse.press(visitor.box.button(`overview.ask.${verb}`));
    await withMouse.press(visitor.box.answer(`overview.dialog.${verb}.confirm`));
    await visitor.box.noDialog();
  };

  it('see within a moment what the other does, and the same after a reload at any time (E-25, R-02)', async () => {
    await hold(one, 'hold');
    const from = performance.now();
    await other.box.sees('overview.control.hold-now');
    console.log(`the other browser showed it ${Math.round(performance.now() - from)} ms after the answer`);
    await other.page.reload();
    await other.box.sees('overview.control.hold-now');
    await hold(other, 'unhold');
    await one.box.sees('overview.control.unhold-now');
  });

  it('are told what the other did when both decide at once, and nothing is overwritten (B-66)', async () => {
    await withMouse.press(one.box.button('overview.ask.change-policy'));
    await one.box.answer('overview.dialog.change-policy.confirm').waitFor();
    await hold(other, 'hold');
    await one.box.dialog
      .getByRole('radio', { name: one.box.say('overview.policy.hold') })
      .first()
      .click();
    await withMouse.press(one.box.answer('overview.dialog.change-policy.confirm'));
    await one.box.dialog.getByText(one.box.say('overview.changed.hold')).waitFor();
    await withMouse.press(one.box.answer('common.cancel'));
    await one.box.noDialog();
    const { intent, updatePolicy } = await one.box.api<StatusView>('/api/status');
    expect(intent.hold).toBe(true);
    expect(updatePolicy.update).toBe('approve');
    await hold(other, 'unhold');
    await one.box.sees('overview.control.unhold-now');
  });

  it('get one answer for a double click, and see at once that it was heard (R-03, B-67)', async () => {
    const { page } = one;
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.method() !== 'GET') asked.push(`${request.method()} ${new URL(request.url()).pathname}`);
    });
    await withMouse.press(one.box.button('overview.ask.hold'));
    const confirm = one.box.answer('overview.dialog.hold.confirm');
    await confirm.waitFor();
    const before = await box.stage.intentRevision();
    const from = performance.now();
    await confirm.dblclick();
    await one.box.noDialog();
    const tookMs = performance.now() - from;
    console.log(`a click was answered after ${Math.round(tookMs)} ms`);
    expect(tookMs).toBeLessThan(3000);
    await one.box.sees('overview.control.hold-now');
    expect(asked).toEqual(['PUT /api/intent']);
    expect(await box.stage.intentRevision()).toBe((before ?? 0) + 1);
    page.removeAllListeners('request');
  });

  it('learn the truth when the answer to a change is lost on the way (R-06)', async () => {
    const { page } = one;
    await page.route('**/api/intent*', async (route) => {
      await route.fetch();
      await route.abort('connectionreset');
    });
    await withMouse.press(one.box.button('overview.ask.unhold'));
    await withMouse.press(one.box.answer('overview.dialog.unhold.confirm'));
    await one.box.dialog.locator('[data-problem="client.disconnected"]').waitFor();
    await one.box.sees('overview.control.unhold-now');
    await page.unroute('**/api/intent*');
    await page.keyboard.press('Escape');
    await one.box.noDialog();
    const { intent } = await one.box.api<StatusView>('/api/status');
    expect(intent.hold).toBe(false);
  });

  it('keep an open choice and what is typed while the page is fed, and a dialog while others act (B-82)', async () => {
    await withMouse.press(one.box.button('overview.ask.hold'));
    const reason = one.box.dialog.getByRole('textbox');
    await reason.fill('back on Monday');
    const node = await reason.elementHandle();
    for (const verb of ['hold', 'unhold'] as const) {
      await hold(other, verb);
      await one.box.text(one.box.say(`overview.control.${verb}-now`)).waitFor({ state: 'attached' });
      expect(await node?.evaluate((element) => element.isConnected)).toBe(true);
      expect(await reason.inputValue()).toBe('back on Monday');
    }
    await one.page.keyboard.press('Escape');
    await one.box.noDialog();
  });

  it('stay signed in when the control plane starts again, and the page goes on by itself (E-24, B-56, B-74)', async () => {
    await one.box.go(withMouse, 'history');
    await one.box.sees('history.intro');
    const { starts } = box.stage.controlPlane;
    await box.stage.controlPlane.kill();
    await eventually(
      'a new control plane',
      () => Promise.resolve(box.stage.controlPlane.starts),
      (n) => n > starts,
    );
    const session = async (): Promise<string | undefined> =>
      one.box.api<SessionView>('/api/session').then(
        ({ user }) => user,
        () => undefined,
      );
    await eventually('the session', session, (user) => user === 'admin', 30_000);
    await one.box.go(withMouse, 'overview');
    await hold(one, 'hold');
    await other.box.sees('overview.control.hold-now');
    await hold(other, 'unhold');
    await one.box.sees('overview.control.unhold-now');
    expect(await one.page.locator('[data-problem]').count(), 'what is over is not shown').toBe(0);
  });

  it('may look without being an admin: everything is there, nothing can be pressed, and the page says why (R-25)', async () => {
    await addUser(box, { name: 'watcher', role: 'viewer', password: PASSWORD });
    const viewer = await box.visit();
    await viewer.box.signIn(withMouse, 'watcher', PASSWORD);
    await viewer.box.sees('overview.hero.running', { product: 'AlgaPSA', version: '1.0.0' });
    const controls = viewer.box.region('overview.controls.title');
    await controls.getByText(viewer.box.say('overview.gate.viewer'), { exact: true }).first().waitFor();
    for (const key of ['hold', 'pin', 'change-channel', 'change-policy']) {
      const button = viewer.box.button(`overview.ask.${key}`);
      expect(await button.getAttribute('aria-disabled')).toBe('true');
      await button.click({ force: true });
      expect(await viewer.box.dialog.count()).toBe(0);
    }
    for (const screen of ['releases', 'history'] as const) {
      await viewer.box.go(withMouse, screen);
      await viewer.box.sees(`${screen}.intro`);
    }
    const answer = await viewer.page.request.put('/api/intent?dry_run=0', {
      headers: { origin: box.url, 'if-match': `"${await box.stage.intentRevision()}"` },
      data: { hold: true },
    });
    expect(answer.status()).toBe(403);
    expect(await answer.json()).toMatchObject({ code: 'session.denied' });
    await viewer.context.close();
  });

  it('are signed out in all their tabs at once', async () => {
    const tab = await other.context.newPage();
    await tab.goto('/releases');
    await tab.getByRole('heading', { level: 1, name: other.box.say('releases.title') }).waitFor();
    await other.box.signOut(withMouse, 'admin');
    for (const page of [other.page, tab]) {
      const heading = page.getByRole('heading', { name: other.box.say('session.login.title') });
      await heading.waitFor({ timeout: 40_000 });
    }
    await one.box.sees('overview.hero.running', { product: 'AlgaPSA', version: '1.0.0' });
  });
});
