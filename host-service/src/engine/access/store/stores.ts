import { AuthDocument, EMPTY_AUTH, withoutPast } from '../../../core/access/auth-document.ts';
import { CLAIM_KEY, ClaimDocument } from '../../../core/access/claim-document.ts';
import type { SecretCluster } from '../ports.ts';
import { createStoredDocument, type Changed, type StoredDocument } from './stored-document.ts';

/** Names of the Secrets (design §5). */
export const SECRETS = {
  auth: 'appliance-auth',
  claim: 'appliance-claim',
  webhook: 'appliance-webhook',
} as const;
const AUTH_KEY = 'auth.json';

/** Users, keys and ended sessions; an absent document is an empty one. */
export interface AuthStore {
  read(signal: AbortSignal): Promise<AuthDocument>;
  /** Writes what `change` makes of the document as it is without what is past; answers what was written. */
  change(
    change: (current: AuthDocument) => AuthDocument,
    now: Date,
    signal: AbortSignal,
  ): Promise<AuthDocument>;
}

/** The document in Secret `appliance-auth`. */
export function createAuthStore(cluster: SecretCluster, namespace: string): AuthStore {
  const stored: StoredDocument<AuthDocument> = createStoredDocument({
    cluster,
    namespace,
    name: SECRETS.auth,
    key: AUTH_KEY,
    schema: AuthDocument,
  });
  return {
    read: async (signal) => (await stored.read(signal)) ?? EMPTY_AUTH,
    change: (change, now, signal) =>
      stored.change((present): Changed<AuthDocument, AuthDocument> => {
        const current = withoutPast(present ?? EMPTY_AUTH, now);
        const next = change(current);
        // Only to drop what is past, nothing is written.
        return next === current ? { result: current } : { next, result: next };
      }, signal),
  };
}

/** The document in Secret `appliance-claim`. */
export const createClaimStore = (cluster: SecretCluster, namespace: string): StoredDocument<ClaimDocument> =>
  createStoredDocument({ cluster, namespace, name: SECRETS.claim, key: CLAIM_KEY, schema: ClaimDocument });
