import type { RequestEvent } from './request-event.ts';

/** `sha256:` and 64 lower-case hexadecimal digits; the only algorithm this package accepts. */
export type Digest = `sha256:${string}`;

/** `registry/repository[:tag][@digest]`. No tag and no digest stays so: nothing is invented. */
export interface Reference {
  /** Host with optional port, as people write it (`docker.io`, not its API host). */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  /** Wins over the tag, which is then only a comment. */
  readonly digest?: Digest;
}

/** OCI content descriptor. `urls` are kept for display and never followed. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  /** Base64 of the exact content. */
  readonly data?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly platform?: { readonly architecture: string; readonly os: string; readonly variant?: string };
  readonly urls?: readonly string[];
}

interface ManifestCommon {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ImageManifest extends ManifestCommon {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface ImageIndex extends ManifestCommon {
  readonly manifests: readonly Descriptor[];
}

interface FetchedBytes {
  /** Exactly what was transported; what is hashed and signed. */
  readonly bytes: Uint8Array;
  /** Computed from `bytes`, never taken from a header. */
  readonly digest: Digest;
  readonly mediaType: string;
  readonly etag?: string;
  /** Origin that answered: the registry's or a mirror's. */
  readonly servedBy: string;
  /** The `Date` header, unauthenticated. */
  readonly dateHeader?: string;
}

export type FetchedManifest =
  | (FetchedBytes & { readonly kind: 'manifest'; readonly manifest: ImageManifest })
  | (FetchedBytes & { readonly kind: 'index'; readonly index: ImageIndex });

/** The registry says that the tag still names `digest`. Unauthenticated: reuse bytes verified before, trust nothing new. */
export interface UnchangedManifest {
  readonly kind: 'unchanged';
  readonly digest: Digest;
  readonly servedBy: string;
  readonly dateHeader?: string;
}

export type Credential =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity-token'; readonly token: string }
  | { readonly kind: 'bearer'; readonly token: string };

export interface MirrorSettings {
  /** `https://host[:port][/path]`; its CA, client certificate and credential are those of `registries[host]`. */
  readonly url: string;
  /** Regular expression on the repository path and replacement with `$1`; the first rule that changes the path wins. */
  readonly rewrite?: readonly { readonly from: string; readonly to: string }[] | undefined;
  /** Whether this mirror may say what a tag means; default true. Digests are checked either way. */
  readonly resolve?: boolean | undefined;
}

export interface RegistrySettings {
  /** Automatic for loopback hosts only. */
  readonly plainHttp?: boolean | undefined;
  /** Asked in order before the registry itself. */
  readonly mirrors?: readonly MirrorSettings[] | undefined;
  /** PEM certificates added to the system roots. */
  readonly ca?: readonly string[] | undefined;
  readonly clientCert?: { readonly cert: string; readonly key: string } | undefined;
  readonly insecureSkipVerify?: boolean | undefined;
  /** Hint that saves one round trip: the token is fetched before the first request. A real challenge wins. */
  readonly tokenRealm?: { readonly realm: string; readonly service?: string | undefined } | undefined;
  /** False: a `Docker-Content-Digest` that differs from the computed digest of a tag is ignored. Default true: refused. */
  readonly trustDigestHeader?: boolean | undefined;
  /** A function is asked again once after the registry rejected what it gave. */
  readonly credential?: Credential | (() => Promise<Credential | undefined>) | undefined;
}

/** Defaults: connect 10,000, headers 15,000, deadline 120,000. */
export interface Timeouts {
  readonly connectMs?: number | undefined;
  readonly headersMs?: number | undefined;
  /** Whole operation with retries, except bodies that keep arriving fast enough; default 120,000. */
  readonly deadlineMs?: number | undefined;
  /** Default 1,024, judged over windows of `rateWindowMs` (default 10,000). */
  readonly minBytesPerSecond?: number | undefined;
  readonly rateWindowMs?: number | undefined;
}

/** Defaults: 4 tries in all, exponential from 500 to 8,000 with full jitter. */
export interface RetrySettings {
  readonly attempts?: number | undefined;
  readonly baseMs?: number | undefined;
  readonly maxMs?: number | undefined;
  /** Whether a time-out is worth another try; default true. Callers that ask again by themselves say false. */
  readonly timeouts?: boolean | undefined;
  /** A `Retry-After` longer than this is not waited for but reported; default 20,000. */
  readonly retryAfterCapMs?: number | undefined;
}

/** Defaults: 1 MiB, 64 KiB, 64 KiB, 50 pages of tags or referrers. */
export interface Limits {
  readonly manifestBytes?: number | undefined;
  readonly tokenBytes?: number | undefined;
  readonly errorBytes?: number | undefined;
  readonly pages?: number | undefined;
}

/** Proxy URLs by the scheme of the target. */
export interface ProxySettings {
  readonly http?: string | undefined;
  readonly https?: string | undefined;
  /** Names, `.suffix`, `host:port`, addresses and CIDR ranges, separated by commas or spaces; `*` for all. */
  readonly noProxy?: string | undefined;
}

export interface ClientOptions {
  /** Keyed by host or host:port of the registry or mirror. */
  readonly registries?: Readonly<Record<string, RegistrySettings>> | undefined;
  readonly proxy?: ProxySettings | undefined;
  /** PEM certificates added to the system roots for every endpoint and proxy. */
  readonly ca?: readonly string[] | undefined;
  readonly userAgent?: string | undefined;
  readonly timeouts?: Timeouts | undefined;
  readonly retry?: RetrySettings | undefined;
  readonly limits?: Limits | undefined;
  /** Sends a constant anonymous bearer first, which ghcr.io accepts for public packages; falls back to the real exchange. */
  readonly anonymousBearer?: boolean | undefined;
  readonly onRequest?: ((event: RequestEvent) => void) | undefined;
  /** The next three are for tests: wait (rejects when the signal aborts), 0 <= random < 1, monotonic milliseconds. */
  readonly sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
  readonly random?: (() => number) | undefined;
  readonly now?: (() => number) | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ManifestOptions extends CallOptions {
  /** Answer `unchanged` when the reference still names this digest. */
  readonly unless?: { readonly digest: Digest; readonly etag?: string | undefined } | undefined;
  /** `image` also accepts Docker's own manifest types; default `artifact`. */
  readonly accept?: 'artifact' | 'image' | undefined;
  readonly maxBytes?: number | undefined;
}

export interface BlobOptions extends CallOptions {
  readonly maxBytes: number;
}

/** Receives a blob in order; its bytes are trustworthy only after `blobTo` resolved. */
export interface BlobSink {
  write(chunk: Uint8Array): Promise<void> | void;
  /** Throw away what was written; with it another mirror is tried after damaged bytes. */
  reset?(): Promise<void> | void;
}

/** Bytes in memory, or a source that can be opened again (retries read it anew). */
export type BlobSource =
  Uint8Array | { readonly digest: Digest; readonly size: number; open(): AsyncIterable<Uint8Array> };

export interface PushBlobOptions extends CallOptions {
  /** Repository of the same registry that may hold the blob already. */
  readonly mountFrom?: string | undefined;
  /** Upload in pieces of this many bytes; default: one piece. */
  readonly chunkBytes?: number | undefined;
}

export interface PushManifestOptions extends CallOptions {
  /** Overrides the tag of the reference; without any tag the manifest is pushed by digest. */
  readonly tag?: string | undefined;
  /** Refuse with `conflict` when the tag already names another digest. */
  readonly immutable?: boolean | undefined;
}

export interface HeadAnswer {
  readonly digest: Digest;
  readonly size: number;
  readonly mediaType: string;
  readonly servedBy: string;
  readonly dateHeader?: string;
}

export interface Counters {
  /** HTTP requests sent, token requests, redirects and retries included. */
  readonly requests: number;
  /** TCP (or TLS) connections opened. */
  readonly connections: number;
  readonly bytesReceived: number;
}

export interface OciClient {
  manifest(
    ref: Reference,
    options?: ManifestOptions & { readonly unless?: undefined },
  ): Promise<FetchedManifest>;
  manifest(ref: Reference, options: ManifestOptions): Promise<FetchedManifest | UnchangedManifest>;
  /** The whole blob, checked; embedded `data` is used when present and correct. */
  blob(ref: Reference, descriptor: Descriptor, options: BlobOptions): Promise<Uint8Array>;
  /** Streams a blob; continues by Range after a cut; the digest is checked at the end. */
  blobTo(ref: Reference, descriptor: Descriptor, sink: BlobSink, options: BlobOptions): Promise<void>;
  /** What a tag names now, unauthenticated; undefined when it does not exist. */
  head(ref: Reference, options?: CallOptions): Promise<HeadAnswer | undefined>;
  hasBlob(ref: Reference, digest: Digest, options?: CallOptions): Promise<boolean>;
  tags(ref: Reference, options?: CallOptions): Promise<readonly string[]>;
  /** Manifests whose subject is the reference's digest; by API, else by the fallback tag (then not filtered by type). */
  referrers(
    ref: Reference,
    options?: CallOptions & { readonly artifactType?: string | undefined },
  ): Promise<readonly Descriptor[]>;
  pushBlob(ref: Reference, source: BlobSource, options?: PushBlobOptions): Promise<Digest>;
  pushManifest(
    ref: Reference,
    bytes: Uint8Array,
    mediaType: string,
    options?: PushManifestOptions,
  ): Promise<Digest>;
  counters(): Counters;
  close(): Promise<void>;
}
