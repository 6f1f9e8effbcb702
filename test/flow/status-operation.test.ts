import { OperationSummary } from 'host-service/contract/appliance.ts';
import { operationSummary, stepTimes } from 'host-service/core/status/operation-summary.ts';
import { describe, expect, it } from 'vitest';
import { known, operation } from './plan-world.ts';

const from = known('1.0.0');
const to = known('1.1.0');
type Step = Record<string, unknown>;
const step = (kind: string, state: string, over: Step = {}): Step => ({ kind, title: kind, state, ...over });
const took = (kind: string, seconds: number, over: Step = {}): ReturnType<typeof operation> =>
  operation('update', to, {
    status: {
      outcome: 'succeeded',
      steps: [
        step(kind, 'done', {
          startedAt: '2026-11-01T00:00:00Z',
          endedAt: new Date(Date.UTC(2026, 10, 1, 0, 0, seconds)).toISOString(),
          ...over,
        }),
      ],
    },
  });
const running = (...steps: readonly Step[]): ReturnType<typeof operation> =>
  operation('update', to, { from, status: { steps } });
const now = (...steps: readonly Step[]): string | undefined => operationSummary(running(...steps), [])?.now;

describe('an operation in one sentence', () => {
  it('R-01 names step, object, since when, and how long that takes', () => {
    const wait = step('wait-components', 'running', {
      now: 'Waiting for Web: 0 of 1',
      startedAt: '2026-11-21T11:55:00Z',
    });
    const summary = operationSummary(
      running(step('point-source', 'done'), wait, step('confirm', 'pending')),
      [took('wait-components', 100), took('wait-components', 3000), took('wait-components', 200)],
    );
    expect(summary).toMatchObject({
      verb: 'update',
      from: '1.0.0',
      to: '1.1.0',
      step: 'wait-components',
      now: 'Waiting for Web: 0 of 1',
      stepSince: '2026-11-21T11:55:00Z',
      usualMs: 200_000,
      worstMs: 3_000_000,
      outcome: 'running',
    });
    expect(OperationSummary.safeParse(summary).error).toBeUndefined();
  });

  it.each([
    'install-flux',
    'write-settings',
    'point-source',
    'migrate',
    'wait-components',
    'confirm',
    'revert',
    'prune',
  ])('R-01 has words for step %s before the step itself says anything', (kind) => {
    expect(now(step(kind, 'pending'))?.length).toBeGreaterThan(8);
    expect(now(step(kind, 'running', { now: '' }))).toBe(now(step(kind, 'pending')));
  });

  it('tells of the step at work, then of the next one, then that it finishes', () => {
    expect(now(step('confirm', 'pending'), step('prune', 'running', { now: 'now' }))).toBe('now');
    expect(now(step('write-settings', 'done'), step('confirm', 'pending'))).toContain('good');
    expect(now(step('confirm', 'done'), step('prune', 'skipped'))).toBe('Finishing');
  });

  it.each([
    ['update', 'succeeded', undefined, 'Done: release 1.1.0 runs'],
    ['revert', 'succeeded', undefined, 'Back on release 1.1.0'],
    ['update', 'failed', { code: 'observe.crash-loop', detail: 'it stops' }, 'Failed: it stops'],
    ['update', 'failed', undefined, 'Failed: release 1.1.0'],
    ['update', 'cancelled', undefined, 'Cancelled: release 1.1.0'],
  ])('R-04 says how %s ended: %s', (verb, outcome, problem, words) => {
    const ended = operation(verb, to, {
      status: { outcome, endedAt: '2026-11-21T11:59:00Z', ...(problem === undefined ? {} : { problem }) },
    });
    expect(operationSummary(ended, [])).toMatchObject({ now: words, endedAt: '2026-11-21T11:59:00Z' });
    expect(operationSummary(ended, [])).not.toHaveProperty('usualMs');
  });

  it('is not there before its journal is', () => {
    expect(operationSummary({ ...running(), status: undefined }, [])).toBeUndefined();
  });
});

describe('the time a step takes', () => {
  it('is a usual one as long as this box has no history', () => {
    expect(stepTimes('wait-components', [])).toEqual({ usualMs: 180_000, worstMs: 2_400_000 });
  });

  it('is the median of what was done here, and at worst never less than usual at worst', () => {
    expect(stepTimes('confirm', [took('confirm', 1), took('confirm', 3), took('confirm', 2)])).toEqual({
      usualMs: 2000,
      worstMs: 10_000,
    });
  });

  it.each([
    ['did not end', { endedAt: undefined }],
    ['failed', { state: 'failed' }],
    ['ended before it began, because the clock was turned', { endedAt: '2026-10-01T00:00:00Z' }],
    ['are of another kind', { kind: 'prune' }],
  ])('leaves out steps that %s', (_, over) => {
    expect(stepTimes('confirm', [took('confirm', 7, over)]).usualMs).toBe(500);
  });
});
