import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { candidatesOf, lastGoodOf } from 'host-service/core/decide/candidates.ts';
import { decide } from 'host-service/core/decide/decide.ts';
import { rolloutPlace } from 'host-service/core/decide/versions.ts';
import {
  against,
  candidate,
  check,
  id,
  input,
  named,
  resolved,
  statement,
  type Box,
  type Case,
} from './decide-world.ts';

const one = candidate('1.0.0', {}, { confirmedAt: '2026-11-01T00:00:00Z' });
const two = candidate('1.1.0');
const failed = { code: 'observe.probe-failed', detail: 'web answers 500' } as const;
const update: Box = {
  runs: '1.0.0',
  answer: resolved('1.1.0'),
  statement: statement('1.1.0'),
  candidates: [one, two],
};

const older: Box = { ...update, runs: '1.1.0', answer: resolved('1.0.0'), statement: statement('1.0.0') };
const oneWay = candidate('1.1.0', { reversible: [] });
const OLDER: readonly Case[] = [
  {
    what: 'waits until the other channel overtakes',
    box: {},
    target: '1.1.0',
    direction: 'stay',
    against: ['wait direction 1.0.0 -'],
    available: undefined,
  },
  {
    what: 'goes back on the other channel when told to',
    box: { intent: { whenOlder: 'go-back' } },
    target: '1.0.0',
    direction: 'update',
    against: [],
  },
  {
    what: 'does not go back where nothing leads back',
    box: { intent: { whenOlder: 'go-back' }, candidates: [one, oneWay] },
    target: '1.1.0',
    direction: 'stay',
    against: ['refuse direction 1.0.0 plan.no-way-back'],
  },
  {
    what: 'follows the vendor who goes back',
    box: { statement: statement('1.0.0', { previous: named('1.1.0') }) },
    target: '1.0.0',
    direction: 'update',
    against: [],
  },
  {
    what: 'does not follow the vendor where nothing leads back',
    box: { statement: statement('1.0.0', { previous: named('1.1.0') }), candidates: [one, oneWay] },
    target: '1.1.0',
    direction: 'stay',
    against: ['refuse direction 1.0.0 plan.no-way-back'],
  },
  {
    what: 'goes to an older pin',
    box: { intent: { pin: '1.0.0' }, policy: { update: 'approve' } },
    target: '1.0.0',
    direction: 'update',
    against: [],
  },
  {
    what: 'does not go to an older pin where nothing leads back',
    box: { intent: { pin: '1.0.0' }, candidates: [one, oneWay] },
    target: '1.1.0',
    direction: 'stay',
    against: ['refuse direction 1.0.0 plan.no-way-back'],
  },
  {
    what: 'goes to an older pin without way back when that was approved',
    box: { intent: { pin: '1.0.0', approvedIrreversible: id('1.0.0') }, candidates: [one, oneWay] },
    target: '1.0.0',
    direction: 'update',
    against: [],
  },
];

describe('a box with an answer', () => {
  it.each(OLDER)('whose channel is older: $what', (entry) => check(older, entry));

  it('stands where sha256 puts it in a rollout', () => {
    const { applianceId } = input(update).facts;
    const hash = createHash('sha256')
      .update(`${applianceId}${id('1.1.0')}`)
      .digest('hex');
    expect(rolloutPlace(applianceId, id('1.1.0'))).toBe(
      (Number.parseInt(hash.slice(0, 8), 16) / 2 ** 32) * 100,
    );
    const percent = rolloutPlace(input(update).facts.applianceId, id('1.1.0'));
    for (const [offset, target] of [
      [0.001, '1.1.0'],
      [0, '1.0.0'],
    ] as const) {
      const rollout = { percent: percent + offset };
      const decision = decide(input({ ...update, statement: statement('1.1.0', { rollout }) }));
      expect(decision.target).toBe(id(target));
    }
  });

  it('keeps the trace within 50 rules', () => {
    const decision = decide(input(update));
    expect(decision.trace.length).toBeLessThanOrEqual(50);
  });

  it('R-22 shows that what runs was withdrawn, offers what replaces it and forces nothing', () => {
    const withdrawn = [{ digest: id('1.1.0'), reason: 'It loses mail.', instead: named('1.0.0') }];
    const box = { ...older, answer: resolved('1.1.0'), statement: statement('1.1.0', { withdrawn }) };
    const decision = decide(input(box));
    expect(decision).toMatchObject({ target: id('1.1.0'), direction: 'stay', available: id('1.0.0') });
    expect(decision.problems).toContainEqual({
      code: 'release.withdrawn',
      detail: '1.1.0 was taken back: It loses mail.; the vendor names 1.0.0 instead',
      subject: 'running',
    });
  });

  it('goes on when the statement expired after it was admitted, and says so', () => {
    const decision = decide(input({ ...update, now: new Date('2028-01-01T00:00:00Z') }));
    expect(decision.target).toBe(id('1.1.0'));
    expect(decision.problems.map(({ code }) => code)).toEqual(['release.expired']);
  });

  it('treats a running release that is not known any more with the rules of an update', () => {
    const decision = decide(input({ ...update, candidates: [two], policy: { update: 'approve' } }));
    expect(decision).toMatchObject({ target: id('1.0.0'), direction: 'stay' });
  });

  it('says that a release is not at hand when it was not kept', () => {
    const decision = decide(input({ ...update, candidates: [one] }));
    expect(decision).toMatchObject({ target: id('1.0.0'), direction: 'stay' });
    expect(against(decision.trace)).toEqual(['wait channel-answer  release.incomplete']);
  });

  it('reads candidates and the last good release from what is kept', () => {
    const kept = (version: string, status: object) => {
      const { digest, release } = candidate(version);
      const spec = { digest, version, signed: true, source: 'channel' };
      return [digest, { digest, release, object: { spec, status } }] as const;
    };
    const at = (day: number) => ({ confirmedAt: `2026-11-0${day}T00:00:00Z` });
    const reason = { quarantine: { reason: failed, at: '2026-11-05T00:00:00Z' } };
    const releases = new Map([
      kept('1.0.0', at(1)),
      kept('1.1.0', at(3)),
      kept('1.2.0', { ...at(4), ...reason }),
      kept('1.3.0', {}),
    ]);
    expect(lastGoodOf(releases as never)).toBe(id('1.1.0'));
    expect(candidatesOf(releases as never).map(({ quarantine }) => quarantine?.code)).toEqual([
      undefined,
      undefined,
      failed.code,
      undefined,
    ]);
  });
});
