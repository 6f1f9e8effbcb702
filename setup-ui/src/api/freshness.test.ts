import { BEAT_MS as CONTRACT_BEAT_MS } from 'host-service/contract/api/status.ts';
import { describe, expect, it } from 'vitest';
import { BEAT_MS, freshnessOf, OFFLINE_AFTER_MS, STALE_AFTER_MS } from './freshness.ts';

const at = (ageMs: number, isBrowserOnline = true) =>
  freshnessOf({ lastSignMs: 1_000_000, startedMs: 0, isBrowserOnline }, 1_000_000 + ageMs);

describe('freshness (E-09)', () => {
  it('is live while beats come as the contract says', () => {
    expect(BEAT_MS).toBe(CONTRACT_BEAT_MS);
    expect(STALE_AFTER_MS).toBeGreaterThan(1.5 * CONTRACT_BEAT_MS);
    // within ten seconds the page says that it hears nothing.
    expect(STALE_AFTER_MS).toBeLessThan(10_000);
    expect(at(0)).toEqual({ kind: 'live' });
    expect(at(STALE_AFTER_MS - 1)).toEqual({ kind: 'live' });
  });

  it('tells the age in full seconds once it is old, and calls a long silence offline', () => {
    expect(at(40_700)).toEqual({ kind: 'stale', sinceMs: 40_000 });
    expect(at(OFFLINE_AFTER_MS + 500)).toEqual({ kind: 'offline', sinceMs: 60_000 });
  });

  it('believes a browser that has no network, once the box is silent', () => {
    expect(at(1_000, false)).toEqual({ kind: 'live' });
    expect(at(20_000, false)).toEqual({ kind: 'offline', sinceMs: 20_000 });
  });

  it('does not invent an age when there never was a sign', () => {
    const signs = { lastSignMs: undefined, startedMs: 0, isBrowserOnline: true };
    expect(freshnessOf(signs, 1_000)).toEqual({ kind: 'live' });
    expect(freshnessOf(signs, 20_000)).toEqual({ kind: 'offline' });
  });

  it('does not count backwards when clocks jump', () => {
    expect(at(-5_000)).toEqual({ kind: 'live' });
  });
});
