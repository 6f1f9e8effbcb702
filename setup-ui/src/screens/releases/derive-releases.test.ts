import { describe, expect, it } from 'vitest';
import { refOf, releaseOf, rule, V1, V2, viewOf } from '../overview/test/views.ts';
import { releaseRowsOf } from './derive-releases.ts';

const rowOf = (...given: Parameters<typeof releaseOf>) => {
  const [row] = releaseRowsOf([releaseOf(...given)], viewOf({ available: refOf(V2) }));
  if (row === undefined) throw new Error('no row');
  return row;
};
const kindsOf = (...given: Parameters<typeof releaseOf>) => rowOf(...given).asks.map(({ kind }) => kind);

describe('a known release', () => {
  it('R-26 can be approved when it is offered, and says whether one can come back', () => {
    expect(rowOf().asks[0]).toMatchObject({
      kind: 'approve',
      release: V2,
      from: '1.0.0',
      isIrreversible: false,
    });
    expect(rowOf({ isReversible: false }).asks[0]).toMatchObject({ isIrreversible: true });
    expect(kindsOf({ isAvailable: false })).toEqual(['pin']);
  });

  it('R-10 is tried again only by asking for it, and not chosen by name meanwhile', () => {
    const quarantine = {
      reason: { code: 'apply.cancelled' as const, detail: 'x' },
      at: '2026-05-04T09:00:00Z',
      attempts: 1,
    };
    const row = rowOf({ quarantine, isAvailable: false });
    expect(row.asks).toEqual([{ kind: 'retry', release: V2, reason: 'cancelled' }]);
    expect(row.marks).toEqual(['set-aside']);
  });

  it('R-13 can be gone back to when the box says so; else it says that it cannot', () => {
    const confirmedAt = '2026-05-01T09:00:00Z';
    expect(kindsOf({ confirmedAt, isAvailable: false, goBack: { isPossible: true } })).toEqual([
      'go-back',
      'pin',
    ]);
    const row = rowOf({ confirmedAt, isAvailable: false, goBack: { isPossible: false, reason: 'x' } });
    expect(row.noWayBack).toBe('releases.no-way-back');
  });

  it('offers to follow the channel again when it is the one chosen by name, by version or digest', () => {
    for (const pin of [V2.version, V2.digest]) {
      const [row] = releaseRowsOf([releaseOf({ isAvailable: false })], viewOf({}, { intent: { pin } }));
      expect(row?.asks).toEqual([{ kind: 'unpin', pin: '1.1.0' }]);
      expect(row?.marks).toEqual(['pinned']);
    }
  });

  it('R-23 shows the rules that looked at it, not those of another one', () => {
    const trace = [rule('requires', 'refuse'), rule('hold', 'wait', { candidate: V1 })];
    expect(rowOf({ trace }).judged).toMatchObject({ outcome: 'refused', version: '1.1.0' });
    expect(rowOf({ trace }).judged?.rules).toHaveLength(1);
    expect(rowOf().judged).toBeUndefined();
  });

  it('can be looked at before there is a status, and nothing can be asked for then', () => {
    expect(releaseRowsOf([releaseOf()], undefined)[0]?.asks).toEqual([]);
  });
});
