/** Milliseconds between beats of the stream (contract BEAT_MS; a test holds them equal). */
export const BEAT_MS = 5_000;

/** How old what the page shows may be. `sinceMs`: age of the last sign of life in milliseconds. */
export type Freshness =
  | { readonly kind: 'live' }
  | { readonly kind: 'stale'; readonly sinceMs: number }
  /** No `sinceMs`: there never was a sign. */
  | { readonly kind: 'offline'; readonly sinceMs?: number };

/** A beat and most of the next may be missing before anybody is bothered; nobody waits ten seconds without being told. */
export const STALE_AFTER_MS = 2 * BEAT_MS - 1_000;
/** From here on it is not a hiccup. */
export const OFFLINE_AFTER_MS = 60_000;

export interface Signs {
  /** When the box last gave a sign of life (any answer, event or beat). */
  readonly lastSignMs: number | undefined;
  /** When the page began to ask. */
  readonly startedMs: number;
  /** What the browser says about its own network. */
  readonly isBrowserOnline: boolean;
}

/** Freshness from the signs of life, with full seconds of age so that nothing is drawn more often. */
export function freshnessOf(signs: Signs, nowMs: number): Freshness {
  const ageMs = Math.max(0, nowMs - (signs.lastSignMs ?? signs.startedMs));
  if (ageMs < STALE_AFTER_MS) return { kind: 'live' };
  const sinceMs = Math.floor(ageMs / 1000) * 1000;
  if (signs.lastSignMs === undefined) return { kind: 'offline' };
  if (!signs.isBrowserOnline || ageMs >= OFFLINE_AFTER_MS) return { kind: 'offline', sinceMs };
  return { kind: 'stale', sinceMs };
}
