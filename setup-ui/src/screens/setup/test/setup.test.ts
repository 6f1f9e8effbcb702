import type { OperationView } from 'host-service/contract/api/operations.ts';
import { SetupView } from 'host-service/contract/api/setup.ts';
import { StatusView } from 'host-service/contract/api/status.ts';
import { StepKind } from 'host-service/contract/operation.ts';
import { describe, expect, it } from 'vitest';
import { galleryStateOf, type GalleryState } from '../../../gallery/gallery-state.ts';
import { freshView, setupView } from '../../../gallery/states/setup.ts';
import { STATES } from '../../../gallery/states/all.ts';
import { groupsOf, mistakesOf, shownMistakeOf } from '../answers/derive-questions.ts';
import { doneOf, reportOf } from '../install/derive-done.ts';
import { failureOf, failureText } from '../install/failure/derive-failure.ts';
import { isProving, isUnseen, leftOf, newestOf, standingOf } from '../install/derive-run.ts';
import { unplugOf } from '../install/unplug.ts';
import { isSetUp } from '../model/is-set-up.ts';
import { isToldByStep } from '../frame/told-by-step.ts';
import { firstStepOf, stepOf, timelineOf, type SetupFacts } from '../model/steps.ts';
import { obstacleOf, stepFor } from '../plan/derive-obstacle.ts';

function stateOf(name: string): GalleryState {
  const input = STATES.find((state) => state.name === name);
  if (input === undefined) throw new Error(`no state ${name}`);
  return galleryStateOf(input);
}

function factsOf(name: string): SetupFacts {
  const { setup, view, checks } = stateOf(name);
  if (setup === undefined || view === undefined) throw new Error(`${name} is no state of the setup`);
  return { setup, status: view, checks };
}

const statesOf = (facts: SetupFacts) => timelineOf(facts).map(({ state }) => state);

describe('the steps of the setup', () => {
  it('lead a newcomer to the questions, later to what is left, and at last to the installation', () => {
    expect(firstStepOf(factsOf('setup-new'))).toBe('answers');
    expect(firstStepOf(factsOf('setup-answered'))).toBe('plan');
    expect(firstStepOf(factsOf('setup-run'))).toBe('install');
    expect(firstStepOf(factsOf('setup-done'))).toBe('install');
  });

  it('say what is done, what needs somebody, and what has not come yet', () => {
    expect(statesOf(factsOf('setup-mistake'))).toEqual(['open', 'done', 'done', 'open', 'closed']);
    expect(statesOf(factsOf('setup-code-refused'))[0]).toBe('attention');
    expect(statesOf(factsOf('setup-failed')).at(-1)).toBe('attention');
    const { checks, ...facts } = factsOf('setup-answered');
    expect(statesOf({ ...facts, checks: { checks: [], ...checks, mayInstall: false } })[2]).toBe('attention');
  });

  it('have addresses, and no others', () => {
    expect(stepOf('plan')).toBe('plan');
    expect(stepOf('nonsense')).toBeUndefined();
    expect(stepOf(undefined)).toBeUndefined();
  });

  it('come first until something has worked here: a box that points at a release has not yet', () => {
    const running = stateOf('setup-run').view;
    expect(running && isSetUp(running)).toBe(false);
    const pointed = running?.status && {
      ...running,
      status: { ...running.status, running: running.status.target },
    };
    expect(pointed && isSetUp(pointed)).toBe(false);
    for (const name of ['running', 'updating', 'degraded-core'])
      expect(isSetUp(factsView(name)), name).toBe(true);
    expect(isSetUp(StatusView.parse(freshView()))).toBe(false);
  });
});

function factsView(name: string): StatusView {
  const { view } = stateOf(name);
  if (view === undefined) throw new Error(`${name} has no view`);
  return view;
}

