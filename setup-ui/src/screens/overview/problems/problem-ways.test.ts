import { PROBLEMS, type ProblemCode } from 'host-service/contract/problem.ts';
import { describe, expect, it } from 'vitest';
import { WORDS } from '../test/render.tsx';
import { part, refOf, releaseOf, rule, V1, V2, viewOf } from '../test/views.ts';
import { problemRowsOf } from './derive-problems.ts';
import { askOf, OPERATOR_WAYS, OTHER_WAYS } from './problem-ways.ts';

const codesOf = (accepts: (next: string) => boolean): readonly string[] =>
  Object.entries(PROBLEMS).flatMap(([code, { next }]) => (accepts(next) ? [code] : []));

describe('what resolves a problem', () => {
  it('R-08 is an action or a reason for every problem that waits for the operator', () => {
    expect(Object.keys(OPERATOR_WAYS).sort()).toEqual([...codesOf((next) => next === 'operator')].sort());
    const others = new Set(codesOf((next) => next !== 'operator'));
    expect(Object.keys(OTHER_WAYS).filter((code) => !others.has(code))).toEqual([]);
  });

  it('gives every reason words in both languages', () => {
    for (const way of Object.values({ ...OPERATOR_WAYS, ...OTHER_WAYS })) {
      if (!('why' in way)) continue;
      for (const { find } of [WORDS.en, WORDS.de]) expect(find(way.why)).toBeDefined();
    }
  });

  it('B-49 offers to try again what failed here', () => {
    const quarantined = [
      {
        ...V2,
        reason: { code: 'apply.step-timeout' as const, detail: 'x' },
        attempts: 1,
        at: '2026-05-04T09:00:00Z',
      },
    ];
    const ask = askOf({ code: 'release.quarantined', detail: 'x' }, viewOf({ quarantined }));
    expect(ask).toMatchObject({ kind: 'retry', release: V2, reason: 'failed' });
  });

  it('offers the way back for a part that does not work, as far as the box knows one', () => {
    const good = releaseOf({ ...V2, confirmedAt: '2026-05-01T00:00:00Z', goBack: { isPossible: true } });
    const problem = { code: 'observe.probe-failed' as const, detail: 'x' };
    expect(askOf(problem, viewOf(), [good])).toMatchObject({ kind: 'go-back', release: V2, from: '1.0.0' });
    expect(askOf(problem, viewOf(), [])).toBeUndefined();
  });

  it('takes back a hold of a person by itself, and one of the rule by changing the rule', () => {
    const held = { code: 'plan.held' as const, detail: 'x' };
    expect(askOf(held, viewOf({}, { intent: { hold: true } }))).toEqual({ kind: 'unhold' });
    expect(askOf(held, viewOf())).toEqual({ kind: 'change-policy' });
  });
});

describe('what is wrong now', () => {
  it('B-80 leaves out waits that are meant to be, and refusals told with their release', () => {
    const problems = [
      { code: 'plan.approval-needed' as const, detail: 'x', subject: '1.1.0' },
      { code: 'release.incompatible' as const, detail: 'x', subject: '1.1.0' },
      { code: 'registry.timeout' as const, detail: 'x', subject: 'channel' },
    ];
    const view = viewOf({ problems, trace: [rule('requires', 'refuse')], available: refOf(V2) });
    expect(problemRowsOf(view).map(({ problem }) => problem.code)).toEqual(['registry.timeout']);
  });

  it('R-22 shows that what runs was taken back', () => {
    const problems = [{ code: 'release.withdrawn' as const, detail: 'x', subject: 'running' }];
    expect(problemRowsOf(viewOf({ problems, running: refOf(V1) }))).toHaveLength(1);
  });

  it('B-81 tells trouble in the background last', () => {
    const components = [part({ name: 'mail', tier: 'background', state: 'failed' })];
    const problems = [
      { code: 'observe.crash-loop' as const, detail: 'x', subject: 'mail' },
      { code: 'registry.dns' as const, detail: 'x' },
    ];
    const rows = problemRowsOf(viewOf({ components, problems }));
    expect(rows.map(({ isBackground }) => isBackground)).toEqual([false, true]);
  });

  it('shows each problem of the table without a throw', () => {
    const codes = Object.keys(PROBLEMS) as ProblemCode[];
    for (const code of codes)
      expect(() => problemRowsOf(viewOf({ problems: [{ code, detail: '' }] }))).not.toThrow();
  });
});
