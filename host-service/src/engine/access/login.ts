import { Problem } from '../../contract/problem.ts';
import { userIn, withSigningKey, type AuthDocument } from '../../core/access/auth-document.ts';
import { loginLockMs, withLoginDone, withLoginTry } from '../../core/access/login-attempts.ts';
import { canonicalPassword } from '../../core/access/password-rules.ts';
import type { Access, Granted } from '../handle/handle.ts';
import type { Desk } from './desk.ts';
import { begin, grant, makeSessionKey, withBegun } from './grant.ts';

type LoginRequest = Parameters<Access['login']>[0];
const LONGEST_PASSWORD = 256;

/**
 * Signs in. A name that is nobody's is treated as any other: counted, checked against a decoy, answered alike.
 *
 * @throws Problem session.not-claimed, session.locked, session.login-failed, request.rate-limited, cluster.*
 */
export function createLogin(desk: Desk): (request: LoginRequest, signal: AbortSignal) => Promise<Granted> {
  const { auth, clock, hasher, log, random } = desk;
  const decoy = createDecoy(desk);
  return async ({ user, password, device }, signal) => {
    if (password.length > LONGEST_PASSWORD) throw failed();
    const fallback = await decoy();
    const at = clock.now();
    const counted = await countTry(desk, user, at, signal);
    const verifier = userIn(counted, user)?.verifier;
    const isRight = await hasher.verify(canonicalPassword(password), verifier ?? fallback);
    if (!isRight || verifier === undefined) {
      // No name: people type passwords into the wrong field.
      log.warn('sign-in refused');
      throw failed();
    }
    const now = clock.now();
    const begun = begin({ user, via: 'ui' }, at, random);
    const document = await auth.change(
      (current) => {
        // Changed or removed while we checked.
        if (userIn(current, user)?.verifier !== verifier) throw failed();
        const done = withBegun(withLoginDone(current, user), begun, device);
        return withSigningKey(done, now, () => makeSessionKey(random));
      },
      now,
      signal,
    );
    desk.known.keep(document);
    log.info('signed in', { user });
    return grant(document, begun, userIn(document, user)?.role ?? '');
  };
}

const failed = (): Problem => new Problem('session.login-failed', 'user name or password does not fit');

/** Written before anything is checked: a crash gives no try for nothing. */
const countTry = ({ auth }: Desk, user: string, now: Date, signal: AbortSignal): Promise<AuthDocument> =>
  auth.change(
    (current) => {
      if (current.claimedAt === undefined)
        throw new Problem('session.not-claimed', 'nobody can sign in before the box is claimed');
      const retryAfterMs = loginLockMs(current, user, now);
      if (retryAfterMs > 0) throw new Problem('session.locked', 'too many wrong sign-ins', { retryAfterMs });
      return withLoginTry(current, user, now);
    },
    now,
    signal,
  );

/** A verifier that nothing fits, made at the first sign-in of anybody: it must cost what a user's costs. */
function createDecoy({ hasher, random }: Desk): () => Promise<string> {
  let made: Promise<string> | undefined;
  return () => {
    made ??= hasher.hash(Buffer.from(random.bytes(32)).toString('base64')).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
