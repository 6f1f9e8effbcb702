import { QueryClient } from '@tanstack/react-query';
import { OperationDetail } from 'host-service/contract/api/operations.ts';
import { StatusView } from 'host-service/contract/api/status.ts';
import { describe, expect, it } from 'vitest';
import { release, status, view } from '../../gallery/states/base.ts';
import { detail, operation } from '../../gallery/states/operations.ts';
import { KEYS } from '../query-keys.ts';
import { applyOperationEvent, applySnapshot, withEvent, withSnapshot } from './live-cache.ts';

const running = operation('update', { at: 'wait-components' });
const known = OperationDetail.parse(detail(running));
const event = (n: number) => ({ n, at: '2026-03-02T10:00:00Z', level: 'info' as const, text: `event ${n}` });
const client = (): QueryClient => new QueryClient();

describe('the cache under the live stream', () => {
  it('appends the events of an operation once and in order (E-08)', () => {
    const cache = client();
    cache.setQueryData(KEYS.operation(known.name), known);
    const before = known.events.length;
    for (const n of [before, before + 1, before + 1, before + 2, 1])
      applyOperationEvent(cache, known.name, event(n));
    const after = cache.getQueryData<OperationDetail>(KEYS.operation(known.name));
    expect(after?.events.map((each) => each.n)).toEqual(
      Array.from({ length: before + 2 }, (_, index) => index + 1),
    );
    expect(after?.lastEvent).toBe(before + 2);
  });

  it('fetches the operation again when an event was missed', () => {
    const cache = client();
    cache.setQueryData(KEYS.operation(known.name), known);
    applyOperationEvent(cache, known.name, event(known.events.length + 2));
    expect(cache.getQueryState(KEYS.operation(known.name))?.isInvalidated).toBe(true);
    expect(withEvent(known, event(known.events.length + 2))).toBe('gap');
  });

  it('takes the steps from a snapshot and keeps the events', () => {
    const later = OperationDetail.parse({
      ...detail(operation('update', { at: 'confirm' })),
      events: known.events,
      lastEvent: known.events.length,
    });
    const merged = withSnapshot(known, later);
    expect(merged).not.toBe('gap');
    expect(merged === 'gap' ? [] : merged.steps.find((step) => step.kind === 'confirm')?.state).toBe(
      'running',
    );
    expect(merged === 'gap' ? [] : merged.events).toEqual(known.events);
    expect(withSnapshot(known, { ...later, lastEvent: known.events.length + 3 })).toBe('gap');
    expect(withSnapshot(known, undefined)).toBe(known);
  });

  it('asks for the releases again only when something about them has changed', () => {
    const cache = client();
    cache.setQueryData(KEYS.releases, { releases: [] });
    applySnapshot(cache, StatusView.parse(view()));
    applySnapshot(cache, StatusView.parse(view({ status: status({ updatedAt: '2026-03-02T10:00:01Z' }) })));
    expect(cache.getQueryState(KEYS.releases)?.isInvalidated).toBe(false);
    applySnapshot(cache, StatusView.parse(view({ status: status({ available: release('2.2.0') }) })));
    expect(cache.getQueryState(KEYS.releases)?.isInvalidated).toBe(true);
  });

  it('asks for the history again when an operation begins or ends, and not for its details', () => {
    const cache = client();
    cache.setQueryData(KEYS.operations, { operations: [] });
    cache.setQueryData(KEYS.operation(known.name), known);
    applySnapshot(cache, StatusView.parse(view()));
    applySnapshot(
      cache,
      StatusView.parse(view({ operation: { ...running, lastEvent: known.events.length } })),
    );
    expect(cache.getQueryState(KEYS.operations)?.isInvalidated).toBe(true);
    expect(cache.getQueryState(KEYS.operation(known.name))?.isInvalidated).toBe(false);
  });
});
