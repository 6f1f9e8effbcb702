import type { Repository } from '../contract/names.ts';
import type { Digest } from '../contract/names.ts';
import type { ObjectMeta } from '../contract/objects.ts';
import type { ProblemBody } from '../contract/problem.ts';
import type { SignInForm } from '../contract/product.ts';
import type { PinnedArtifact, Probe } from '../contract/release.ts';
import type { ImageFacts } from '../core/roll/image.ts';
import type { LicenceAnswer } from '../core/setup/licence-answer.ts';

/** What the engine touches, in its own words. Edges implement these; nothing of a library crosses them. */
export interface Ports {
  readonly registry: Registry;
  readonly cluster: Cluster;
  readonly prober: Prober;
  readonly clock: Clock;
  readonly log: Log;
}

/** Times in milliseconds. `now` is wall clock, for people and expiry; `monotonic` is for waits and deadlines. */
export interface Clock {
  now(): Date;
  monotonic(): number;
  /** Resolves after `ms`, or at once when the signal fires; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** 0 <= x < 1, for jitter. */
  random(): number;
}

export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** What one release reference carries, as bytes whose digests were checked against the manifest. Nothing in it is believed yet. */
export interface ReleaseArtifact {
  readonly repository: Repository;
  /** Digest of the manifest's bytes, computed. */
  readonly ociDigest: Digest;
  readonly configMediaType: string;
  readonly artifactType: string | undefined;
  /** Bytes of the config blob: the release document. */
  readonly document: Uint8Array;
  readonly statement: Uint8Array | undefined;
  readonly keys: Uint8Array | undefined;
  /** Signature bundles in any order; a bundle belongs to the bytes whose sha256 it names. */
  readonly bundles: readonly Uint8Array[];
  /** Origin that answered, for people. */
  readonly servedBy: string;
  /** The registry's Date header, for the clock check. */
  readonly date: string | undefined;
  readonly etag: string | undefined;
}

export type RegistryAnswer =
  | { readonly kind: 'artifact'; readonly artifact: ReleaseArtifact }
  | {
      readonly kind: 'unchanged';
      readonly ociDigest: Digest;
      readonly servedBy: string;
      readonly date: string | undefined;
    }
  /** Try again later; being offline is an answer, not an exception. */
  | { readonly kind: 'unavailable'; readonly problem: ProblemBody; readonly retryAfterMs: number | undefined }
  /** What came can never be used. */
  | { readonly kind: 'refused'; readonly problem: ProblemBody };

