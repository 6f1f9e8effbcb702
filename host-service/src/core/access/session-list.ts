import type { Role } from '../../contract/api/session.ts';
import {
  CLOCK_SLACK_MS,
  roleOf,
  SESSION_MS,
  userIn,
  type AuthDocument,
  type StoredSession,
} from './auth-document.ts';
import type { CookiePayload } from './cookie.ts';

/** Listed sessions of one user, and of all together; with one more the oldest one ends. */
export const SESSIONS_MAX = { each: 64, all: 256 } as const;
/** Sessions that one user ended by hand and that are listed; with one more, all of that user's that stand in no list end. */
const REVOKED_EACH = 32;
const REVOKED_ALL = 4000;
/** So young a session need not be in the list as we last read it: another replica wrote it, and we read every 5 s. */
const YOUNG_MS = 10_000;

type Named = Pick<CookiePayload, 'sid' | 'user' | 'via'>;
const ownerOf = ({ via, user }: Pick<Named, 'user' | 'via'>): string => `${via}:${user}`;

/** The role of a session whose signature was right, from the user's present record; undefined when the session is over or was ended. */
export function roleIn(document: AuthDocument, payload: CookiePayload, now: Date): Role | undefined {
  const { sid, user, via, iat, exp, listed } = payload;
  const leftMs = exp - now.getTime();
  // Signed while the clock was far ahead: it would never end.
  if (leftMs <= 0 || leftMs > SESSION_MS[via] + CLOCK_SLACK_MS) return undefined;
  if (document.revoked.some((entry) => entry.sid === sid)) return undefined;
  const entry = document.sessions.find((session) => session.sid === sid);
  const isYoung = Math.abs(now.getTime() - iat) <= YOUNG_MS;
  if (listed === true && entry === undefined && !isYoung) return undefined;
  const isBefore = (at: number, time: string | undefined): boolean =>
    time !== undefined && at < Date.parse(time);
  const keptAt = entry?.keptAt === undefined ? iat : Math.max(iat, Date.parse(entry.keptAt));
  if (isBefore(keptAt, fromOf(document, ownerOf(payload)))) return undefined;
  if (via === 'cli') return roleOf(payload.role);
  const record = userIn(document, user);
  return record === undefined || isBefore(iat, record.changedAt) ? undefined : roleOf(record.role);
}

const fromOf = ({ sessionsFrom }: AuthDocument, owner: string): string | undefined =>
  Object.hasOwn(sessionsFrom, owner) ? sessionsFrom[owner] : undefined;

/** The listed sessions that are alive, newest first. */
export function aliveIn(document: AuthDocument, now: Date): readonly StoredSession[] {
  const isAlive = ({ sid, user, since, until }: StoredSession): boolean => {
    const times = { iat: Date.parse(since), exp: Date.parse(until) };
    return roleIn(document, { sid, user, role: '', via: 'ui', ...times, kid: '-' }, now) !== undefined;
  };
  return document.sessions.filter(isAlive).sort((one, other) => (one.since < other.since ? 1 : -1));
}

/** The document with one more session. The list stays short: the oldest one of the user falls out and is over, or of whoever has the most. */
export function withSession(document: AuthDocument, session: StoredSession): AuthDocument {
  let sessions: readonly StoredSession[] = [
    ...document.sessions.filter(({ sid }) => sid !== session.sid),
    session,
  ];
  const own = sessions.filter(({ user }) => user === session.user).length;
  if (own > SESSIONS_MAX.each) sessions = withoutOldestOf(sessions, session.user);
  else if (sessions.length > SESSIONS_MAX.all) sessions = withoutOldestOf(sessions, busiestIn(sessions));
  return { ...document, sessions: [...sessions] };
}

function withoutOldestOf(sessions: readonly StoredSession[], user: string): readonly StoredSession[] {
  const oldest = sessions.find((session) => session.user === user);
  return sessions.filter((session) => session !== oldest);
}

function busiestIn(sessions: readonly StoredSession[]): string {
  const counts = new Map<string, number>();
  for (const { user } of sessions) counts.set(user, (counts.get(user) ?? 0) + 1);
  const [first] = [...counts].sort(([, one], [, other]) => other - one);
  return first?.[0] ?? '';
}

/**
 * The document in which this session is over. It leaves the list, and is written down as ended: for control planes that know no list, and as long
 * as it is young. That stays short: who ends very many of their sessions ends all of them.
 */
export function withRevoked(
  document: AuthDocument,
  session: Named & { readonly exp: number },
  now: Date,
): AuthDocument {
  const { sid, exp } = session;
  const sessions = document.sessions.filter((each) => each.sid !== sid);
  const isListed = sessions.length < document.sessions.length;
  const owner = ownerOf(session);
  if (document.revoked.some((entry) => entry.sid === sid))
    return isListed ? { ...document, sessions } : document;
  const revoked = withRoom(document.revoked, owner, now);
  if (revoked === undefined)
    return {
      ...endUnlisted(document, owner, now),
      sessions: sessions.filter((each) => ownerOf({ via: 'ui', ...each }) !== owner),
    };
  const ended = { sid, owner, until: new Date(exp).toISOString(), ...(isListed ? { listed: true } : {}) };
  return { ...document, sessions, revoked: [...revoked, ended] };
}

/** The ended sessions with room for one more of this owner; undefined = none can be missed. */
function withRoom(
  revoked: AuthDocument['revoked'],
  owner: string,
  now: Date,
): AuthDocument['revoked'] | undefined {
  const own = revoked.filter((entry) => entry.owner === owner);
  if (own.length < REVOKED_EACH && revoked.length < REVOKED_ALL) return revoked;
  // What was listed and is no longer young ends without standing here.
  const isSpare = ({ listed, until }: (typeof own)[number]): boolean =>
    listed === true && Date.parse(until) - SESSION_MS.ui + YOUNG_MS < now.getTime();
  const spare = own.find(isSpare);
  return spare === undefined ? undefined : revoked.filter((entry) => entry !== spare);
}

/** One that began in this very millisecond ends as well. */
const after = (now: Date): string => new Date(now.getTime() + 1).toISOString();

const endUnlisted = (document: AuthDocument, owner: string, now: Date): AuthDocument => ({
  ...document,
  revoked: document.revoked.filter((entry) => entry.owner !== owner),
  sessionsFrom: { ...document.sessionsFrom, [owner]: after(now) },
});

/** The document in which all browser sessions of these users are over, but the one that asks. */
export function withoutOthers(
  document: AuthDocument,
  kept: StoredSession | undefined,
  users: readonly string[],
  now: Date,
): AuthDocument {
  const ended = users.reduce(
    (current, user) => endUnlisted(current, ownerOf({ via: 'ui', user }), now),
    document,
  );
  const others = ended.sessions.filter(({ sid, user }) => sid !== kept?.sid && !users.includes(user));
  return {
    ...ended,
    sessions: [...others, ...(kept === undefined ? [] : [{ ...kept, keptAt: after(now) }])],
  };
}
