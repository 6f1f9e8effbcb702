import { Actor } from 'host-service/contract/appliance.ts';
import { OperationVerb } from 'host-service/contract/operation.ts';
import { describe, expect, it } from 'vitest';
import { titleOf } from '../overview/now/derive-now.ts';
import { whoOf } from '../overview/now/derive-who.ts';
import { WORDS } from '../overview/test/render.tsx';
import { ago, NOW_MS, operationOf, V1, V2, viewOf } from '../overview/test/views.ts';
import { historyOf, operationStoryOf } from './derive-history.ts';

const ended = operationOf({ outcome: 'succeeded', endedAt: ago(10) });
const older = operationOf({ name: 'older', outcome: 'failed', startedAt: ago(900), endedAt: ago(800) });

describe('the history', () => {
  it('R-02 has at once what is under way, although the list does not know it yet', () => {
    const rows = historyOf([older], viewOf({}, { operation: operationOf() }), NOW_MS);
    expect(rows.map(({ operation }) => operation.outcome)).toEqual(['running', 'failed']);
    expect(rows.map(({ tookMs }) => tookMs)).toEqual([120_000, 100_000]);
  });

  it('R-04 believes whoever knows the end: what has ended does not run again', () => {
    const live = historyOf([operationOf()], viewOf({}, { operation: ended }), NOW_MS);
    const listed = historyOf([ended], viewOf({}, { operation: operationOf() }), NOW_MS);
    for (const rows of [live, listed])
      expect(rows.map(({ operation }) => operation.outcome)).toEqual(['succeeded']);
  });

  it('R-05 tells events in their order, with the operation that led here', () => {
    const events = [3, 1, 2].map((n) => ({ n, at: ago(n), level: 'info' as const, text: `event ${n}` }));
    const detail = { ...ended, events, cause: { operation: 'older' } };
    const story = operationStoryOf(detail, operationOf(), NOW_MS);
    expect(story.events.map(({ n }) => n)).toEqual([1, 2, 3]);
    expect(story).toMatchObject({ causeOperation: 'older', operation: { outcome: 'succeeded' } });
  });

  it('has words for every verb, outcome and way, in both languages', () => {
    for (const { t, find } of [WORDS.en, WORDS.de]) {
      for (const verb of OperationVerb.options) {
        for (const from of [undefined, V1, V2]) {
          const title = titleOf({ verb, to: V2, ...(from === undefined ? {} : { from }) });
          expect(t(title.key, title.values)).toContain('1.1.0');
        }
      }
      for (const via of Actor.shape.via.options) expect(find(whoOf({ by: 'x', via }).key)).toBeDefined();
      for (const outcome of ['running', 'succeeded', 'failed', 'cancelled'])
        expect(find(`states.outcome.${outcome}`)).toBeDefined();
    }
  });
});
