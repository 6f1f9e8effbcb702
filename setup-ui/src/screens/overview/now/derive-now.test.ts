import { OperationVerb, StepKind } from 'host-service/contract/operation.ts';
import { describe, expect, it } from 'vitest';
import { durationText } from '../../../parts/facts/time.tsx';
import { WORDS } from '../test/render.tsx';
import { ago, NOW_MS, operationOf, part, viewOf } from '../test/views.ts';
import { nowOf, sentenceOf } from './derive-now.ts';
import { paceText } from './now-card.tsx';
import { paceOf, stepRowsOf } from './derive-steps.ts';

const components = [
  part({ name: 'mail', title: 'E-mail', tier: 'background', state: 'progressing' }),
  part({ state: 'progressing' }),
  part({ name: 'db', title: 'Database', tier: 'platform', state: 'missing' }),
];

describe('the current wait', () => {
  it('R-01 names the part that is waited for, its age, and what is usual and worst', () => {
    const now = nowOf(viewOf({ components }, { operation: operationOf() }), NOW_MS);
    expect(now?.sentence).toEqual({ key: 'overview.wait.part', values: { part: 'Database', more: 2 } });
    expect(now).toMatchObject({ ageMs: 38_000, usualMs: 20_000, worstMs: 60_000, pace: 'usual' });
    expect(now && paceText(now, WORDS.en.t)).toBe('for 38 s, usually 20 s, at most 1 min');
    expect(now && paceText(now, WORDS.de.t)).toBe('seit 38 s, üblich 20 s, höchstens 1 min');
  });

  it('R-01 turns conspicuous over twice the usual time, and says when it is later than ever', () => {
    expect(paceOf(40_000, 20_000, 60_000)).toBe('usual');
    expect(paceOf(40_001, 20_000, 60_000)).toBe('long');
    expect(paceOf(60_001, 20_000, 60_000)).toBe('late');
    expect(paceOf(60_001, undefined, undefined)).toBe('unknown');
    const now = nowOf(viewOf({ components }, { operation: operationOf() }), NOW_MS + 60_000);
    expect(now?.pace).toBe('late');
    expect(now && paceText(now, WORDS.en.t)).toContain('later than ever seen here');
  });

  it('B-80 is there only while something is under way', () => {
    const ended = operationOf({ outcome: 'succeeded', endedAt: ago(1) });
    expect(nowOf(viewOf({}, { operation: ended }), NOW_MS)).toBeUndefined();
    expect(nowOf(viewOf(), NOW_MS)).toBeUndefined();
  });

  it('R-12 offers to cancel an installation or update, and never a way back or repair', () => {
    const kinds = OperationVerb.options.map(
      (verb) => nowOf(viewOf({}, { operation: operationOf({ verb }) }), NOW_MS)?.cancel?.kind,
    );
    expect(kinds).toEqual(['cancel', 'cancel', undefined, undefined, undefined]);
  });

  it('R-12 offers to pause what may be paused, to go on with what is, and counts no pause as a wait', () => {
    const asked = (more: Parameters<typeof operationOf>[0]) =>
      nowOf(viewOf({}, { operation: operationOf(more) }), NOW_MS)?.pause?.kind;
    const paused = { by: 'ada', via: 'ui' as const, at: ago(20) };
    expect(OperationVerb.options.map((verb) => asked({ verb }))).toEqual([
      'pause',
      'pause',
      undefined,
      undefined,
      undefined,
    ]);
    expect(asked({ paused })).toBe('resume');
    const held = nowOf(viewOf({}, { operation: operationOf({ paused }) }), NOW_MS + 3_600_000);
    expect(held).toMatchObject({ ageMs: 18_000, pace: 'unknown', paused: { by: 'ada' } });
    const steps = operationOf().steps.map((step) => ({ ...step, pausedMs: 30_000 }));
    const later = nowOf(viewOf({}, { operation: operationOf({ steps }) }), NOW_MS);
    expect(later).toMatchObject({ ageMs: 8_000, pace: 'usual' });
    expect(later?.steps[1]?.tookMs).toBe(8_000);
  });

  it('never counts backwards when the clocks of box and browser differ', () => {
    const now = nowOf(viewOf({}, { operation: operationOf() }), NOW_MS - 3_600_000);
    expect(now?.ageMs).toBe(0);
    expect(stepRowsOf(operationOf().steps, NOW_MS - 3_600_000).map(({ tookMs }) => tookMs)).toEqual([
      2000, 0,
    ]);
  });

  it('has words for every kind of step, in both languages', () => {
    for (const kind of [...StepKind.options, undefined]) {
      const { key, values } = sentenceOf(kind, [], '1.1.0');
      for (const words of [WORDS.en, WORDS.de]) expect(words.t(key, values)).not.toBe(key);
    }
    expect(durationText(0, WORDS.en.t)).toBe('0 s');
  });
});
