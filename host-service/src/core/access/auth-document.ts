import { z } from 'zod';
import { Role } from '../../contract/api/session.ts';
import type { CookiePayload } from './cookie.ts';
import { Attempts, isForgotten } from './lock-out.ts';

const HOUR_MS = 3_600_000;
/** How long a session lasts, in milliseconds. */
export const SESSION_MS = { ui: 12 * HOUR_MS, cli: 5 * 60_000 } as const;
/** A key signs for so long, then the next one does. */
export const KEY_MS = 30 * 24 * HOUR_MS;
/** What a stored time may lie ahead of ours before it is taken for the mark of a clock that was wrong. */
const CLOCK_SLACK_MS = 5 * 60_000;
/** Sessions that one user ended by hand and that are listed; with one more, all of that user's sessions end. */
const REVOKED_EACH = 32;
const REVOKED_ALL = 4000;
const KEYS_MAX = 8;
export const USERS_MAX = 64;

export const StoredUser = z.looseObject({
  name: z.string().max(64),
  /** As it was written; what we do not know is a viewer (design §5). */
  role: z.string().max(32),
  /** Self-describing: the parameters travel with the hash. */
  verifier: z.string().max(512),
  /** Sessions from before are over. */
  changedAt: z.iso.datetime(),
});
export type StoredUser = z.infer<typeof StoredUser>;

export const SessionKey = z.looseObject({
  id: z.string().min(1).max(32),
  /** 32 bytes, base64. */
  key: z.base64().min(1).max(256),
  createdAt: z.iso.datetime(),
});
export type SessionKey = z.infer<typeof SessionKey>;

/** Key `auth.json` of Secret `appliance-auth`. Loose: what a newer control plane keeps here survives our writes. */
export const AuthDocument = z.looseObject({
  users: z.array(StoredUser).max(USERS_MAX).default([]),
  /** Oldest first; the last one signs. */
  keys: z.array(SessionKey).max(16).default([]),
  revoked: z
    .array(z.looseObject({ sid: z.string().max(64), owner: z.string().max(80), until: z.iso.datetime() }))
    .max(4096)
    .default([]),
  /** By owner of sessions: those from before are over. */
  sessionsFrom: z.record(z.string().max(80), z.iso.datetime()).default({}),
  /** Sign-ins that failed: all together, and by a hash of the name, so that a name which is no user's leaves the same trace. */
  attempts: z
    .looseObject({ overall: Attempts.optional(), names: z.record(z.string().max(16), Attempts).default({}) })
    .default({ names: {} }),
  /** Since when the box has an owner; never taken back. */
  claimedAt: z.iso.datetime().optional(),
});
export type AuthDocument = z.infer<typeof AuthDocument>;

export const EMPTY_AUTH: AuthDocument = AuthDocument.parse({});

export const userIn = (document: AuthDocument, name: string): StoredUser | undefined =>
  document.users.find((user) => user.name === name);

export const roleOf = (role: string): Role => Role.catch('viewer').parse(role);

/** The document with this user, in the place of an earlier one of that name. */
export const withUser = (document: AuthDocument, user: StoredUser): AuthDocument => ({
  ...document,
  users: [...document.users.filter(({ name }) => name !== user.name), user],
});

export const signingKeyOf = (document: AuthDocument): SessionKey | undefined => document.keys.at(-1);

/** The document with a key that may sign now: a new one when there is none, or it is too old, or made by a clock that was far ahead. */
export function withSigningKey(
  document: AuthDocument,
  now: Date,
  make: () => { readonly id: string; readonly key: string },
): AuthDocument {
  const current = signingKeyOf(document);
  const ageMs = current === undefined ? Infinity : now.getTime() - Date.parse(current.createdAt);
  if (ageMs < KEY_MS && ageMs > -KEY_MS) return document;
  const kept = document.keys.slice(1 - KEYS_MAX);
  return { ...document, keys: [...kept, { ...make(), createdAt: now.toISOString() }] };
}

/** The document without what has no effect any more: keys whose sessions are over, ended sessions that would be over, old failures. */
export function withoutPast(document: AuthDocument, now: Date): AuthDocument {
  const { keys, revoked, sessionsFrom, attempts } = document;
  const isPast = (time: string, lastsMs: number): boolean => Date.parse(time) + lastsMs < now.getTime();
  const { overall, names } = attempts;
  const recent = Object.entries(names).filter(([, entry]) => !isForgotten(entry, now));
  return {
    ...document,
    keys: keys.filter((_, at) => {
      const next = keys[at + 1];
      return next === undefined || !isPast(next.createdAt, SESSION_MS.ui + CLOCK_SLACK_MS);
    }),
    revoked: revoked.filter(({ until }) => !isPast(until, CLOCK_SLACK_MS)),
    sessionsFrom: Object.fromEntries(
      Object.entries(sessionsFrom).filter(([, from]) => !isPast(from, SESSION_MS.ui + CLOCK_SLACK_MS)),
    ),
    attempts: {
      ...attempts,
      overall: overall === undefined || isForgotten(overall, now) ? undefined : overall,
      names: Object.fromEntries(recent),
    },
  };
}

type Ended = Pick<CookiePayload, 'sid' | 'user' | 'via'>;
const ownerOf = ({ via, user }: Ended): string => `${via}:${user}`;

/** The document in which this session is over. The list stays short: who ends very many of their sessions ends all of them. */
export function withRevoked(
  document: AuthDocument,
  session: Ended & { readonly exp: number },
  now: Date,
): AuthDocument {
  const owner = ownerOf(session);
  const { revoked } = document;
  if (revoked.some(({ sid }) => sid === session.sid)) return document;
  const own = revoked.filter((entry) => entry.owner === owner).length;
  const isFull = own >= REVOKED_EACH || revoked.length >= REVOKED_ALL;
  if (isFull) {
    return {
      ...document,
      revoked: revoked.filter((entry) => entry.owner !== owner),
      // One that began in this very millisecond ends as well.
      sessionsFrom: { ...document.sessionsFrom, [owner]: new Date(now.getTime() + 1).toISOString() },
    };
  }
  const until = new Date(session.exp).toISOString();
  return { ...document, revoked: [...revoked, { sid: session.sid, owner, until }] };
}

/** The role of a session whose signature was right, from the user's present record; undefined when the session is over or revoked. */
export function roleIn(document: AuthDocument, payload: CookiePayload, now: Date): Role | undefined {
  const { sid, user, via, iat, exp } = payload;
  const leftMs = exp - now.getTime();
  // Signed while the clock was far ahead: it would never end.
  if (leftMs <= 0 || leftMs > SESSION_MS[via] + CLOCK_SLACK_MS) return undefined;
  if (document.revoked.some((entry) => entry.sid === sid)) return undefined;
  const isBefore = (time: string | undefined): boolean => time !== undefined && iat < Date.parse(time);
  const owner = ownerOf(payload);
  if (Object.hasOwn(document.sessionsFrom, owner) && isBefore(document.sessionsFrom[owner])) return undefined;
  if (via === 'cli') return roleOf(payload.role);
  const record = userIn(document, user);
  return record === undefined || isBefore(record.changedAt) ? undefined : roleOf(record.role);
}
