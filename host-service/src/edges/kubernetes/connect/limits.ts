/** Bounds of every call. Milliseconds and bytes. */
export interface Limits {
  readonly connectMs: number;
  /** A whole call, answer included. */
  readonly callMs: number;
  /** The Lease is given up after 7 s, so its calls must fail well before. */
  readonly leaseMs: number;
  /** One answer; a page of a list is one answer. */
  readonly answerBytes: number;
  /** One event of a watch. */
  readonly lineBytes: number;
  /** Objects on a page. */
  readonly pageSize: number;
  /** How long the server may keep a watch open: a random time between these two, in seconds (protocols §4.3). */
  readonly watchSeconds: readonly [number, number];
  /** Shortest time from one watch to the next after a clean end. */
  readonly rewatchMs: number;
  /** First and longest wait after a failure. */
  readonly backOffMs: readonly [number, number];
  /** How old the last look at credential files may be. */
  readonly lookEveryMs: number;
}

export const LIMITS: Limits = {
  connectMs: 5_000,
  callMs: 30_000,
  leaseMs: 3_000,
  answerBytes: 64 * 1024 * 1024,
  lineBytes: 8 * 1024 * 1024,
  pageSize: 500,
  watchSeconds: [240, 360],
  rewatchMs: 1_000,
  backOffMs: [1_000, 30_000],
  lookEveryMs: 60_000,
};
