import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { Problem } from '../../contract/problem.ts';

/** scrypt's parameters. One hash takes 128 * N * r bytes of memory. */
export interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

const COST: Cost = { N: 2 ** 15, r: 8, p: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Most memory of one hash; a verifier that asks for more is not ours. */
const MEMORY_MAX = 64 * 1024 * 1024;
/** Hashes at the same time: the rest of the thread pool stays free for files and names. */
const AT_ONCE = 2;
const QUEUE_MAX = 32;
const RETRY_AFTER_MS = 2_000;

interface Verifier {
  readonly cost: Cost;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const memoryOf = ({ N, r }: Cost): number => 128 * N * r;

function derive(text: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Node's own limit is just below what N = 2^15, r = 8 needs.
    const maxmem = 2 * memoryOf(cost) + 1024 * 1024;
    scrypt(text, salt, HASH_BYTES, { ...cost, maxmem }, (error, key) => {
      if (error === null) resolve(key);
      else reject(new Problem('internal.bug', 'the password cannot be hashed', { cause: error }));
    });
  });
}

function parseVerifier(text: string): Verifier | undefined {
  const parts =
    /^scrypt\$(\d{1,7})\$(\d{1,3})\$(\d{1,3})\$([A-Za-z0-9_-]{11,86})\$([A-Za-z0-9_-]{43})$/.exec(text) ?? [];
  const [, N, r, p, salt, hash] = parts;
  if (salt === undefined || hash === undefined) return undefined;
  const cost: Cost = { N: Number(N), r: Number(r), p: Number(p) };
  const isPower = cost.N > 1 && (cost.N & (cost.N - 1)) === 0;
  if (!isPower || cost.r < 1 || cost.p < 1 || cost.p > 4 || memoryOf(cost) > MEMORY_MAX) return undefined;
  return { cost, salt: Buffer.from(salt, 'base64url'), hash: Buffer.from(hash, 'base64url') };
}

/** Lets `atOnce` run and `queueMax` wait. Problem request.rate-limited for the next. */
function createGate(atOnce: number, queueMax: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  const enter = async (): Promise<void> => {
    if (running < atOnce) {
      running += 1;
      return;
    }
    if (waiting.length >= queueMax) {
      throw new Problem('request.rate-limited', 'too many passwords are being checked', {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    // The place of the one that ends is handed on, so the count stays.
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  return async (work) => {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
}

/**
 * Turns passwords and codes into verifiers, `scrypt$N$r$p$salt$hash`, and checks them; the engine's PasswordHasher. Two at a time, so that
 * nobody can fill the memory from outside.
 */
export function createHasher(cost: Cost = COST): {
  /** Problem request.rate-limited with `retryAfterMs` when too many wait. */
  hash(text: string): Promise<string>;
  /** false as well for a verifier that cannot be read. Problem as `hash`. */
  verify(text: string, verifier: string): Promise<boolean>;
} {
  const gate = createGate(AT_ONCE, QUEUE_MAX);
  return {
    hash: (text) =>
      gate(async () => {
        const salt = randomBytes(SALT_BYTES);
        const hash = await derive(text, salt, cost);
        const { N, r, p } = cost;
        return ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$');
      }),
    verify: async (text, verifier) => {
      const parsed = parseVerifier(verifier);
      if (parsed === undefined) return false;
      return gate(async () => timingSafeEqual(await derive(text, parsed.salt, parsed.cost), parsed.hash));
    },
  };
}
