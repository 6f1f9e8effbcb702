import { Phase } from 'host-service/contract/appliance.ts';
import { describe, expect, it } from 'vitest';
import {
  operationOf,
  part,
  planTo,
  refOf,
  releaseOf,
  rule,
  statusOf,
  V1,
  V2,
  viewOf,
} from '../test/views.ts';
import { heroOf } from './derive-hero.ts';

const hero = (...given: Parameters<typeof viewOf>) => heroOf(viewOf(...given), 'AlgaPSA');

describe('the first sentence of the page', () => {
  it('B-47 names the running release and offers what is newer, with one thing to do', () => {
    const offered = hero({ available: refOf(V2) });
    expect(offered.headline).toEqual({
      key: 'overview.hero.running',
      values: { product: 'AlgaPSA', version: '1.0.0' },
    });
    expect(offered.detail?.key).toBe('overview.hero.offered');
    expect(offered.action).toMatchObject({
      kind: 'approve',
      release: V2,
      from: '1.0.0',
      isIrreversible: false,
    });
  });

  it('R-26 offers nothing when what is available runs already', () => {
    const same = hero({ available: refOf(V1) });
    expect(same.action).toBeUndefined();
    expect(same.detail).toEqual({ key: 'overview.hero.newest', values: { channel: 'Stable' } });
  });

  it('names where an update comes from also after the box has switched', () => {
    const operation = operationOf({ verb: 'update', from: V1, to: V2, outcome: 'running' });
    expect(hero({ phase: 'updating', running: refOf(V2) }, { operation }).headline).toEqual({
      key: 'overview.hero.updating',
      values: { product: 'AlgaPSA', from: '1.0.0', to: '1.1.0' },
    });
  });

  it('B-50 is calm about a healthy box, whatever failed earlier', () => {
    const failed = operationOf({ outcome: 'failed', endedAt: '2026-05-04T09:00:00Z' });
    expect(hero({}, { operation: failed })).toMatchObject({ tone: 'good', notes: [] });
  });

  it('R-09 says after the way back what failed and that it is not tried again by itself', () => {
    const quarantined = [
      {
        ...V2,
        reason: { code: 'observe.crash-loop' as const, detail: 'x' },
        attempts: 1,
        at: '2026-05-04T09:00:00Z',
      },
    ];
    const back = operationOf({ verb: 'revert', from: V2, to: V1, outcome: 'succeeded' });
    expect(hero({ quarantined }, { operation: back }).notes).toEqual([
      { key: 'overview.note.failed', values: { version: '1.1.0' } },
    ]);
  });

  it('B-81 is not alarmed by trouble in the background, and says that people can work', () => {
    const components = [part(), part({ name: 'mail', tier: 'background', state: 'failed' })];
    const tiers = { login: 'ready', background: 'failed' } as const;
    for (const phase of ['running', 'degraded'] as const) {
      const { tone, notes } = hero({ phase, components, tiers });
      expect(tone).toBe('good');
      expect(notes.map(({ key }) => key)).toContain('overview.note.background');
    }
  });

  it('B-75 names the part that is not well and the way back that the box knows', () => {
    const components = [
      part({ state: 'progressing' }),
      part({ name: 'db', title: 'Database', state: 'failed' }),
    ];
    const view = viewOf({ phase: 'degraded', components, tiers: { login: 'failed' } });
    const earlier = releaseOf({
      ...V2,
      version: '0.9.0',
      confirmedAt: '2026-01-01T00:00:00Z',
      goBack: { isPossible: true },
    });
    const told = heroOf(view, 'AlgaPSA', [earlier]);
    expect(told.tone).toBe('bad');
    expect(told.detail?.values).toEqual({ part: 'Database', more: 1 });
    expect(told.action).toMatchObject({ kind: 'go-back', release: { version: '0.9.0' } });
  });

  it('R-07 says first that answers are missing, and leads to them', () => {
    const missing = { code: 'plan.settings-missing' as const, detail: 'x', subject: 'appUrl' };
    const other = { code: 'registry.timeout' as const, detail: 'x' };
    const told = hero({ phase: 'needs-you', problems: [other, missing] });
    expect(told.headline.key).toBe('overview.hero.needs-answers');
    expect(told.action).toEqual({ kind: 'open-settings' });
  });

  it('asks for the approval that a first installation waits for', () => {
    const problems = [{ code: 'plan.approval-needed' as const, detail: 'x' }];
    const status = statusOf({ phase: 'needs-you', problems, available: refOf(V2), plan: planTo() });
    delete status.running;
    const told = heroOf({ ...viewOf(), status }, 'AlgaPSA');
    expect(told.headline.key).toBe('overview.hero.needs-approval');
    expect(told.action).toMatchObject({ kind: 'approve', release: V2 });
  });

  it('B-48 does not call good what it cannot see', () => {
    const cluster = { isConnected: false, since: '2026-05-04T09:00:00Z' };
    expect(hero({}, { cluster })).toMatchObject({ tone: 'plain', notes: [{ key: 'overview.note.blind' }] });
  });

  it('R-22 tells that the vendor has taken back what runs, and that an unsigned release is unsigned', () => {
    const problems = [{ code: 'release.withdrawn' as const, detail: 'x', subject: 'running' }];
    const keys = hero({ problems, running: refOf(V1, { signed: false }) }).notes.map(({ key }) => key);
    expect(keys).toEqual(['overview.note.withdrawn', 'overview.note.unsigned']);
  });

  it('says who put the box on hold, and why', () => {
    const actor = { by: 'admin', via: 'ui' as const, reason: 'End of quarter' };
    const { notes, action } = hero({ phase: 'held' }, { intent: { hold: true, actor } });
    expect(notes).toEqual([
      { key: 'overview.note.held-by', values: { by: 'admin', reason: 'End of quarter' } },
    ]);
    expect(action).toEqual({ kind: 'unhold' });
  });

  it('has a story for every phase, with and without a release', () => {
    for (const phase of Phase.options) {
      const bare = statusOf({ phase, trace: [rule('signature', 'pass')] });
      delete bare.running;
      for (const status of [statusOf({ phase }), bare])
        expect(heroOf({ ...viewOf(), status }, 'AlgaPSA').headline.key).toMatch(/^overview\.hero\./);
    }
  });
});
