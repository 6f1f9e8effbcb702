import type { SessionEntry, SessionsView } from '../../../contract/api/session.ts';
import { Problem } from '../../../contract/problem.ts';
import {
  roleOf,
  SESSION_MS,
  userIn,
  type AuthDocument,
  type StoredSession,
} from '../../../core/access/auth-document.ts';
import { UNKNOWN_DEVICE } from '../../../core/access/device.ts';
import { aliveIn, withoutOthers, withRevoked } from '../../../core/access/session-list.ts';
import type { Access, Session } from '../../handle/handle.ts';
import type { Desk } from '../desk.ts';

/** Lists who is signed in, and ends what is in the list. */
export function createSessionList({ auth, clock, known, log }: Desk): Pick<Access, 'sessions' | 'revoke'> {
  return {
    // Read anew: who looks here wants to see what was ended a moment ago elsewhere.
    sessions: async (session, signal) => viewOf(await auth.read(signal), session, clock.now()),
    revoke: async (session, request, signal) => {
      const now = clock.now();
      const document = await auth.change(
        (current) =>
          'others' in request
            ? withoutOthers(current, keptOf(current, session), usersSeenBy(session, current), now)
            : withoutOne(current, session, request.id, now),
        now,
        signal,
      );
      known.keep(document);
      log.info('sessions ended', { by: session.user, which: 'others' in request ? 'all others' : 'one' });
      const view = viewOf(document, session, now);
      return { sessions: view.sessions.filter(({ id }) => !('id' in request) || id !== request.id) };
    },
  };
}

/** Whose sessions somebody sees and ends. */
const usersSeenBy = ({ user, role }: Session, { users }: AuthDocument): readonly string[] =>
  role === 'admin' ? users.map(({ name }) => name) : [user];

function seenBy(session: Session, document: AuthDocument, now: Date): readonly StoredSession[] {
  const users = usersSeenBy(session, document);
  return aliveIn(document, now).filter(({ user }) => users.includes(user));
}

function withoutOne(document: AuthDocument, session: Session, id: string, now: Date): AuthDocument {
  const ended = seenBy(session, document, now).find(({ sid }) => sid === id);
  // Somebody else's is as absent as one that never was.
  if (ended === undefined) throw new Problem('request.not-found', 'there is no such session, or it is over');
  const { sid, user, until } = ended;
  return withRevoked(document, { sid, user, via: 'ui', exp: Date.parse(until) }, now);
}

/** The asking session as it is listed; one of an older control plane, or of a command, is in no list. */
function ownIn({ sessions }: AuthDocument, { id, user, via, expiresAt }: Session): StoredSession {
  const listed = sessions.find(({ sid }) => sid === id);
  const since = new Date(Date.parse(expiresAt) - SESSION_MS[via]).toISOString();
  return listed ?? { sid: id, user, device: UNKNOWN_DEVICE, since, until: expiresAt };
}

/** A command's session is over in minutes and stands in no list. */
const keptOf = (document: AuthDocument, session: Session): StoredSession | undefined =>
  session.via === 'ui' ? ownIn(document, session) : undefined;

/** Longest answer; the newest ones and the own one are in it. */
const VIEW_MAX = 256;

function viewOf(document: AuthDocument, session: Session, now: Date): SessionsView {
  const others = seenBy(session, document, now).filter(({ sid }) => sid !== session.id);
  const entry = ({ sid: id, user, device, since, until: expiresAt }: StoredSession): SessionEntry => ({
    ...{ id, user, device, since, expiresAt, isThis: id === session.id },
    role: id === session.id ? session.role : roleOf(userIn(document, user)?.role ?? ''),
    via: id === session.id ? session.via : 'ui',
  });
  return { sessions: [ownIn(document, session), ...others.slice(0, VIEW_MAX - 1)].map(entry) };
}
