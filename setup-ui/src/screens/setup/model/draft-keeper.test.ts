import type { DraftChange, SetupView } from 'host-service/contract/api/setup.ts';
import { SetupView as Schema } from 'host-service/contract/api/setup.ts';
import type { ProblemCode } from 'host-service/contract/problem.ts';
import { describe, expect, it } from 'vitest';
import { PageProblem } from '../../../api/page-problem.ts';
import { setupView } from '../../../gallery/states/setup.ts';
import { AGAIN_MS, DraftKeeper, QUIET_MS } from './draft-keeper.ts';
import { changeOf, serverValueOf, type Slot } from './slots.ts';

/** A box with one draft that checks revisions as the real one does, and a clock that only the test moves. */
class Draft {
  server: SetupView = Schema.parse(setupView({ revision: '1' }));
  page: SetupView = this.server;
  readonly sent: { readonly change: DraftChange; readonly isLast: boolean }[] = [];
  problem: ProblemCode | undefined;
  /** Called while a change is on its way. */
  onSend: () => void = () => undefined;
  readonly timers: { action: () => void; ms: number }[] = [];
  readonly keeper = new DraftKeeper({
    view: () => this.page,
    took: (view) => void (this.page = view),
    refresh: () => Promise.resolve(this.server),
    send: (change, revision, isLast) => this.#send(change, revision, isLast),
    delay: (action, ms) => {
      const timer = { action, ms };
      this.timers.push(timer);
      return () => void this.timers.splice(this.timers.indexOf(timer) >>> 0, 1);
    },
  });

  /** What another device writes. */
  write(change: DraftChange): void {
    const questions = this.server.questions.map((question) => {
      const answer = change.answers?.[question.name];
      const secret = change.secrets?.[question.name];
      if (answer !== undefined)
        return { ...question, answer: answer ?? undefined, isAnswered: answer !== null };
      return secret === undefined ? question : { ...question, isAnswered: secret !== null };
    });
    this.server = Schema.parse({
      ...this.server,
      questions,
      revision: String(Number(this.server.revision) + 1),
    });
  }

  async #send(change: DraftChange, revision: string, isLast: boolean): Promise<SetupView> {
    this.sent.push({ change, isLast });
    await Promise.resolve();
    this.onSend();
    if (this.problem !== undefined) throw new PageProblem(this.problem, 'x');
    if (revision !== this.server.revision) throw new PageProblem('request.conflict', revision);
    this.write(change);
    return this.server;
  }

  async tick(): Promise<void> {
    for (const timer of this.timers.splice(0)) timer.action();
    await this.keeper.flush();
  }

  answer(name: string): unknown {
    return this.server.questions.find((question) => question.name === name)?.answer;
  }
}

const NAME: Slot = 'answer:tenantName';

