import type { Role } from '../../contract/api/session.ts';
import { Problem } from '../../contract/problem.ts';
import { roleOf, userIn, USERS_MAX, withUser, type AuthDocument } from '../../core/access/auth-document.ts';
import { isOpen } from '../../core/access/claim-document.ts';
import { chosenPassword } from './chosen-password.ts';
import type { AccessParts } from './ports.ts';
import { createAuthStore, createClaimStore } from './store/stores.ts';

/** A user as people see it. */
export interface UserView {
  readonly name: string;
  readonly role: Role;
  /** When the password was set. */
  readonly changedAt: string;
}

export type UserParts = Pick<AccessParts, 'cluster' | 'namespace' | 'hasher' | 'clock' | 'names'>;

/** All users by name. Problem cluster.*. */
export async function listUsers(
  { cluster, namespace }: Pick<UserParts, 'cluster' | 'namespace'>,
  signal: AbortSignal,
): Promise<readonly UserView[]> {
  const { users } = await createAuthStore(cluster, namespace).read(signal);
  return users
    .map(({ name, role, changedAt }) => ({ name, role: roleOf(role), changedAt }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/**
 * Adds a user. The first admin owns the box: the claim code opens nothing any more and is marked as used, so that the host removes it.
 *
 * @throws Problem request.invalid when there is one of that name or there are too many, session.password-weak, cluster.*
 */
export async function addUser(
  parts: UserParts,
  request: { readonly user: string; readonly role: Role; readonly password: string },
  signal: AbortSignal,
): Promise<void> {
  const { user: name, role } = request;
  const verifier = await parts.hasher.hash(chosenPassword(parts, request));
  const state = { isFirst: false };
  await change(parts, signal, (current, changedAt) => {
    if (userIn(current, name) !== undefined) throw invalid(`there is a user ${name} already`);
    if (current.users.length >= USERS_MAX) throw invalid(`there are ${USERS_MAX} users already`);
    state.isFirst = current.claimedAt === undefined && role === 'admin';
    const claimedAt = state.isFirst ? changedAt : current.claimedAt;
    const added = withUser(current, { name, role, verifier, changedAt });
    return claimedAt === undefined ? added : { ...added, claimedAt };
  });
  if (state.isFirst) await markUsed(parts, signal);
}

/** The box has its owner already: a code that could not be marked opens nothing either, and goes at the next start of the host. */
async function markUsed({ cluster, namespace, clock }: UserParts, signal: AbortSignal): Promise<void> {
  const usedAt = clock.now().toISOString();
  try {
    await createClaimStore(cluster, namespace).change(
      (current) =>
        isOpen(current) ? { next: { ...current, usedAt }, result: undefined } : { result: undefined },
      signal,
    );
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

/**
 * Sets a new password and ends the user's sessions.
 *
 * @throws Problem request.invalid when there is no such user, session.password-weak, cluster.*
 */
export async function setPassword(
  parts: UserParts,
  request: { readonly user: string; readonly password: string },
  signal: AbortSignal,
): Promise<void> {
  const verifier = await parts.hasher.hash(chosenPassword(parts, request));
  await change(parts, signal, (current, changedAt) => {
    const user = userIn(current, request.user);
    if (user === undefined) throw invalid(`there is no user ${request.user}`);
    return withUser(current, { ...user, verifier, changedAt });
  });
}

/**
 * Takes a user away; the sessions end with it.
 *
 * @throws Problem request.invalid when there is no such user or it is the last admin, cluster.*
 */
export async function removeUser(
  parts: Pick<UserParts, 'cluster' | 'namespace' | 'clock'>,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  await change(parts, signal, (current) => {
    if (userIn(current, name) === undefined) throw invalid(`there is no user ${name}`);
    const users = current.users.filter((user) => user.name !== name);
    const isAdmin = (user: { readonly role: string }): boolean => roleOf(user.role) === 'admin';
    if (current.users.some(isAdmin) && !users.some(isAdmin))
      throw invalid(`${name} is the last admin; add another one first`);
    return { ...current, users };
  });
}

const invalid = (detail: string): Problem => new Problem('request.invalid', detail);

async function change(
  { cluster, namespace, clock }: Pick<UserParts, 'cluster' | 'namespace' | 'clock'>,
  signal: AbortSignal,
  to: (current: AuthDocument, changedAt: string) => AuthDocument,
): Promise<void> {
  const now = clock.now();
  await createAuthStore(cluster, namespace).change((current) => to(current, now.toISOString()), now, signal);
}
