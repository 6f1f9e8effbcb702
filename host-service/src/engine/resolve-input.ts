import type { ChannelState, Intent } from '../contract/appliance.ts';
import type { ChannelStatement } from '../contract/documents/channel.ts';
import type { Digest, Repository } from '../contract/names.ts';
import type { ProblemBody } from '../contract/problem.ts';
import type { Product } from '../contract/product.ts';
import type { Trust } from '../contract/trust.ts';
import type { Answer } from '../core/decide/types.ts';
import type { KnownRelease } from '../core/plan/observed.ts';
import type { Ports, ReleaseArtifact } from './ports.ts';

export type ResolvePorts = Pick<Ports, 'registry' | 'cluster' | 'clock' | 'log'>;

/** What RESOLVE works with in one call. */
export interface ResolveInput {
  readonly product: Product;
  /** As the file says; a later keys document that was confirmed before comes on top. */
  readonly trust: Trust;
  readonly intent: Intent;
  /** The product's release repository, or what the program's own file puts in its place. */
  readonly repository: Repository;
  /** Namespace of ConfigMap `appliance-floor`. */
  readonly namespace: string;
  readonly architecture: 'amd64' | 'arm64';
  /** The release that the source points to: stops on its way and what replaces it are fetched as well. */
  readonly running: Digest | undefined;
  /** Release objects of the cluster. */
  readonly releases: ReadonlyMap<Digest, KnownRelease>;
  /** The release that came with this box; `digest` is what the box was built with. */
  readonly baked?: { readonly artifact: ReleaseArtifact; readonly digest: Digest } | undefined;
}

export interface Resolution {
  readonly answer: Answer;
  /** The newest admitted statement of the subscribed channel; remembered in the cluster while the registry is away. */
  readonly statement: ChannelStatement | undefined;
  readonly channel: ChannelState;
  /** The trust that was used: the file's, or that of a newer confirmed keys document. */
  readonly trust: Trust;
  /** Release objects made in this call; they are not in `ResolveInput.releases` yet. */
  readonly stored: readonly KnownRelease[];
  /** What does not stand against the answer and ought to be shown: refused keys, stops that could not be fetched. */
  readonly problems: readonly ProblemBody[];
  /** The registry asked to be left alone for so long (Retry-After). */
  readonly retryAfterMs: number | undefined;
}

/** A cache that may be lost at any time without harm: then one more request is made and one more equal answer needed. */
export interface ResolveMemory {
  /** Last artifact by `repository:reference`. */
  readonly looks: Map<string, RememberedLook>;
  /** Releases whose parts were all found in the registry. */
  readonly complete: Set<Digest>;
  lastSuccessAt: string | undefined;
}

export interface RememberedLook {
  readonly artifact: ReleaseArtifact;
  /** Equal answers in a row. */
  readonly confirmations: number;
}

export const emptyResolveMemory = (): ResolveMemory => ({
  looks: new Map(),
  complete: new Set(),
  lastSuccessAt: undefined,
});
