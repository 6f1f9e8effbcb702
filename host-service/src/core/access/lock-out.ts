import { z } from 'zod';

/** Wrong tries in a row, as they are stored. */
export const Attempts = z.looseObject({
  count: z.int().min(0),
  /** Of the last one. */
  at: z.iso.datetime(),
  /** Nothing is checked before. */
  until: z.iso.datetime().optional(),
});
export type Attempts = z.infer<typeof Attempts>;

const MINUTE_MS = 60_000;
const LONGEST_MINUTES = 60;
/** Tries without a wait: for one code or one user, and for all users together. */
export const FREE_ATTEMPTS = { one: 5, overall: 50 } as const;
/** Sign-ins that failed are forgotten after this time without another. */
export const FORGET_AFTER_MS = 24 * 60 * MINUTE_MS;

/** Until when nothing is checked after so many tries: the free ones cost nothing, then 1, 2, 4 … 60 minutes. */
export function lockedUntil(attempts: number, now: Date, free: number = FREE_ATTEMPTS.one): Date | undefined {
  if (attempts < free) return undefined;
  const minutes = Math.min(LONGEST_MINUTES, 2 ** Math.min(attempts - free, 10));
  return new Date(now.getTime() + minutes * MINUTE_MS);
}

/** Milliseconds until the next try is checked; 0 = now. */
export function lockLeftMs(attempts: Attempts | undefined, now: Date): number {
  if (attempts?.until === undefined) return 0;
  const leftMs = Date.parse(attempts.until) - now.getTime();
  // A clock that was set back by years must not lock the owner out for years: such a lock is void, the count stays.
  return leftMs > LONGEST_MINUTES * MINUTE_MS ? 0 : Math.max(0, leftMs);
}

/** One more try. Written before anything is checked, so that a crash never gives one for nothing. */
export function oneMore(
  attempts: Attempts | undefined,
  now: Date,
  free: number = FREE_ATTEMPTS.one,
): Attempts {
  const count = Math.min((attempts?.count ?? 0) + 1, 1_000_000);
  return { ...attempts, count, at: now.toISOString(), until: lockedUntil(count, now, free)?.toISOString() };
}

/** Takes one try back that turned out right; the wrong ones of others stay counted. undefined = none is left. */
export function oneLess(attempts: Attempts | undefined, free: number): Attempts | undefined {
  if (attempts === undefined || attempts.count <= 1) return undefined;
  const count = attempts.count - 1;
  return { ...attempts, count, until: count < free ? undefined : attempts.until };
}

/** Whether it is so long ago that it counts no more. */
export const isForgotten = (attempts: Attempts, now: Date): boolean =>
  now.getTime() - Date.parse(attempts.at) > FORGET_AFTER_MS;
