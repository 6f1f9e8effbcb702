import { describe, expect, it } from 'vitest';
import { decide } from 'host-service/core/decide/decide.ts';
import { candidate, id, input, named, resolved, statement, type Box } from './decide-world.ts';

const one = candidate('1.0.0', {}, { confirmedAt: '2026-11-01T00:00:00Z' });
const box: Box = {
  runs: '1.0.0',
  answer: resolved('1.1.0'),
  statement: statement('1.1.0', { rollout: { percent: 100 } }),
  candidates: [one, candidate('1.1.0', { requires: { controlPlane: '>=0.1.0' } })],
  policy: { update: 'approve' },
};
const words = (over: Partial<Box>): readonly string[] =>
  decide(input({ ...box, ...over })).trace.map(
    ({ rule, verdict, detail, changes }) =>
      `${rule} ${verdict}: ${detail}${changes?.when === undefined ? '' : ` Until ${changes.when}.`}`,
  );

describe('a decision in words (R-23)', () => {
  it('says for an update that waits for approval', () => {
    expect(words({})).toEqual([
      'pin skip: No release is chosen by name; the channel decides.',
      'channel-answer pass: The registry answered: 1.1.0.',
      'signature pass: Signed by keys that this box trusts.',
      'freshness pass: The channel statement is good until 2027-02-20T11:00:00Z.',
      'sequence pass: Sequence 1795000000000 is the highest seen on this channel.',
      'withdrawn pass: The vendor has not taken this release back.',
      'quarantine pass: It has not failed on this box.',
      'path pass: No other release has to be installed on the way.',
      'rollout pass: This box stands at 89.43 %, the rollout at 100 %.',
      'requires pass: This box has what the release needs.',
      'direction pass: From 1.0.0 to 1.1.0 is a step forward.',
      'control-plane-first pass: Control plane 0.1.0 is in >=0.1.0.',
      'confirmation skip: The box does not act by itself.',
      'hold pass: Nothing is on hold.',
      'policy wait: 1.1.0 waits for approval. Until a person approves it.',
      'already-running pass: 1.1.0 does not run yet.',
    ]);
  });

  it('says for a box on the way through a stop', () => {
    const path = [{ from: '<1.0.5', release: named('1.0.5') }];
    const lines = words({ statement: statement('1.1.0', { path }) });
    expect(lines.filter((line) => line.startsWith('path'))).toEqual([
      'path wait: From 1.0.0 the way leads through 1.0.5. Until 1.0.5 runs.',
    ]);
  });

  it('says while the registry is away', () => {
    expect(
      words({
        answer: { kind: 'unavailable', problem: { code: 'registry.timeout', detail: 'ghcr.io: 15 s' } },
      }),
    ).toEqual([
      'pin skip: No release is chosen by name.',
      'channel-answer wait: registry.timeout: ghcr.io: 15 s Until the registry answers again.',
    ]);
  });

  it.each([
    [
      'release.incompatible',
      { candidates: [one, candidate('1.1.0', { requires: { kubernetes: '>=2.0.0' } })] },
    ],
    [
      'release.requires-control-plane',
      { candidates: [one, candidate('1.1.0', { requires: { controlPlane: '>=9.0.0' } })] },
    ],
    [
      'release.path-required',
      { statement: statement('1.1.0', { path: [{ from: '*', release: named('1.0.5') }] }) },
    ],
    ['release.rollout-wait', { statement: statement('1.1.0', { rollout: { percent: 0 } }) }],
    ['plan.held', { intent: { hold: true, approvedRelease: id('1.1.0') } }],
    ['plan.approval-needed', {}],
    ['plan.irreversible', { candidates: [one, candidate('1.1.0', { reversible: [] })] }],
  ] as const)('gives the problem %s', (code, over) => {
    const { problems, target } = decide(input({ ...box, ...over }));
    expect(problems.map((problem) => problem.code)).toContain(code);
    expect(target).toBe(id('1.0.0'));
  });
});
