import { PROBLEMS, type ProblemCode } from 'host-service/contract/problem.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { ApplianceStatus } from 'host-service/contract/appliance.ts';
import { describe, expect, it } from 'vitest';
import { problemRowsOf } from '../problems/derive-problems.ts';
import { OverviewScreen } from '../overview-screen.tsx';
import { markupOf, readableOf, type Known } from './render.tsx';
import { ago, side, statusOf, viewOf } from './views.ts';
import { controlPlaneOf } from '../control-plane/derive-control-plane.ts';

type ControlPlane = ApplianceStatus['controlPlane'];
const RUNS = side('0.9.0', 'c');
const NEXT = side('0.10.0', 'd');

const planeView = (more: Partial<ControlPlane>, problems: ApplianceStatus['problems'] = []): StatusView => {
  const { controlPlane } = statusOf();
  return viewOf({ controlPlane: { ...controlPlane, ...RUNS, ...more }, problems });
};
const rollOf = (
  state: NonNullable<ControlPlane['roll']>['state'],
  more: Partial<NonNullable<ControlPlane['roll']>> = {},
): NonNullable<ControlPlane['roll']> => ({ state, detail: 'in the words of the box', ...more });
const failedOf = (code: ProblemCode, quarantined: boolean): NonNullable<ControlPlane['failed']>[number] => ({
  repository: 'ghcr.io/vendor/control-plane' as never,
  ...NEXT,
  reason: { code, detail: 'exit code 1' },
  at: ago(60),
  attempts: 1,
  quarantined,
  by: 'guard:box-1',
});
const given = {
  current: planeView({ roll: rollOf('current') }),
  rolling: planeView({ roll: rollOf('rolling', { wanted: NEXT, operation: 'x-roll' }) }),
  probation: planeView({ ...NEXT, roll: rollOf('probation', { operation: 'x-roll' }) }),
  held: planeView({ roll: rollOf('held', { wanted: NEXT, problem: { code: 'plan.held', detail: '' } }) }),
  queued: planeView({ roll: rollOf('held', { wanted: NEXT }) }),
  waits: planeView({
    roll: rollOf('held', { wanted: NEXT, problem: { code: 'registry.connect', detail: '' } }),
  }),
  failed: planeView({
    roll: rollOf('held', { wanted: NEXT, problem: { code: 'roll.image-missing', detail: '' } }),
    failed: [failedOf('roll.image-missing', false)],
  }),
  'given-up': planeView({
    roll: rollOf('held', { wanted: NEXT, problem: { code: 'roll.quarantined', detail: '' } }),
    failed: [failedOf('roll.crashed', true)],
  }),
  unknown: planeView({ roll: rollOf('unknown') }),
  plain: planeView({}),
} as const;
type Kind = keyof typeof given;
const KINDS = Object.keys(given) as readonly Kind[];

const markup = (known: Known): string => {
  const text = markupOf(<OverviewScreen />, known);
  const start = text.indexOf('<section id="control-plane"');
  return text.slice(start, text.indexOf('</section>', start));
};
const read = (kind: Kind, locale: 'en' | 'de' = 'en'): string =>
  readableOf(markup({ status: given[kind], locale }));

describe('the control plane’s own update on the page (R-15)', () => {
  it('is told apart in each of its states, in both languages', () => {
    for (const locale of ['en', 'de'] as const) {
      const texts = KINDS.map((kind) => read(kind, locale));
      expect(new Set(texts).size).toBe(KINDS.length);
    }
    for (const kind of KINDS) expect(controlPlaneOf(given[kind])?.kind).toBe(kind);
  });

  it('is one quiet line when there is nothing to do, and asks for nothing', () => {
    for (const kind of ['current', 'unknown', 'plain', 'queued'] as const) {
      const facts = controlPlaneOf(given[kind]);
      expect(facts).toMatchObject({ isLoud: false });
      expect(facts?.sentences).toHaveLength(1);
      expect(facts?.ask).toBeUndefined();
    }
    expect(read('current')).toContain('version 0.9.0. It is up to date.');
  });

  it('says while it rolls what becomes of this page and of the people who work', () => {
    expect(read('rolling')).toContain('Version 0.10.0 is being started beside version 0.9.0.');
    expect(read('probation')).toContain('Version 0.10.0 has taken over');
    for (const kind of ['rolling', 'probation'] as const) {
      expect(read(kind)).toContain('This page stays; it may reload once. People can go on working.');
      expect(markup({ status: given[kind] })).toContain('href="/history/x-roll"');
    }
  });

  it('says how long it has gone on (R-01)', () => {
    const { controlPlane } = given.rolling.status ?? statusOf();
    const since = ago(95);
    const view = planeView({
      ...controlPlane,
      ...(controlPlane.roll && { roll: { ...controlPlane.roll, since } }),
    });
    expect(readableOf(markup({ status: view }))).toContain('for 1 min 35 s');
    expect(markup({ status: given.held })).not.toContain('data-age');
  });

  it('says with a failure what failed, who acts next and what runs on, and offers another try', () => {
    const text = read('given-up');
    const { title, remedy } = PROBLEMS['roll.crashed'];
    for (const words of ['not tried again by itself', 'Version 0.9.0 keeps running', title, remedy])
      expect(text).toContain(words);
    expect(text).toContain('This needs the vendor.');
    for (const kind of ['failed', 'given-up'] as const)
      expect(controlPlaneOf(given[kind])?.ask).toEqual({ kind: 'retry-control-plane', version: '0.10.0' });
    expect(markup({ status: given['given-up'] })).toContain('data-ask="retry-control-plane"');
  });

  it('leads to an operation only where that is what it is about', () => {
    const told = KINDS.filter((kind) => {
      const { controlPlane } = given[kind].status ?? statusOf();
      const { roll } = controlPlane;
      const view = planeView({ ...controlPlane, ...(roll && { roll: { ...roll, operation: 'x-roll' } }) });
      return controlPlaneOf(view)?.operation !== undefined;
    });
    expect(told).toEqual(['rolling', 'probation', 'failed', 'given-up']);
  });

  it('offers no other try of what has not failed', () => {
    for (const kind of KINDS.filter((each) => each !== 'failed' && each !== 'given-up'))
      expect(controlPlaneOf(given[kind])?.ask, kind).toBeUndefined();
  });

  it('lets nobody ask who may only look', () => {
    const text = markup({ status: given['given-up'], role: 'viewer' });
    expect(/<button[^>]*data-ask="retry-control-plane"[^>]*>/.exec(text)?.[0]).toContain(
      'aria-disabled="true"',
    );
  });

  it('keeps who put the former one back, and why, in the technical details (R-09)', () => {
    const text = markup({ status: given['given-up'] });
    expect(text).toContain('the guard of the box');
    expect(readableOf(text)).not.toContain('the guard of the box');
  });

  it('tells a problem of the roll once: in its own place, else among the problems', () => {
    const problems = [{ code: 'roll.quarantined' as const, detail: 'x' }];
    const { controlPlane } = given['given-up'].status ?? statusOf();
    expect(problemRowsOf(planeView(controlPlane, problems))).toEqual([]);
    expect(problemRowsOf(planeView({ roll: rollOf('current') }, problems))).toHaveLength(1);
  });

  it('stands above the parts of the application only while it matters', () => {
    const placeOf = (kind: Kind): boolean => {
      const text = markupOf(<OverviewScreen />, { status: given[kind] });
      return text.indexOf('id="control-plane"') < text.indexOf('id="controls"');
    };
    expect(placeOf('rolling')).toBe(true);
    expect(placeOf('current')).toBe(false);
  });
});
