import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { controlsOf } from '../controls/derive-controls.ts';
import { tierGroupsOf } from '../parts-health/derive-parts.ts';
import { planOf } from '../plan/derive-plan.ts';
import { ago, NOW_MS, part, planTo, refOf, releaseOf, statusOf, V1, V2, viewOf } from '../test/views.ts';
import { channelOf } from './derive-channel.ts';
import { runningOf } from './derive-release.ts';

const channel = { name: 'stable', tag: 'stable-v2', checkedAt: ago(60), lastSuccessAt: ago(60) };

describe('the channel', () => {
  it('R-21 keeps its last verified answer while it does not answer, and says so', () => {
    const problem = { code: 'registry.timeout' as const, detail: 'x' };
    expect(channelOf(viewOf({ channel: { ...channel, problem } }), NOW_MS)).toMatchObject({
      tone: 'warn',
      freshness: { key: 'overview.channel.stale' },
      confirmedAt: ago(60),
    });
  });

  it.each([
    [-30 * 86_400, 'fresh'],
    [-86_400, 'expires-soon'],
    [1, 'expired'],
  ])('tells by the time that is left (%i s ago): %s', (secondsAgo, key) => {
    const facts = channelOf(viewOf({ channel: { ...channel, expires: ago(secondsAgo) } }), NOW_MS);
    expect(facts.freshness.key).toBe(`overview.channel.${key}`);
  });

  it('does not tell the freshness of the old channel about the new one', () => {
    const facts = channelOf(viewOf({}, { intent: { channel: 'nightly' } }), NOW_MS);
    expect(facts).toMatchObject({ title: 'Nightly', isSwitching: true, tone: 'plain' });
    expect(facts.confirmedAt).toBeUndefined();
  });
});

describe('what runs', () => {
  it('R-13 names the last good release only when it is another one', () => {
    expect(runningOf(viewOf(), [])).toMatchObject({ isLastGood: true, running: { version: '1.0.0' } });
    const facts = runningOf(viewOf({ running: refOf(V2) }), [releaseOf({ size: 5 })]);
    expect(facts).toMatchObject({ isLastGood: false, lastGood: { version: '1.0.0' }, running: { size: 5 } });
  });

  it('is not called "nothing" before the box has looked', () => {
    const view = viewOf();
    delete view.status;
    expect(runningOf(view, [])).toEqual({ isKnown: false, isLastGood: false });
  });
});

describe('the plan', () => {
  it('is shown only when there is something to do', () => {
    expect(planOf(undefined)).toBeUndefined();
    expect(planOf(planTo({ kind: 'blocked' }))).toBeUndefined();
    expect(planOf(planTo())).toMatchObject({
      pullBytes: 1_400_000_000,
      objectCount: 2,
      from: '1.0.0',
      to: '1.1.0',
    });
  });

  it('R-38 draws a disk that never leaves its frame, and says when the room is too small', () => {
    const size = fc.integer({ min: 0, max: 1e13 });
    fc.assert(
      fc.property(size, size, fc.integer({ min: -1e13, max: 1e13 }), (total, freeNow, freeAfter) => {
        const disk = planOf(planTo({ disk: { total, freeNow, freeAfter } }))?.disk;
        if (disk === undefined) return;
        for (const share of [disk.usedShare, disk.addedShare]) expect(share >= 0 && share <= 1).toBe(true);
        expect(disk.isTooSmall).toBe(freeAfter < 0);
      }),
    );
  });
});

describe('the parts', () => {
  it('B-75 come by tier, what is not well first, and a missing one is not ready', () => {
    const components = [
      part({ name: 'mail', tier: 'background' }),
      part({ name: 'a' }),
      part({ name: 'b', state: 'missing', code: 'observe.component-missing' }),
    ];
    const groups = tierGroupsOf(
      statusOf({ components, tiers: { login: 'progressing', background: 'ready' } }),
    );
    expect(groups.map(({ tier, ready }) => [tier, ready])).toEqual([
      ['login', 1],
      ['background', 1],
    ]);
    expect(groups[0]?.parts.map(({ state }) => state)).toEqual(['missing', 'ready']);
  });
});

describe('the controls', () => {
  const admin = { isAdmin: true, isOffline: false };

  it('say how each thing is set now and what could be asked for', () => {
    const kinds = controlsOf(
      viewOf({}, { intent: { hold: true, pin: V1.digest } }),
      [releaseOf({ ...V1 })],
      admin,
    );
    expect(kinds.map(({ kind }) => kind)).toEqual([
      'change-channel',
      'change-policy',
      'unhold',
      'unpin',
      'go-back',
      'retry',
    ]);
    expect(kinds[3]?.now).toEqual({ key: 'overview.control.pin-now', values: { release: '1.0.0' } });
  });

  it('R-25 give a reason for each thing that cannot be asked for', () => {
    const controls = controlsOf(viewOf(), [], admin);
    expect(controls.filter(({ ask }) => ask === undefined).map(({ gate }) => gate?.key)).toEqual([
      'overview.gate.no-way-back',
      'overview.gate.nothing-failed',
    ]);
  });
});