describe('the questions of the setup', () => {
  const { setup } = factsOf('setup-mistake');

  it('stand in their blocks in the order of the product', () => {
    const groups = groupsOf(setup);
    expect(groups.map(({ title }) => title)).toEqual([
      'Your company',
      'First administrator',
      'Address',
      'Licence',
    ]);
    expect(groups.map(({ isFixedLater }) => isFixedLater)).toEqual([true, true, false, false]);
    expect(groups.flatMap(({ questions }) => questions)).toEqual(setup.questions);
  });

  it('R-07 name everything that is missing or wrong, an empty form none before somebody goes on', () => {
    expect(mistakesOf(setup).map(({ name, mistake }) => [name, mistake])).toEqual([
      ['adminFirstName', 'missing'],
      ['adminLastName', 'missing'],
      ['adminEmail', 'not-an-email'],
      ['adminPassword', 'missing'],
      ['appUrl', 'missing'],
    ]);
    expect(mistakesOf(factsOf('setup-answered').setup)).toEqual([]);
    const [, first, , email] = setup.questions;
    if (first === undefined || email === undefined) throw new Error('no questions');
    expect(shownMistakeOf(first, new Map(), false)).toBeUndefined();
    expect(shownMistakeOf(first, new Map(), true)).toBe('missing');
    expect(shownMistakeOf(email, new Map(), false)).toBe('not-an-email');
    expect(shownMistakeOf(email, new Map([['answer:adminEmail', 'ada@']]), true)).toBeUndefined();
  });
});