export interface Registry {
  /** One look at `repository:tag` or `repository@digest`. `unless` makes it conditional (1 request when nothing changed). */
  look(
    query: {
      readonly repository: Repository;
      readonly reference: string;
      readonly unless?: { digest: Digest; etag?: string | undefined };
    },
    signal: AbortSignal,
  ): Promise<RegistryAnswer>;
  /** The config bundle's files by path, digest-checked and within the caps. Throws Problem registry.* or release.bundle-invalid. */
  bundle(artifact: PinnedArtifact, signal: AbortSignal): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Those of the artifacts (and, for an index, the child for `architecture`) that the registry does not have. Throws Problem registry.* when it cannot tell. */
  missing(
    artifacts: readonly { readonly repository: Repository; readonly digest: Digest }[],
    architecture: string,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  /** Digest a tag points to now. Throws Problem. For v1 documents only. */
  digestOf(
    repository: Repository,
    tag: string,
    signal: AbortSignal,
  ): Promise<{ digest: Digest; size: number }>;
  /** What the image at a digest says about itself, for one processor. Throws Problem registry.*. */
  imageFacts(
    image: { readonly repository: Repository; readonly digest: Digest },
    architecture: string,
    signal: AbortSignal,
  ): Promise<ImageFacts>;
  counters(): { readonly requests: number; readonly connections: number };
}

/** An object of the cluster, as plain data. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}
/** What is sent: only the fields we mean to own. */
export interface KubeInput {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
    readonly resourceVersion?: string | undefined;
  };
  readonly [field: string]: unknown;
}
export interface KindRef {
  readonly apiVersion: string;
  readonly kind: string;
}
export interface KubeRef extends KindRef {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** All throw Problem cluster.* ; all are bounded in time and stop with the signal. */
export interface Cluster {
  /** Server-side apply with field manager `appliance`, forced: conflicts on our own fields are taken back and reported by `onConflict`. */
  apply(
    object: KubeInput,
    options: { signal: AbortSignal; dryRun?: boolean; force?: boolean },
  ): Promise<KubeObject>;
  /** undefined = not there (or the kind is not known yet). */
  get(ref: KubeRef, signal: AbortSignal): Promise<KubeObject | undefined>;
  /** All pages. An unknown kind is an empty list. */
  list(
    kind: KindRef,
    options: { signal: AbortSignal; namespace?: string; labelSelector?: string; fieldSelector?: string },
  ): Promise<readonly KubeObject[]>;
  /** Problem cluster.conflict when it exists. */
  create(object: KubeInput, signal: AbortSignal): Promise<KubeObject>;
  /** PUT with the resourceVersion it carries; Problem cluster.conflict when it changed meanwhile. */
  replace(object: KubeInput, signal: AbortSignal): Promise<KubeObject>;
  /** PUT of the status subresource with the resourceVersion it carries. */
  replaceStatus(object: KubeInput, signal: AbortSignal): Promise<KubeObject>;
  /** Deleting what is not there is no error. `uid`: only the very object; Problem cluster.conflict when the name is another one's by now. */
  remove(
    ref: KubeRef,
    options: { signal: AbortSignal; propagation?: 'Foreground' | 'Background' | 'Orphan'; uid?: string },
  ): Promise<void>;
  /** Calls back for each change until the signal fires; lists again by itself after 410, waits while the kind is not known. */
  watch(
    kind: KindRef,
    options: {
      namespace?: string;
      signal: AbortSignal;
      onChange: (object: KubeObject, type: 'added' | 'modified' | 'deleted') => void;
    },
  ): Promise<void>;
  /** Server version without leading v, e.g. 1.36.3. */
  version(signal: AbortSignal): Promise<string>;
  /** Whether `group/version` serves the plural, e.g. source.toolkit.fluxcd.io/v1, ocirepositories. */
  serves(groupVersion: string, plural: string, signal: AbortSignal): Promise<boolean>;
  /** Last lines of a container's log, at most `bytes`; empty when there is none. */
  log(
    pod: { namespace: string; name: string; container: string; previous: boolean },
    bytes: number,
    signal: AbortSignal,
  ): Promise<string>;
}

export interface Prober {
  /** One attempt, bounded to 5 s. Answers in words what came back. */
  probe(
    address: { readonly ip: string; readonly port: number },
    probe: Probe,
    signal: AbortSignal,
  ): Promise<{ readonly ok: boolean; readonly detail: string }>;
}

/** Signs in at the application as a person's browser does. Never throws; bounded to 10 s; nothing of an answer holds what was sent. */
export interface SignIn {
  try(
    address: { readonly ip: string; readonly port: number },
    form: SignInForm,
    values: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<{ readonly ok: boolean; readonly detail: string }>;
}

/** What came of the last try to sign in at one address. */
export interface SignInTry {
  readonly of: string;
  readonly said: { readonly ok: boolean; readonly detail: string };
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** The vendor's licence service. Never throws but for the signal; bounded in time. */
export interface Licence {
  /** Redeems an install code, once: the same key is the same question, however often it is asked. Nothing of an answer holds the code. */
  redeem(
    question: {
      readonly url: string;
      readonly code: string;
      readonly applianceId: string;
      readonly key: string;
    },
    signal: AbortSignal,
  ): Promise<LicenceAnswer>;
}

/** Unpredictable bytes, for Secrets that are generated once (B-06). */
export interface Random {
  bytes(count: number): Uint8Array;
}

/** A Lease as the leader election needs it; times as RFC 3339 with microseconds. */
export interface LeaseRecord {
  readonly name: string;
  readonly namespace: string;
  /** Empty = released. */
  readonly holder: string;
  readonly durationSeconds: number;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly transitions: number;
  /** Absent = create. */
  readonly resourceVersion?: string | undefined;
}

/** Both throw Problem cluster.*; a write that lost against another one is cluster.conflict. */
export interface LeaseStore {
  read(name: string, namespace: string, signal: AbortSignal): Promise<LeaseRecord | undefined>;
  write(record: LeaseRecord, signal: AbortSignal): Promise<LeaseRecord>;
}
