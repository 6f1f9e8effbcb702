import type { Intent, UpdatePolicy } from '../../contract/appliance.ts';
import type { ChannelStatement } from '../../contract/documents/channel.ts';
import type { Digest, Version } from '../../contract/names.ts';
import type { ProblemBody } from '../../contract/problem.ts';
import type { Release } from '../../contract/release.ts';
import type { TraceRule } from '../../contract/trace.ts';

/** A release that was admitted (signature, product, floor, freshness at the time) and may be looked at by the rules. */
export interface Candidate {
  readonly digest: Digest;
  readonly version: Version;
  readonly release: Release;
  readonly signed: boolean;
  readonly source: 'channel' | 'pin' | 'baked' | 'imported';
  readonly quarantine: ProblemBody | undefined;
  /** Whether its health gate was passed on this box. */
  readonly confirmedAt: string | undefined;
}

/** What the last look at the channel (or pin) brought, for the rules. */
export type Answer =
  | {
      readonly kind: 'resolved';
      readonly digest: Digest;
      /** Equal answers in a row, 2 needed before acting by itself. */ readonly confirmations: number;
    }
  | { readonly kind: 'unavailable'; readonly problem: ProblemBody }
  | { readonly kind: 'refused'; readonly problem: ProblemBody; readonly digest?: Digest };

export interface DecideInput {
  readonly intent: Intent;
  readonly policy: UpdatePolicy;
  readonly answer: Answer;
  /** The newest admitted statement of the subscribed channel; absent before the first. */
  readonly statement: ChannelStatement | undefined;
  /** All known releases: of the answer, its path stops, running, last good, baked. */
  readonly candidates: readonly Candidate[];
  /** The release that the source points to; undefined before the first installation. */
  readonly running: Digest | undefined;
  readonly lastGood: Digest | undefined;
  readonly facts: {
    readonly applianceId: string;
    readonly kubernetes: string;
    readonly controlPlane: Version;
    /** Builds of the control plane that failed here; absent where it cannot update itself. */
    readonly quarantinedBuilds?: ReadonlySet<Digest>;
    readonly host: Version | undefined;
    readonly architecture: 'amd64' | 'arm64';
  };
  readonly now: Date;
}

export interface Decision {
  /** What ought to run. Equal to `running` = stay. undefined = nothing can run yet. */
  readonly target: Digest | undefined;
  /** Why the target is what it is: moving on, going back after a failure, staying. */
  readonly direction: 'install' | 'update' | 'revert' | 'stay' | 'none';
  /** The best release that might be had, with or without approval; undefined = none better than what runs. */
  readonly available: Digest | undefined;
  readonly problems: readonly ProblemBody[];
  readonly trace: readonly TraceRule[];
}