describe('the installation', () => {
  const at = (kind: StepKind): Pick<OperationView, 'steps'> => ({
    steps: [{ kind, title: kind, state: 'running', attempts: 1 }],
  });

  it('E-27 is never called safe to unplug while data is written for the first time', () => {
    expect(unplugOf(at('migrate'), {})).toBe('data');
    expect(unplugOf(at('wait-components'), { platform: 'ready' })).toBe('data');
    expect(unplugOf(at('wait-components'), { platform: 'progressing', core: 'ready' })).toBe('data');
    expect(unplugOf(at('wait-components'), { platform: 'ready', core: 'ready' })).toBe('safe');
    expect(unplugOf(at('write-settings'), {})).toBe('safe');
    const unsafe = StepKind.options.filter((kind) => unplugOf(at(kind), {}) === 'data');
    expect(unsafe).toEqual(['point-source', 'migrate', 'wait-components', 'revert', 'roll-control-plane']);
    // The same while it is paused: what has started goes on starting.
    expect(unplugOf(at('point-source'), { platform: 'ready', core: 'ready' })).toBe('safe');
  });

  it('E-05 says how long it may still take, less what the current step has had, and nothing without history', () => {
    const nowMs = Date.parse('2026-03-02T10:00:00Z');
    const step = (state: 'done' | 'running' | 'pending', more: object = {}) => ({
      ...{ kind: 'confirm' as const, title: 'x', state, attempts: 1, usualMs: 60_000, worstMs: 300_000 },
      ...more,
    });
    const begun = { startedAt: '2026-03-02T09:59:40Z' };
    const steps = [step('done'), step('running', begun), step('pending')];
    expect(leftOf(steps, nowMs)).toEqual({ usualMs: 100_000, worstMs: 580_000 });
    expect(leftOf([step('running', { ...begun, pausedMs: 15_000 })], nowMs)?.usualMs).toBe(55_000);
    expect(leftOf([step('running', { startedAt: '2026-03-02T08:00:00Z' })], nowMs)).toEqual({
      usualMs: 0,
      worstMs: 0,
    });
    expect(leftOf(at('confirm').steps, nowMs)).toBeUndefined();
    expect(leftOf([step('done')], nowMs)).toBeUndefined();
  });

  it('shows the newest events first', () => {
    const events = [1, 2, 3].map((n) => ({
      n,
      at: '2026-03-02T10:00:00Z',
      level: 'info' as const,
      text: `${n}`,
    }));
    expect(newestOf(events, 2).map(({ n }) => n)).toEqual([3, 2]);
  });

  it('is waiting, under way, stopped or done, and never two of them', () => {
    const kinds = ['setup-approved', 'setup-run', 'setup-failed', 'setup-done'].map((name) =>
      standingOf(factsView(name)),
    );
    expect(kinds).toEqual(['waiting', 'running', 'failed', 'done']);
  });

  it('B-47 says nothing from before the approval, and stays the same wait until the box says that it runs', () => {
    expect(isUnseen(factsView('setup-unseen'))).toBe(true);
    expect(isUnseen(factsView('setup-approved'))).toBe(false);
    const { operation: ended, ...done } = factsView('setup-done');
    if (ended === undefined || done.status === undefined) throw new Error('no installation');
    expect(isProving({ ...done, operation: ended })).toBe(false);
    const { lastGood, ...status } = done.status;
    expect(lastGood).toBeDefined();
    expect(isProving({ ...done, operation: ended, status })).toBe(true);
  });

  it('leaves to each step what that step is there for', () => {
    const codes = ['plan.settings-missing', 'plan.checks-failed', 'register.code-used', 'registry.connect'];
    expect(codes.map((code) => isToldByStep({ code: code as 'registry.connect' }))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('R-04 tells of a failure what was done, what was not, and what helps', () => {
    const view = factsView('setup-failed');
    if (view.operation === undefined) throw new Error('no operation');
    const failure = failureOf(view, view.operation);
    expect(failure.problem.code).toBe('observe.image-pull');
    expect(failure.changed).toContain('point-source');
    expect(failure.unchanged).toEqual(['confirm', 'prune']);
    expect(failure.actions.length).toBeGreaterThan(0);
    const text = failureText(failure, view.operation, view.build);
    expect(text).toContain('observe.image-pull');
    expect(text.length).toBeLessThan(2_048);
    expect(text).not.toContain('ada@example.com');
  });

  it('leads from a problem with an answer to its question', () => {
    const view = factsView('setup-failed');
    if (view.operation === undefined) throw new Error('no operation');
    const problem = { code: 'plan.settings-invalid' as const, detail: 'x', subject: 'appUrl' };
    expect(failureOf(view, { ...view.operation, problem }).question).toBe('appUrl');
  });
});

describe('what the first person is told', () => {
  it('S2 is where and as whom to sign in, and never a secret', () => {
    const { setup, status } = factsOf('setup-done');
    const done = doneOf(setup, status);
    expect(done).toMatchObject({ addresses: ['https://psa.example.com'], user: 'ada@example.com' });
    expect(done.tookMs).toBeGreaterThan(0);
    const report = JSON.stringify(reportOf(status, status.operation));
    expect(report).not.toContain('ada@example.com');
    expect(report).toContain('"steps"');
  });

  it('makes no link of what is no web address', () => {
    const { setup, status } = factsOf('setup-done');
    const settings = { ...status.settings, appUrl: 'javascript:alert(1)' };
    expect(doneOf(setup, { ...status, settings }).addresses).toEqual([]);
  });

  it('waits for an approval without calling that an obstacle', () => {
    const { preview } = stateOf('setup-plan');
    if (preview === undefined) throw new Error('no preview');
    expect(obstacleOf(preview)).toBeUndefined();
    expect(obstacleOf({ ...preview, problem: { code: 'plan.approval-needed', detail: '' } })).toBeUndefined();
    expect(
      ['plan.settings-missing', 'plan.checks-failed', 'registry.dns', 'cluster.forbidden'].map(stepFor),
    ).toEqual(['answers', 'checks', 'release', undefined]);
    expect(obstacleOf({ ...preview, problem: { code: 'registry.dns', detail: '' } })?.code).toBe(
      'registry.dns',
    );
  });

  it('is made from a draft that the box could send', () => {
    expect(() => SetupView.parse(setupView())).not.toThrow();
  });
});
