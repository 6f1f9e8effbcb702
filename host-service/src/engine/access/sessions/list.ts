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
import type { AccessParts } from '../ports.ts';
import { createAuthStore } from '../store/stores.ts';

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
            : withoutOneOf(current, seenBy(session, current, now), request.id, now),
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

type RightsParts = Pick<AccessParts, 'cluster' | 'namespace' | 'clock'>;

/** The sessions of all browsers, for somebody with rights on the cluster; newest first. Problem cluster.*. */
export async function listSessions(
  { cluster, namespace, clock }: RightsParts,
  signal: AbortSignal,
): Promise<readonly SessionEntry[]> {
  const document = await createAuthStore(cluster, namespace).read(signal);
  return aliveIn(document, clock.now()).map((session) => entryOf(document, session));
}

/** Ends one of those, or all of them. Problem request.not-found, cluster.*. */
export async function endSessions(
  { cluster, namespace, clock }: RightsParts,
  which: { readonly id: string } | { readonly all: true },
  signal: AbortSignal,
): Promise<void> {
  const now = clock.now();
  const change = (current: AuthDocument): AuthDocument =>
    'all' in which
      ? withoutOthers(
          current,
          undefined,
          current.users.map(({ name }) => name),
          now,
        )
      : withoutOneOf(current, aliveIn(current, now), which.id, now);
  await createAuthStore(cluster, namespace).change(change, now, signal);
}

/** Whose sessions somebody sees and ends. */
const usersSeenBy = ({ user, role }: Session, { users }: AuthDocument): readonly string[] =>
  role === 'admin' ? users.map(({ name }) => name) : [user];

function seenBy(session: Session, document: AuthDocument, now: Date): readonly StoredSession[] {
  const users = usersSeenBy(session, document);
  return aliveIn(document, now).filter(({ user }) => users.includes(user));
}

function withoutOneOf(
  document: AuthDocument,
  sessions: readonly StoredSession[],
  id: string,
  now: Date,
): AuthDocument {
  const ended = sessions.find(({ sid }) => sid === id);
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
  const { role, via } = session;
  const others = seenBy(session, document, now).filter(({ sid }) => sid !== session.id);
  const own = { ...entryOf(document, ownIn(document, session)), role, via, isThis: true };
  return { sessions: [own, ...others.slice(0, VIEW_MAX - 1).map((each) => entryOf(document, each))] };
}

const entryOf = (
  document: AuthDocument,
  { sid: id, user, device, since, until: expiresAt }: StoredSession,
): SessionEntry => ({
  ...{ id, user, device, since, expiresAt, via: 'ui', isThis: false },
  role: roleOf(userIn(document, user)?.role ?? ''),
});
