import { Problem } from '../../contract/problem.ts';
import { withSigningKey, withUser, type AuthDocument } from '../../core/access/auth-document.ts';
import { parseClaimCode } from '../../core/access/claim-code.ts';
import { withTry, type ClaimDocument } from '../../core/access/claim-document.ts';
import { lockLeftMs } from '../../core/access/lock-out.ts';
import type { Access, Granted } from '../handle/handle.ts';
import type { Changed } from './store/stored-document.ts';
import { chosenPassword } from './chosen-password.ts';
import { begin, grant, makeSessionKey, withBegun } from './grant.ts';
import type { Desk } from './desk.ts';

type ClaimRequest = Parameters<Access['claim']>[0];

/**
 * Makes the first admin. The one write that adds user and `claimedAt` is the claim: of two that come at the same time one loses it, and
 * a crash before leaves the code good, a crash behind it a claimed box on which the code opens nothing.
 *
 * @throws Problem session.already-claimed, session.password-weak, session.code-wrong, session.locked, request.invalid, cluster.*
 */
export async function claim(desk: Desk, request: ClaimRequest, signal: AbortSignal): Promise<Granted> {
  const { auth, claims, clock, hasher, log, random } = desk;
  refuseClaimed(await auth.read(signal));
  const password = chosenPassword(desk, request);
  const code = parseClaimCode(request.code);
  // What cannot be a code costs no try: it is a slip of the finger, and tells nobody anything.
  if (code === undefined) throw new Problem('session.code-wrong', 'a claim code has three groups of four');
  const verifier = await claims.change((current) => countTry(current, clock.now()), signal);
  if (!(await hasher.verify(code, verifier))) {
    log.warn('claim code refused');
    throw new Problem('session.code-wrong', 'the code does not fit');
  }
  const { user } = request;
  const passwordVerifier = await hasher.hash(password);
  const now = clock.now();
  const changedAt = now.toISOString();
  const owner = { name: user, role: 'admin', verifier: passwordVerifier, changedAt };
  const begun = begin({ user, via: 'ui' }, now, random);
  const document = await auth.change(
    (current) => {
      refuseClaimed(current);
      const owned = withUser({ ...current, claimedAt: changedAt }, owner);
      const listed = withBegun(owned, begun, request.device);
      return withSigningKey(listed, now, () => makeSessionKey(random));
    },
    now,
    signal,
  );
  desk.known.keep(document);
  log.info('box claimed', { user });
  await spendCode(desk, signal);
  return grant(document, begun, owner.role);
}

function refuseClaimed({ claimedAt }: AuthDocument): void {
  if (claimedAt !== undefined) throw new Problem('session.already-claimed', 'this box was claimed before');
}

/** Counts the try and says against what the code is to be checked. */
function countTry(current: ClaimDocument | undefined, now: Date): Changed<ClaimDocument, string> {
  if (current === undefined) throw new Problem('session.code-wrong', 'this box has no claim code yet');
  if (current.usedAt !== undefined) {
    throw new Problem('session.code-wrong', 'this code was used before; make a new one on the box');
  }
  const retryAfterMs = lockLeftMs(current.attempts, now);
  if (retryAfterMs > 0) throw new Problem('session.locked', 'too many wrong claim codes', { retryAfterMs });
  return { next: withTry(current, now), result: current.verifier };
}

/** The box is claimed already: what fails here is only told. */
async function spendCode({ claims, clock, log, file }: Desk, signal: AbortSignal): Promise<void> {
  try {
    const usedAt = clock.now().toISOString();
    await claims.change(
      (current) =>
        current === undefined ? { result: undefined } : { next: { ...current, usedAt }, result: undefined },
      signal,
    );
    await file()?.remove();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    log.warn('the used claim code could not be marked', { code: error.code });
  }
}
