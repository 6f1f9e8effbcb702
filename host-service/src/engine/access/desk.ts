import type { AuthDocument } from '../../core/access/auth-document.ts';
import type { ClaimDocument } from '../../core/access/claim-document.ts';
import type { AccessParts, ClaimFile } from './ports.ts';
import type { Recent } from './store/recent.ts';
import type { StoredDocument } from './store/stored-document.ts';
import type { AuthStore } from './store/stores.ts';

/** What all parts of the access share. */
export interface Desk extends Omit<AccessParts, 'cluster' | 'namespace'> {
  readonly auth: AuthStore;
  readonly claims: StoredDocument<ClaimDocument>;
  /** Users and keys as this process last saw them. */
  readonly known: Recent<AuthDocument>;
  /** Where the claim code lies for people, when this control plane makes it. */
  readonly file: () => ClaimFile | undefined;
}
