import type { AuthDocument } from '../../../core/access/auth-document.ts';
import { parseCookie, type CookiePayload, type UncheckedCookie } from '../../../core/access/cookie.ts';
import { roleIn, withRevoked } from '../../../core/access/session-list.ts';
import type { Access, Session } from '../../handle/handle.ts';
import type { Desk } from '../desk.ts';

/** Reads sessions from cookies, and ends them. */
export function createSessions({ auth, clock, known, log }: Desk): Pick<Access, 'sessionOf' | 'logout'> {
  return {
    sessionOf: async (text, signal) => {
      const cookie = text === undefined ? undefined : parseCookie(text);
      if (cookie === undefined) return undefined;
      const document = await known.get();
      signal.throwIfAborted();
      const session = sessionIn(document, cookie, clock.now());
      if (session !== undefined || !mayBeNewer(document, cookie)) return session;
      return sessionIn(await known.again(), cookie, clock.now());
    },
    logout: async ({ id, user, via, expiresAt }, signal) => {
      const now = clock.now();
      const ended = { sid: id, user, via, exp: Date.parse(expiresAt) };
      known.keep(await auth.change((current) => withRevoked(current, ended, now), now, signal));
      log.info('signed out', { user, via });
    },
  };
}

function payloadIn({ keys }: AuthDocument, cookie: UncheckedCookie): CookiePayload | undefined {
  const key = keys.find(({ id }) => id === cookie.keyId);
  return key === undefined ? undefined : cookie.signedBy(Buffer.from(key.key, 'base64'));
}

function sessionIn(document: AuthDocument, cookie: UncheckedCookie, now: Date): Session | undefined {
  const payload = payloadIn(document, cookie);
  const role = payload === undefined ? undefined : roleIn(document, payload, now);
  if (payload === undefined || role === undefined) return undefined;
  const { sid, user, via, exp } = payload;
  return { id: sid, user, role, via, expiresAt: new Date(exp).toISOString() };
}

/** Whether key or user may have been made by another replica since we read: somebody who has just signed in there must not be sent away here. */
function mayBeNewer(document: AuthDocument, cookie: UncheckedCookie): boolean {
  if (!document.keys.some(({ id }) => id === cookie.keyId)) return true;
  const payload = payloadIn(document, cookie);
  if (payload?.via !== 'ui') return false;
  const isListed = payload.listed !== true || document.sessions.some(({ sid }) => sid === payload.sid);
  return !isListed || !document.users.some(({ name }) => name === payload.user);
}
