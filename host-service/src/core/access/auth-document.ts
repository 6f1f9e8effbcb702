import { z } from 'zod';
import { Role } from '../../contract/api/session.ts';
import { Attempts, isForgotten } from './lock-out.ts';

const HOUR_MS = 3_600_000;
/** How long a session lasts, in milliseconds. */
export const SESSION_MS = { ui: 12 * HOUR_MS, cli: 5 * 60_000 } as const;
/** A key signs for so long, then the next one does. */
export const KEY_MS = 30 * 24 * HOUR_MS;
/** What a stored time may lie ahead of ours before it is taken for the mark of a clock that was wrong. */
export const CLOCK_SLACK_MS = 5 * 60_000;
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

/** A browser that signed in, and is signed in as long as it stands here. */
export const StoredSession = z.looseObject({
  sid: z.string().max(64),
  user: z.string().max(64),
  device: z.string().max(64),
  since: z.iso.datetime(),
  until: z.iso.datetime(),
  /** When everything else of this user was ended from it: what ends sessions from before that does not end this one. */
  keptAt: z.iso.datetime().optional(),
});
export type StoredSession = z.infer<typeof StoredSession>;

/** Key `auth.json` of Secret `appliance-auth`. Loose: what a newer control plane keeps here survives our writes. */
export const AuthDocument = z.looseObject({
  users: z.array(StoredUser).max(USERS_MAX).default([]),
  /** Oldest first; the last one signs. */
  keys: z.array(SessionKey).max(16).default([]),
  /** Oldest first. */
  sessions: z.array(StoredSession).max(1024).default([]),
  revoked: z
    .array(
      z.looseObject({
        sid: z.string().max(64),
        owner: z.string().max(80),
        until: z.iso.datetime(),
        listed: z.boolean().optional(),
      }),
    )
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

/** The document without what has no effect any more: keys whose sessions are over, sessions that are over, old failures. */
export function withoutPast(document: AuthDocument, now: Date): AuthDocument {
  const { keys, sessions, revoked, sessionsFrom, attempts } = document;
  const isPast = (time: string, lastsMs: number): boolean => Date.parse(time) + lastsMs < now.getTime();
  const { overall, names } = attempts;
  const recent = Object.entries(names).filter(([, entry]) => !isForgotten(entry, now));
  return {
    ...document,
    keys: keys.filter((_, at) => {
      const next = keys[at + 1];
      return next === undefined || !isPast(next.createdAt, SESSION_MS.ui + CLOCK_SLACK_MS);
    }),
    sessions: sessions.filter(({ user, since, until }) => {
      const changedAt = userIn(document, user)?.changedAt;
      return changedAt !== undefined && changedAt <= since && !isPast(until, CLOCK_SLACK_MS);
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
