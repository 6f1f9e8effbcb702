import { setTimeout as delay } from 'node:timers/promises';
import type { ClientOptions } from './types.ts';

/** Client options with every default filled in. Times in milliseconds, sizes in bytes. */
export interface Runtime {
  readonly options: ClientOptions;
  readonly userAgent: string;
  readonly connectMs: number;
  readonly headersMs: number;
  readonly deadlineMs: number;
  readonly minBytesPerSecond: number;
  readonly rateWindowMs: number;
  readonly attempts: number;
  readonly retryTimeouts: boolean;
  readonly baseMs: number;
  readonly maxMs: number;
  readonly retryAfterCapMs: number;
  readonly manifestBytes: number;
  readonly tokenBytes: number;
  readonly errorBytes: number;
  readonly pages: number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly random: () => number;
  readonly now: () => number;
}

async function realSleep(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal === undefined ? {} : { signal });
}

/** Fills in the defaults; sources: connect 10 s, headers 15 s, 1 KiB/s, manifest 1 MiB, token and error body 64 KiB. */
export function runtimeOf(options: ClientOptions): Runtime {
  const { timeouts = {}, retry = {}, limits = {} } = options;
  return {
    options,
    userAgent: options.userAgent ?? 'oci-client-lite/0.1',
    connectMs: timeouts.connectMs ?? 10_000,
    headersMs: timeouts.headersMs ?? 15_000,
    deadlineMs: timeouts.deadlineMs ?? 120_000,
    minBytesPerSecond: timeouts.minBytesPerSecond ?? 1024,
    rateWindowMs: timeouts.rateWindowMs ?? 10_000,
    attempts: Math.max(1, retry.attempts ?? 4),
    retryTimeouts: retry.timeouts ?? true,
    baseMs: retry.baseMs ?? 500,
    maxMs: retry.maxMs ?? 8000,
    retryAfterCapMs: retry.retryAfterCapMs ?? 20_000,
    manifestBytes: limits.manifestBytes ?? 1024 * 1024,
    tokenBytes: limits.tokenBytes ?? 64 * 1024,
    errorBytes: limits.errorBytes ?? 64 * 1024,
    pages: limits.pages ?? 50,
    sleep: options.sleep ?? realSleep,
    random: options.random ?? Math.random,
    now: options.now ?? (() => performance.now()),
  };
}
