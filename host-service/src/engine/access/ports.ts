import type { Clock, Cluster, Log, Random } from '../ports.ts';

/** Turns passwords and codes into verifiers that say themselves how they are checked (B-07). */
export interface PasswordHasher {
  /** Problem request.rate-limited with `retryAfterMs` when too many are being checked. */
  hash(text: string): Promise<string>;
  /** Takes the same time for right and wrong. Problem as `hash`. */
  verify(text: string, verifier: string): Promise<boolean>;
}

/** The file that a person reads the claim code from; of this control plane alone. All throw Problem config.unreadable. */
export interface ClaimFile {
  /** undefined when there is none. */
  read(): Promise<string | undefined>;
  /** For the owner of the process only, in one piece. */
  write(text: string): Promise<void>;
  remove(): Promise<void>;
}

/** The same on the host, where more than one may make it at a time. */
export interface HostClaimFile extends ClaimFile {
  /** As `write`, but a file that is there stays as it is, whoever made it. */
  create(text: string): Promise<void>;
}

/** Where the claim code lies on the host. */
export interface HostClaimFiles {
  readonly file: HostClaimFile;
  /** The next one, until its verifier is in the cluster: at each moment one of the two opens the box. */
  readonly next: HostClaimFile;
  /** The same for people in front of the box, with its words and addresses: what the console shows. */
  readonly card?: ClaimFile | undefined;
}

/** What the cluster is asked for here. */
export type SecretCluster = Pick<Cluster, 'get' | 'create' | 'replace'>;

export interface AccessParts {
  readonly cluster: SecretCluster;
  readonly hasher: PasswordHasher;
  readonly random: Random;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'sleep'>;
  /** Of the Secrets: the control plane's own. */
  readonly namespace: string;
  readonly log: Log;
  /** Names of product and vendor: no part of a good password. */
  readonly names?: readonly string[] | undefined;
}
