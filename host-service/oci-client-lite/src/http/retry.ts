import type { Runtime } from '../defaults.ts';
import { isOciError } from '../errors.ts';
import type { OciError } from '../errors.ts';

const TRANSIENT_STATUS = new Set([408, 425, 429, 500, 502, 503, 504, 522, 524]);
const transients = new WeakSet<OciError>();

/** Marks an error as worth another try although its kind alone does not say so (a body cut short). */
export function transient(error: OciError): OciError {
  transients.add(error);
  return error;
}

/** True when the same request may well succeed a moment later. */
export function isTransient(error: OciError): boolean {
  if (transients.has(error)) return true;
  if (error.status !== undefined) return TRANSIENT_STATUS.has(error.status);
  return ['connect', 'timeout', 'dns', 'proxy', 'too-slow'].includes(error.kind);
}

/**
 * Reads `Retry-After`: seconds or an HTTP date, which is compared with the answer's own `Date` so that a wrong
 * local clock does not matter. Milliseconds, at most a day; undefined when it cannot be read.
 */
export function retryAfterMs(value: string | undefined, date: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  const DAY = 86_400_000;
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text) * 1000, DAY);
  const at = Date.parse(text);
  const base = date === undefined ? Number.NaN : Date.parse(date);
  if (Number.isNaN(at) || !/[A-Za-z]{3}/.test(text)) return undefined;
  const from = Number.isNaN(base) ? Date.now() : base;
  return Math.min(Math.max(0, at - from), DAY);
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** The hint some registries put into the message instead: `retry-after: 1.16ms` in Go's duration syntax. */
export function retryHintMs(message: string): number | undefined {
  const text = /retry-after:\s*((?:\d{1,9}(?:\.\d{1,9})?(?:ns|us|µs|ms|s|m|h))+)/i.exec(message)?.[1];
  if (text === undefined) return undefined;
  let total = 0;
  for (const part of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(part[1]) * (UNITS[part[2] ?? ''] ?? 0);
  }
  return Math.min(total, 86_400_000);
}

/** Wait before the try after `failed` tries: what the registry asked for, else exponential with full jitter. */
export function backoffMs(runtime: Runtime, failed: number, asked: number | undefined): number {
  const ceiling = Math.min(runtime.maxMs, runtime.baseMs * 2 ** (failed - 1));
  const jitter = runtime.random() * ceiling;
  return asked === undefined ? jitter : asked + Math.min(jitter, 250);
}

/** Runs `task` until it succeeds, fails for good, or the tries are used up. */
export async function withRetries<T>(
  runtime: Runtime,
  attempts: number,
  signal: AbortSignal,
  task: () => Promise<T>,
): Promise<T> {
  for (let failed = 1; ; failed += 1) {
    try {
      return await task();
    } catch (error) {
      if (!isOciError(error) || failed >= attempts || !isTransient(error) || signal.aborted) throw error;
      if (error.kind === 'timeout' && !runtime.retryTimeouts) throw error;
      if (error.retryAfterMs !== undefined && error.retryAfterMs > runtime.retryAfterCapMs) throw error;
      try {
        await runtime.sleep(backoffMs(runtime, failed, error.retryAfterMs), signal);
      } catch {
        throw error;
      }
    }
  }
}