describe('the draft of the setup', () => {
  it('R-08 is saved after a pause in typing, and once for all keystrokes before it', async () => {
    const draft = new Draft();
    for (const text of ['E', 'Ex', 'Exa']) draft.keeper.type(NAME, text);
    expect(draft.sent).toEqual([]);
    expect(draft.timers.map(({ ms }) => ms)).toEqual([QUIET_MS]);
    await draft.tick();
    expect(draft.sent).toEqual([{ change: { answers: { tenantName: 'Exa' } }, isLast: false }]);
    expect(draft.keeper.get().state).toBe('saved');
  });

  it('R-08 leaves what stands in a field as it was typed until the field is left, then shows what the box has', async () => {
    const draft = new Draft();
    draft.keeper.type(NAME, 'Example ');
    await draft.tick();
    expect(draft.keeper.get().typed.get(NAME)).toBe('Example ');
    draft.keeper.leave(NAME);
    expect(draft.keeper.get().typed.has(NAME)).toBe(false);
    expect(draft.answer('tenantName')).toBe('Example');
  });

  it('R-08 keeps what was typed when another device saves first, reads again, and says so', async () => {
    const draft = new Draft();
    draft.keeper.type(NAME, 'Mine');
    draft.write({ answers: { tenantName: 'Theirs', adminFirstName: 'Grace' } });
    expect(await draft.keeper.flush()).toBe(true);
    expect(draft.answer('tenantName')).toBe('Mine');
    expect(draft.answer('adminFirstName')).toBe('Grace');
    expect(draft.keeper.get().overtaken).toEqual([NAME]);
    draft.keeper.dismiss();
    expect(draft.keeper.get().overtaken).toEqual([]);
  });

  it('gives up after some conflicts instead of asking for ever, and keeps what was typed', async () => {
    const draft = new Draft();
    draft.onSend = () => draft.write({});
    draft.keeper.type(NAME, 'Mine');
    expect(await draft.keeper.flush()).toBe(false);
    expect(draft.sent.length).toBeLessThan(10);
    expect(draft.keeper.get()).toMatchObject({
      state: 'failed',
      problem: { body: { code: 'request.conflict' } },
    });
    expect(draft.keeper.get().typed.get(NAME)).toBe('Mine');
  });

  it.each(['client.disconnected', 'cluster.unavailable', 'cluster.timeout', 'cluster.overloaded'] as const)(
    'R-08 is sent again by itself when the box, or what keeps its data, was away (%s)',
    async (code) => {
      const draft = new Draft();
      draft.problem = code;
      draft.keeper.type(NAME, 'Mine');
      expect(await draft.keeper.flush()).toBe(false);
      expect(draft.timers.map(({ ms }) => ms)).toEqual([AGAIN_MS]);
      draft.problem = undefined;
      await draft.tick();
      expect(draft.answer('tenantName')).toBe('Mine');
      expect(draft.keeper.get()).toMatchObject({ state: 'saved', problem: undefined });
    },
  );

  it('is not sent again by itself when the box refuses it', async () => {
    const draft = new Draft();
    draft.problem = 'session.denied';
    draft.keeper.type(NAME, 'Mine');
    await draft.keeper.flush();
    expect(draft.timers).toEqual([]);
    expect(draft.keeper.get().typed.get(NAME)).toBe('Mine');
  });

  it('R-08 saves also what was typed while the answer was on its way', async () => {
    const draft = new Draft();
    draft.onSend = () => {
      draft.onSend = () => undefined;
      draft.keeper.type(NAME, 'Second');
    };
    draft.keeper.type(NAME, 'First');
    expect(await draft.keeper.flush()).toBe(true);
    expect(draft.answer('tenantName')).toBe('Second');
    expect(draft.sent).toHaveLength(2);
  });

  it('R-08 goes out with the page when that is closed in the middle of a word', () => {
    const draft = new Draft();
    draft.keeper.bye();
    expect(draft.sent).toEqual([]);
    draft.keeper.type(NAME, 'Half a wo');
    draft.keeper.bye();
    expect(draft.sent).toEqual([{ change: { answers: { tenantName: 'Half a wo' } }, isLast: true }]);
  });

  it('S2 sends a secret apart, keeps a stored one when the field is emptied, and forgets it after the field was left', async () => {
    const draft = new Draft();
    const slot: Slot = 'secret:adminPassword';
    draft.keeper.type(slot, ' with blanks ');
    draft.keeper.type(slot, '');
    await draft.keeper.flush();
    expect(draft.sent).toEqual([]);
    draft.keeper.type(slot, ' with blanks ');
    draft.keeper.leave(slot);
    await draft.keeper.flush();
    expect(draft.sent.map(({ change }) => change)).toEqual([{ secrets: { adminPassword: ' with blanks ' } }]);
    expect(draft.keeper.get().typed.has(slot)).toBe(false);
    draft.keeper.choose(slot, null);
    await draft.keeper.flush();
    expect(draft.sent.at(-1)?.change).toEqual({ secrets: { adminPassword: null } });
  });

  it('writes channel and exact release beside the answers', () => {
    const pending = new Map<Slot, string | null>([
      ['channel', 'nightly'],
      ['pin', ' 2.2.0 '],
      [NAME, null],
    ]);
    expect(changeOf(pending)).toEqual({ channel: 'nightly', pin: '2.2.0', answers: { tenantName: null } });
    expect(changeOf(new Map([['pin', null]]))).toEqual({ pin: null });
    const { server } = new Draft();
    expect(serverValueOf(server, 'channel')).toBe('stable');
    expect(serverValueOf(server, 'secret:adminPassword')).toBe('');
  });
});
