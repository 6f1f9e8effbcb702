import { describe, expect, it } from 'vitest';
import { PROBLEMS, type ProblemCode } from 'host-service/contract/problem.ts';
import { RuleId } from 'host-service/contract/trace.ts';
import { decide } from 'host-service/core/decide/decide.ts';
import type { Answer } from 'host-service/core/decide/types.ts';
import { against, candidate, id, input, resolved, statement, type Box } from './decide-world.ts';

const failed = { code: 'observe.probe-failed', detail: 'web answers 500' } as const;
const one = candidate('1.0.0', {}, { confirmedAt: '2026-11-01T00:00:00Z' });
const bad = candidate('1.2.0', {}, { quarantine: failed });
const badOneWay = candidate('1.2.0', { reversible: ['>=1.1.0'] }, { quarantine: failed });
const after: Box = {
  runs: '1.2.0',
  lastGood: '1.0.0',
  answer: resolved('1.2.0'),
  statement: statement('1.2.0'),
  candidates: [one, bad],
};
const unavailable: Answer = {
  kind: 'unavailable',
  problem: { code: 'registry.dns', detail: 'no such name' },
};

describe('a box whose release failed', () => {
  it('goes back to the last good one by itself', () => {
    const decision = decide(input(after));
    expect(decision).toMatchObject({ target: id('1.0.0'), direction: 'revert' });
    expect(decision.problems[0]).toEqual({
      code: 'release.quarantined',
      detail: '1.2.0 failed: observe.probe-failed: web answers 500',
    });
  });

  it.each([
    ['the registry is away', { answer: unavailable }],
    ['it is on hold', { intent: { hold: true } }],
    ['updates need approval', { policy: { update: 'approve' } }],
  ])('goes back also while %s', (_what, over) => {
    expect(decide(input({ ...after, ...over }))).toMatchObject({ target: id('1.0.0'), direction: 'revert' });
  });

  it('stays where it is when nothing leads back: plan.no-way-back', () => {
    const decision = decide(input({ ...after, candidates: [one, badOneWay] }));
    expect(decision).toMatchObject({ target: id('1.2.0'), direction: 'stay' });
    expect(decision.problems[0]?.code).toBe('plan.no-way-back');
    expect(decision.problems[0]?.detail).toContain('does not lead back to 1.0.0');
  });

  it('takes a newer release where nothing leads back', () => {
    const newer = candidate('1.3.0');
    const box = {
      answer: resolved('1.3.0'),
      statement: statement('1.3.0'),
      candidates: [one, badOneWay, newer],
    };
    expect(decide(input({ ...after, ...box }))).toMatchObject({ target: id('1.3.0'), direction: 'update' });
  });

  it('stays when there was never a good one', () => {
    const decision = decide(input({ ...after, lastGood: '1.2.0', candidates: [bad] }));
    expect(decision).toMatchObject({ target: id('1.2.0'), direction: 'stay' });
    expect(decision.problems[0]?.code).toBe('release.quarantined');
  });

  it('stays with it when a person wants another try', () => {
    const decision = decide(input({ ...after, intent: { approvedRetry: id('1.2.0') } }));
    expect(decision).toMatchObject({ target: id('1.2.0'), direction: 'stay' });
    expect(decision.problems).toEqual([]);
  });
});

const CODES = (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) =>
  /^(release|registry|trust)\./.test(code),
);

describe('a box without a usable answer', () => {
  it.each(CODES)('stays with what runs when it is refused: %s (R-18)', (code) => {
    const answer: Answer = { kind: 'refused', problem: { code, detail: 'why' } };
    const decision = decide(input({ ...after, runs: '1.0.0', candidates: [one], answer }));
    expect(decision).toMatchObject({ target: id('1.0.0'), direction: 'stay', available: undefined });
    expect(decision.problems).toEqual([{ code, detail: 'why', subject: 'channel' }]);
    const last = decision.trace.at(-1);
    expect(last).toMatchObject({
      verdict: 'refuse',
      code,
      changes: { when: 'the channel gives another answer' },
    });
    expect(decision.trace.map(({ rule }) => rule)).toEqual(RuleId.options.slice(0, decision.trace.length));
  });

  it.each([
    ['release.signature-invalid', 'signature'],
    ['release.expired', 'freshness'],
    ['release.fork', 'sequence'],
    ['release.withdrawn', 'withdrawn'],
    ['release.incomplete', 'channel-answer'],
  ] as const)('shows %s under the rule %s', (code, rule) => {
    const answer: Answer = { kind: 'refused', problem: { code, detail: 'why' } };
    expect(against(decide(input({ ...after, runs: '1.0.0', candidates: [one], answer })).trace)).toEqual([
      `refuse ${rule}  ${code}`,
    ]);
  });

  it('waits while the registry is away', () => {
    const decision = decide(input({ ...after, runs: '1.0.0', candidates: [one], answer: unavailable }));
    expect(decision).toMatchObject({ target: id('1.0.0'), direction: 'stay' });
    expect(against(decision.trace)).toEqual(['wait channel-answer  registry.dns']);
  });

  it('installs what came with the box while the registry is away', () => {
    const baked = candidate('1.0.0', {}, { source: 'baked' });
    const { trace, ...decision } = decide(input({ answer: unavailable, candidates: [baked] }));
    expect(decision).toMatchObject({ target: id('1.0.0'), direction: 'install' });
    expect(trace.find(({ rule }) => rule === 'channel-answer')?.detail).toContain('came with this box');
  });

  it('installs the newer of two that came with the box, whatever their order', () => {
    const baked = ['1.0.0', '1.10.0', '1.9.0'].map((version) => candidate(version, {}, { source: 'baked' }));
    for (const candidates of [baked, baked.toReversed()]) {
      expect(decide(input({ answer: unavailable, candidates })).target).toBe(id('1.10.0'));
    }
  });

  it('installs nothing when the answer was refused, although a release came with the box', () => {
    const baked = candidate('1.0.0', {}, { source: 'baked' });
    const answer: Answer = { kind: 'refused', problem: { code: 'release.unsigned', detail: 'why' } };
    expect(decide(input({ answer, candidates: [baked] }))).toMatchObject({
      target: undefined,
      direction: 'none',
    });
  });
});
