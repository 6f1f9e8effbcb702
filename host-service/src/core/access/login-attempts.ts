import { createHash } from 'node:crypto';
import type { AuthDocument } from './auth-document.ts';
import { FREE_ATTEMPTS, lockLeftMs, oneLess, oneMore } from './lock-out.ts';

/**
 * Under what a name's failures are counted: one of 256 counters. So every name is counted alike whether it is a user's or not, the list
 * cannot be made to grow, and what was typed into the wrong field (a password, say) is kept nowhere.
 */
const counterOf = (user: string): string =>
  createHash('sha256').update(user, 'utf8').digest('hex').slice(0, 2);

/** Milliseconds until a sign-in under this name is checked; 0 = now. */
export function loginLockMs({ attempts }: AuthDocument, user: string, now: Date): number {
  return Math.max(lockLeftMs(attempts.names[counterOf(user)], now), lockLeftMs(attempts.overall, now));
}

/** The document with one more try under this name. */
export function withLoginTry(document: AuthDocument, user: string, now: Date): AuthDocument {
  const { attempts } = document;
  const counter = counterOf(user);
  return {
    ...document,
    attempts: {
      ...attempts,
      overall: oneMore(attempts.overall, now, FREE_ATTEMPTS.overall),
      names: { ...attempts.names, [counter]: oneMore(attempts.names[counter], now) },
    },
  };
}

/** The document after a sign-in that was right: the name starts anew, the failures under other names stay counted. */
export function withLoginDone(document: AuthDocument, user: string): AuthDocument {
  const { attempts } = document;
  const counter = counterOf(user);
  const names = Object.fromEntries(Object.entries(attempts.names).filter(([name]) => name !== counter));
  const overall = oneLess(attempts.overall, FREE_ATTEMPTS.overall);
  return { ...document, attempts: { ...attempts, overall, names } };
}
