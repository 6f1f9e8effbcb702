import type { Locator, Page } from 'playwright-core';
import { PROMPT_MS, type Person } from './person.ts';
import type { Say } from './words.ts';

type Values = Readonly<Record<string, string | number>>;

/** The page of a box as people know it: by what stands on it, in their language. */
export class BoxPage {
  readonly page: Page;
  readonly say: Say;

  constructor(page: Page, say: Say) {
    this.page = page;
    this.say = say;
  }

  /** Text that can be seen, not only heard. */
  text(text: string): Locator {
    return this.page.getByText(text, { exact: true }).and(this.page.locator(':not(.sr-only)')).first();
  }

  /** Waits until the words of a key can be seen. */
  async sees(key: string, values?: Values, timeoutMs = 40_000): Promise<void> {
    await this.text(this.say(key, values)).waitFor({ timeout: timeoutMs });
  }

  button(key: string, values?: Values): Locator {
    return this.page.getByRole('button', { name: this.say(key, values), exact: true }).first();
  }

  region(key: string, values?: Values): Locator {
    return this.page.getByRole('region', { name: this.say(key, values), exact: true });
  }

  field(key: string): Locator {
    return this.page.getByLabel(this.say(key), { exact: true });
  }

  get dialog(): Locator {
    return this.page.getByRole('alertdialog');
  }

  /** The button in the open dialog. */
  answer(key: string, values?: Values): Locator {
    return this.dialog.getByRole('button', { name: this.say(key, values), exact: true });
  }

  async noDialog(): Promise<void> {
    await this.dialog.waitFor({ state: 'detached', timeout: PROMPT_MS });
  }

  /** Opens the link on the console and makes the box one's own. The code comes with the link. */
  async claim(person: Person, code: string, password: string): Promise<void> {
    await this.page.goto(`/claim#code=${code}`);
    await this.sees('session.claim.title');
    await person.write(this.field('session.claim.password'), password);
    await person.press(this.button('session.claim.submit'));
    await this.button('shell.account', { user: 'admin' }).waitFor({ timeout: PROMPT_MS });
  }

  async signIn(person: Person, user: string, password: string, path = '/'): Promise<void> {
    await this.page.goto(path);
    await person.write(this.field('session.login.user'), user);
    await person.write(this.field('session.login.password'), password);
    await person.press(this.button('session.login.submit'));
    await this.button('shell.account', { user }).waitFor({ timeout: PROMPT_MS });
  }

  async signOut(person: Person, user: string): Promise<void> {
    await person.press(this.button('shell.account', { user }));
    await person.press(this.page.getByRole('menuitem', { name: this.say('shell.account.signOut') }));
  }

  /** Goes to a screen by the page's own navigation. */
  async go(person: Person, screen: 'setup' | 'overview' | 'releases' | 'history'): Promise<void> {
    const nav = this.page.getByRole('navigation', { name: this.say('shell.nav') });
    await person.press(nav.getByRole('link', { name: this.say(`shell.nav.${screen}`) }));
  }

  /** Opens the dialog for an offered release; answers what it says. */
  async askForUpdate(person: Person, version: string): Promise<Locator> {
    await person.press(this.button('overview.ask.approve', { version }));
    await this.dialog.waitFor({ timeout: PROMPT_MS });
    return this.dialog;
  }

  /** Asks for an offered release and confirms. */
  async approve(person: Person, version: string): Promise<void> {
    await this.askForUpdate(person, version);
    await person.press(this.answer('overview.dialog.approve.confirm', { version }));
    await this.noDialog();
  }

  /** Asks for the way back to an earlier release and confirms. */
  async goBack(person: Person, version: string): Promise<void> {
    await person.press(this.button('overview.ask.go-back', { version }));
    await person.press(this.answer('overview.dialog.go-back.confirm', { version }));
    await this.noDialog();
  }

  /** Waits until nothing stands for something that is still on its way. */
  async settled(): Promise<void> {
    const loading = this.page.getByText(this.say('common.loading'), { exact: true }).first();
    await loading.waitFor({ state: 'detached', timeout: PROMPT_MS });
  }

  /** By how many pixels the page is wider than the window; more than 0 means that one has to scroll sideways. */
  overflow(): Promise<number> {
    return this.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
  }

  /** Signed requests of the page's own session, as its programs would make them. */
  async api<T>(path: string): Promise<T> {
    const answer = await this.page.request.get(path, { timeout: 5_000 });
    if (!answer.ok()) throw new Error(`${path}: ${answer.status()}`);
    return (await answer.json()) as T;
  }
}
