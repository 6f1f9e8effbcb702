import { Problem } from '../../contract/problem.ts';
import { CLAIM_CODE_BYTES, claimCodeOf, parseClaimCode } from '../../core/access/claim-code.ts';
import { isOpen, type ClaimDocument } from '../../core/access/claim-document.ts';
import type { AccessParts, ClaimFile } from './ports.ts';
import type { Desk } from './desk.ts';
import { createAuthStore, createClaimStore } from './store/stores.ts';

const OURS = 'control-plane';

/**
 * What became of the code: the box has an owner; a new one lies in the file; the one in the file is still good; somebody else (the host, a
 * person at the command line) has made one; there is none and no place for one.
 */
export type ClaimCodeState = 'claimed' | 'made' | 'kept' | 'of-another' | 'none';

/**
 * Sees to it that the box can be claimed, where this control plane makes the code (design §8): at each start of the one that acts. May be
 * called again at any time; ends right wherever it was interrupted.
 *
 * @throws Problem config.unreadable, cluster.*
 */
export async function ensureClaimCode(
  desk: Desk,
  file: ClaimFile | undefined,
  signal: AbortSignal,
): Promise<ClaimCodeState> {
  const { auth, claims, clock, hasher, log, random } = desk;
  if ((await auth.read(signal)).claimedAt !== undefined) {
    await file?.remove();
    return 'claimed';
  }
  const present = await claims.read(signal);
  if (isOfAnother(present)) {
    // Ours, if there is one, opens nothing any more.
    await file?.remove();
    return 'of-another';
  }
  if (file === undefined) return 'none';
  if (present !== undefined && (await fits(desk, file, present))) return 'kept';
  // In this order a crash leaves no code in the file that does not fit: without a file the next start makes both anew.
  await file.remove();
  const code = claimCodeOf(random.bytes(CLAIM_CODE_BYTES));
  const next = { verifier: await hasher.hash(code), madeAt: clock.now().toISOString(), by: OURS };
  const isWritten = await claims.change(
    (current) => (isOfAnother(current) ? { result: false } : { next, result: true }),
    signal,
  );
  if (!isWritten) return 'of-another';
  await file.write(code);
  log.info('claim code made');
  return 'made';
}

const isOfAnother = (document: ClaimDocument | undefined): boolean =>
  isOpen(document) && document.by !== OURS;

async function fits(
  { hasher }: Desk,
  file: ClaimFile,
  { verifier, usedAt }: ClaimDocument,
): Promise<boolean> {
  const code = parseClaimCode((await file.read()) ?? '');
  return usedAt === undefined && code !== undefined && hasher.verify(code, verifier);
}

/** What making a code needs. */
export type ClaimMaking = Pick<AccessParts, 'cluster' | 'namespace' | 'hasher' | 'random' | 'clock'>;

/**
 * A new code and what the cluster is to know of it, for a box without an owner. Nothing is written yet.
 *
 * @throws Problem session.already-claimed, cluster.*
 */
export async function freshClaim(
  { cluster, namespace, hasher, random, clock }: ClaimMaking,
  by: 'cli' | 'host',
  signal: AbortSignal,
): Promise<{ readonly code: string; readonly document: ClaimDocument }> {
  const { claimedAt } = await createAuthStore(cluster, namespace).read(signal);
  if (claimedAt !== undefined)
    throw new Problem('session.already-claimed', `this box was claimed ${claimedAt}`);
  const code = claimCodeOf(random.bytes(CLAIM_CODE_BYTES));
  return { code, document: { verifier: await hasher.hash(code), madeAt: clock.now().toISOString(), by } };
}

/**
 * A new claim code, for somebody with rights on the cluster; the one before opens nothing any more, its lock-out is over.
 *
 * @throws Problem session.already-claimed, cluster.*
 */
export async function makeClaimCode(parts: ClaimMaking, signal: AbortSignal): Promise<string> {
  const { code, document: next } = await freshClaim(parts, 'cli', signal);
  const claims = createClaimStore(parts.cluster, parts.namespace);
  await claims.change(() => ({ next, result: undefined }), signal);
  return code;
}
