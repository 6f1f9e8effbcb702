import { Problem } from '../../contract/problem.ts';
import { roleOf, SESSION_MS, signingKeyOf, type AuthDocument } from '../../core/access/auth-document.ts';
import { signCookie } from '../../core/access/cookie.ts';
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

/** A session that begins at `at`, signed with the document's newest key. */
export function grant(
  document: AuthDocument,
  who: Pick<Session, 'user' | 'via'> & { readonly role: string },
  at: Date,
  random: Random,
): Granted {
  const key = signingKeyOf(document);
  if (key === undefined) throw new Problem('internal.bug', 'there is no key to sign sessions with');
  const { user, via } = who;
  const role = roleOf(who.role);
  const sid = textOf(random.bytes(ID_BYTES));
  const [iat, lastsMs] = [at.getTime(), SESSION_MS[via]];
  const exp = iat + lastsMs;
  const cookie = signCookie({ sid, user, role, via, iat, exp, kid: key.id }, Buffer.from(key.key, 'base64'));
  const session = { id: sid, user, role, via, expiresAt: new Date(exp).toISOString() };
  return { session, cookie, maxAgeSeconds: Math.floor(lastsMs / 1000) };
}
