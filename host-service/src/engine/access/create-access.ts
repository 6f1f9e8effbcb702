import type { Access } from '../handle/handle.ts';
import { createBoxWords } from './box-words.ts';
import { ensureClaimCode, type ClaimCodeState } from './claim-code.ts';
import { claim } from './claim.ts';
import type { Desk } from './desk.ts';
import { createLogin } from './login.ts';
import type { AccessParts, ClaimFile } from './ports.ts';
import { createRecent } from './store/recent.ts';
import { createSessionList } from './sessions/list.ts';
import { createSessions } from './sessions/read.ts';
import { createAuthStore, createClaimStore } from './store/stores.ts';
import { createWebhookCheck } from './webhook.ts';

/** The access with what only the composition root asks of it. */
export interface OwnedAccess extends Access {
  /** See `ensureClaimCode`. `file`: where a person finds the code; after a claim through this object it is removed. */
  ensureClaimCode(options: {
    readonly file?: ClaimFile | undefined;
    readonly signal: AbortSignal;
  }): Promise<ClaimCodeState>;
}

/** Who may come in, kept in Secrets of the control plane's namespace (design §5, §8); every replica answers alike. */
export function createAccess(parts: AccessParts): OwnedAccess {
  const { cluster, namespace, clock } = parts;
  const auth = createAuthStore(cluster, namespace);
  let file: ClaimFile | undefined;
  const desk: Desk = {
    ...parts,
    auth,
    claims: createClaimStore(cluster, namespace),
    known: createRecent(clock, auth.read),
    file: () => file,
  };
  return {
    ...createSessions(desk),
    ...createSessionList(desk),
    words: createBoxWords(parts),
    isClaimed: async () => (await desk.known.get()).claimedAt !== undefined,
    claim: (request, signal) => claim(desk, request, signal),
    login: createLogin(desk),
    checkWebhook: createWebhookCheck(parts),
    ensureClaimCode: (options) => {
      file = options.file;
      return ensureClaimCode(desk, file, options.signal);
    },
  };
}
