import type { ReleaseView } from 'host-service/contract/api/releases.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { ReleaseRef } from 'host-service/contract/appliance.ts';

/** A release as its card shows it. */
export interface ReleaseFacts {
  readonly version: string;
  readonly digest: string;
  readonly ociDigest?: string;
  readonly since?: string;
  /** Keys by which it was verified; none = it is not signed. */
  readonly isSigned: boolean;
  readonly keyIds: readonly string[];
  /** Day on which an unsigned release was admitted here. */
  readonly admittedAt?: string;
  /** Bytes of all that it pins, when the box knows the release. */
  readonly size?: number;
  readonly notes?: string;
}

export interface RunningFacts {
  /** The engine has looked: nothing running means that nothing is installed. */
  readonly isKnown: boolean;
  readonly running?: ReleaseFacts;
  /** The release that passed its health check here last, when it is not the one that runs. */
  readonly lastGood?: ReleaseFacts;
  readonly isLastGood: boolean;
}

/** What runs, and what one could go back to. */
export function runningOf({ status }: StatusView, releases: readonly ReleaseView[]): RunningFacts {
  const running = status?.running;
  const lastGood = status?.lastGood;
  const isLastGood = running !== undefined && running.digest === lastGood?.digest;
  return {
    isKnown: status !== undefined,
    isLastGood,
    ...(running === undefined ? {} : { running: factsOf(running, releases) }),
    ...(lastGood === undefined || isLastGood ? {} : { lastGood: factsOf(lastGood, releases) }),
  };
}

/** Facts of a release from the status, filled up from what the box knows of it. */
export function factsOf(ref: ReleaseRef, releases: readonly ReleaseView[]): ReleaseFacts {
  const known = releases.find(({ digest }) => digest === ref.digest);
  const ociDigest = ref.ociDigest ?? known?.ociDigest;
  const notes = known?.notes ?? ref.notes;
  return {
    version: ref.version,
    digest: ref.digest,
    isSigned: ref.signed,
    keyIds: ref.keyIds,
    ...(ociDigest === undefined ? {} : { ociDigest }),
    ...(ref.since === undefined ? {} : { since: ref.since }),
    ...(known === undefined ? {} : { admittedAt: known.admittedAt, size: known.size }),
    ...(notes === undefined || notes === '' ? {} : { notes }),
  };
}
