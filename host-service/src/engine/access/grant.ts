import { Problem } from '../../contract/problem.ts';
import { roleOf, SESSION_MS, signingKeyOf, type AuthDocument } from '../../core/access/auth-document.ts';
import { signCookie } from '../../core/access/cookie.ts';
import { deviceOf } from '../../core/access/device.ts';
import { withSession } from '../../core/access/session-list.ts';
import type { Granted, Session } from '../handle/handle.ts';
import type { Random } from '../ports.ts';

const KEY_BYTES = 32;
const ID_BYTES = 16;

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** A new key for sessions. */
export const makeSessionKey = (random: Random): { readonly id: string; readonly key: string } => ({
  id: textOf(random.bytes(6)),
  key: Buffer.from(random.bytes(KEY_BYTES)).toString('base64'),
});

/** A session that begins, before it is written down and signed. Times in milliseconds since 1970. */
export interface Begun extends Pick<Session, 'user' | 'via'> {
  readonly sid: string;
  readonly iat: number;
  readonly exp: number;
}

/** A session of this user from `at` on. */
export function begin({ user, via }: Pick<Session, 'user' | 'via'>, at: Date, random: Random): Begun {
  const iat = at.getTime();
  return { user, via, sid: textOf(random.bytes(ID_BYTES)), iat, exp: iat + SESSION_MS[via] };
}

/** The document in whose list the session stands. */
export const withBegun = (
  document: AuthDocument,
  { sid, user, iat, exp }: Begun,
  device: string | undefined,
): AuthDocument =>
  withSession(document, {
    ...{ sid, user, device: deviceOf(device) },
    since: new Date(iat).toISOString(),
    until: new Date(exp).toISOString(),
  });

/** The session signed with the document's newest key. One of a browser is good only while it is listed there. */
export function grant(document: AuthDocument, begun: Begun, storedRole: string): Granted {
  const key = signingKeyOf(document);
  if (key === undefined) throw new Problem('internal.bug', 'there is no key to sign sessions with');
  const { sid, user, via, iat, exp } = begun;
  const role = roleOf(storedRole);
  const payload = { sid, user, role, via, iat, exp, ...(via === 'ui' ? { listed: true as const } : {}) };
  const cookie = signCookie({ ...payload, kid: key.id }, Buffer.from(key.key, 'base64'));
  const session = { id: sid, user, role, via, expiresAt: new Date(exp).toISOString() };
  return { session, cookie, maxAgeSeconds: Math.floor((exp - iat) / 1000) };
}
