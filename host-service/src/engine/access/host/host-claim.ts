import { Problem } from '../../../contract/problem.ts';
import { CLAIM_CODE_BYTES, claimCodeOf, parseClaimCode } from '../../../core/access/claim-code.ts';
import { isOpen, type ClaimDocument } from '../../../core/access/claim-document.ts';
import { freshClaim, type ClaimMaking } from '../claim-code.ts';
import type { ClaimFile, HostClaimFiles } from '../ports.ts';
import { createAuthStore, createClaimStore } from '../store/stores.ts';

/**
 * What became of the code on the host: the box has an owner; the code in the file was handed over just now, or before; another one opens the box,
 * which somebody else has made.
 */
export type HostClaimState = 'claimed' | 'made' | 'kept' | 'of-another';

/**
 * Sees to it that the box can be claimed with a code that lies on this host (design §8, B-58, B-70): makes it where there is none, hands its
 * verifier over to the cluster, and removes it once it opens nothing. What the cluster has already is never replaced. The file comes first and is
 * made exclusively: whoever else does this at the same time hands over the same code, and after a crash the next one goes on with it.
 *
 * @throws Problem config.unreadable, cluster.*
 */
export async function takeClaim(
  parts: ClaimMaking,
  files: HostClaimFiles,
  signal: AbortSignal,
): Promise<HostClaimState> {
  const { cluster, namespace, hasher, clock } = parts;
  const claims = createClaimStore(cluster, namespace);
  if ((await createAuthStore(cluster, namespace).read(signal)).claimedAt !== undefined) {
    await clear(files);
    return 'claimed';
  }
  const present = await claims.read(signal);
  if (isOpen(present)) return adopt(parts, files, present);
  const code = await codeOn(parts, files);
  const own = { verifier: await hasher.hash(code), madeAt: clock.now().toISOString(), by: 'host' };
  const stored = await claims.change(
    (current) => (isOpen(current) ? { result: current } : { next: own, result: own }),
    signal,
  );
  return stored === own ? 'made' : adopt(parts, files, stored);
}

/**
 * A new code for this host; the one before opens nothing any more and its lock-out is over. Wherever this is interrupted, either the old or the
 * new one lies on the host and opens the box.
 *
 * @throws Problem session.already-claimed, config.unreadable, cluster.*
 */
export async function replaceClaim(
  parts: ClaimMaking,
  { file, next }: HostClaimFiles,
  signal: AbortSignal,
): Promise<string> {
  const { code, document } = await freshClaim(parts, 'host', signal);
  await next.write(code);
  const claims = createClaimStore(parts.cluster, parts.namespace);
  await claims.change(() => ({ next: document, result: undefined }), signal);
  await file.write(code);
  await next.remove();
  return code;
}

/** The code in the host's file; undefined when there is none. Throws Problem config.unreadable. */
export const codeIn = async (file: ClaimFile): Promise<string | undefined> =>
  parseClaimCode((await file.read()) ?? '');

/**
 * Removes the code from the host once it has opened the box: until then one look at a file, without asking anybody. Answers whether one lies here.
 *
 * @throws Problem config.unreadable, cluster.*
 */
export async function dropSpentClaim(
  { cluster, namespace }: Pick<ClaimMaking, 'cluster' | 'namespace'>,
  files: HostClaimFiles,
  signal: AbortSignal,
): Promise<'none' | 'waiting' | 'removed'> {
  const texts = [await files.file.read(), await files.next.read()];
  if (texts.every((text) => text === undefined)) return 'none';
  const present = await createClaimStore(cluster, namespace).read(signal);
  if (present?.usedAt === undefined) return 'waiting';
  await clear(files);
  return 'removed';
}

/** The code in the file, made where there is none; read back, because somebody else may have been quicker. */
async function codeOn({ random }: ClaimMaking, { file }: HostClaimFiles): Promise<string> {
  // It is whole or not there at all: what is no code was put there by somebody else.
  if ((await codeIn(file)) === undefined) await file.remove();
  await file.create(claimCodeOf(random.bytes(CLAIM_CODE_BYTES)));
  const code = await codeIn(file);
  if (code === undefined)
    throw new Problem('config.unreadable', 'the claim code cannot be read back from its file');
  return code;
}

/** Which of the codes here is the one that opens the box; those that open nothing go. */
async function adopt(
  parts: ClaimMaking,
  files: HostClaimFiles,
  document: ClaimDocument,
): Promise<HostClaimState> {
  if (await fits(parts, files.file, document)) return 'kept';
  if (await fits(parts, files.next, document)) {
    await files.file.write((await codeIn(files.next)) ?? '');
    await files.next.remove();
    return 'kept';
  }
  await clear(files);
  return 'of-another';
}

async function fits({ hasher }: ClaimMaking, file: ClaimFile, { verifier }: ClaimDocument): Promise<boolean> {
  const code = await codeIn(file);
  return code !== undefined && hasher.verify(code, verifier);
}

async function clear({ file, next, card }: HostClaimFiles): Promise<void> {
  // First, because as long as one of the others lies here this is tried again.
  await card?.remove();
  await file.remove();
  await next.remove();
}
