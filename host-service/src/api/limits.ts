import type { Route } from '../contract/api/route.ts';
import { Problem } from '../contract/problem.ts';
import type { ApiClock, Limits } from './options.ts';

/** Peers and classes that are remembered. A stranger with more addresses than that pushes out the longest unseen. */
const MAX_BUCKETS = 10_000;
const MINUTE_MS = 60_000;

export type RouteClass = 'login' | 'webhook' | 'mutations' | 'reads' | 'page' | 'probes';

/** Probes are never refused: whoever looks after us has to see us under load as well. */
export function classOf(name: string, { method }: Pick<Route, 'method'>): RouteClass {
  if (name === 'healthz' || name === 'ready') return 'probes';
  if (name === 'claim' || name === 'login') return 'login';
  if (name === 'webhook') return 'webhook';
  return method === 'GET' ? 'reads' : 'mutations';
}

/** IPv4 as it is, IPv6 by its /64: that much a single household or attacker has for itself. */
export function peerKeyOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::', 2);
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const all = [...first, ...Array<string>(zeros).fill('0'), ...last];
  return all.slice(0, 4).join(':');
}

export interface RateLimit {
  /** Takes one token. @throws Problem request.rate-limited */
  take(kind: RouteClass, peer: string): void;
}

interface Bucket {
  tokens: number;
  /** Monotonic milliseconds of the last look. */
  at: number;
}

/** Token buckets in memory, one for each peer and class; a full bucket is a minute's worth. */
export function createRateLimit(limits: Limits, clock: ApiClock): RateLimit {
  const buckets = new Map<string, Bucket>();
  const perMinute: Readonly<Record<Exclude<RouteClass, 'probes'>, number>> = {
    ...{ login: limits.login, webhook: limits.webhook, mutations: limits.mutations },
    ...{ reads: limits.reads, page: limits.reads },
  };
  return {
    take(kind, peer) {
      if (kind === 'probes') return;
      const [key, capacity, now] = [`${kind} ${peerKeyOf(peer)}`, perMinute[kind], clock.monotonic()];
      const { tokens, at } = buckets.get(key) ?? { tokens: capacity, at: now };
      const filled = Math.min(capacity, tokens + ((now - at) * capacity) / MINUTE_MS);
      const left = filled >= 1 ? filled - 1 : filled;
      // Put back at the end: the order of the map is the order of last use.
      buckets.delete(key);
      buckets.set(key, { tokens: left, at: now });
      if (buckets.size > MAX_BUCKETS) for (const oldest of buckets.keys()) return void buckets.delete(oldest);
      if (filled < 1) {
        const retryAfterMs = Math.ceil(((1 - filled) * MINUTE_MS) / capacity);
        throw new Problem('request.rate-limited', `${capacity} a minute are allowed`, { retryAfterMs });
      }
    },
  };
}
