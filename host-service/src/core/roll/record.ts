import semver from 'semver';
import type { ControlPlaneBuild, ControlPlaneRecord, FailedBuild } from '../../contract/control-plane.ts';
import type { Digest } from '../../contract/names.ts';
import { safeLine, type ProblemBody } from '../../contract/problem.ts';
import { RETRYABLE } from './judge.ts';

/** Waits before a build that could not be had is tried again by itself, in milliseconds; after the last one it is given up. */
export const RETRY_WAITS_MS: readonly number[] = [60_000, 300_000, 1_800_000];
/** Tries of such a build before it is given up. */
export const TRIES = RETRY_WAITS_MS.length;
/** As many as the contract allows. */
const KEPT = 16;

export const EMPTY_RECORD: ControlPlaneRecord = { schema: 'appliance.control-plane-record/v1', failed: [] };

export const failureOf = ({ failed }: ControlPlaneRecord, digest: Digest): FailedBuild | undefined =>
  failed.find((entry) => entry.digest === digest);

/** Digests that are not tried again by themselves. */
export const quarantinedBuilds = ({ failed }: ControlPlaneRecord): ReadonlySet<Digest> =>
  new Set(failed.filter(({ quarantined }) => quarantined).map(({ digest }) => digest));

export interface Failing {
  readonly build: ControlPlaneBuild;
  readonly reason: ProblemBody;
  readonly at: Date;
  readonly by: string;
  readonly evidence: string | undefined;
  /** Names this try: recorded twice it is still one (a crash between two writes, engine and guard at once). */
  readonly attempt: string;
}

/** The record with one failure more. What is not the build's fault is given up only after some tries. Pure. */
export function withFailure(record: ControlPlaneRecord, failing: Failing): ControlPlaneRecord {
  const { build, reason, at, by, evidence, attempt } = failing;
  const before = failureOf(record, build.digest);
  if (before?.attempt === attempt) return record;
  const attempts = (before?.attempts ?? 0) + 1;
  const entry: FailedBuild = {
    ...build,
    reason: { ...reason, detail: safeLine(reason.detail) },
    at: at.toISOString(),
    attempts,
    quarantined: !RETRYABLE.has(reason.code) || attempts >= TRIES,
    by: safeLine(by),
    ...(evidence === undefined || evidence === '' ? {} : { evidence }),
    attempt,
    ...(before?.request === undefined ? {} : { request: before.request }),
  };
  const others = record.failed.filter(({ digest }) => digest !== build.digest);
  return { ...record, failed: [entry, ...others].slice(0, KEPT) };
}

/** When a build that failed and was not given up may be tried again; undefined = at once. */
export function nextTryAt({ attempts, at, dueNow }: FailedBuild): Date | undefined {
  if (dueNow === true) return undefined;
  const waitMs = RETRY_WAITS_MS[Math.min(attempts, RETRY_WAITS_MS.length) - 1] ?? 0;
  return new Date(Date.parse(at) + waitMs);
}

/** A person asked for another try: of one build, or of all that failed. A request counts once. Pure. */
export function withRetry(
  record: ControlPlaneRecord,
  request: string,
  digest: Digest | undefined,
): ControlPlaneRecord {
  const failed = record.failed.map((entry) =>
    (digest === undefined || entry.digest === digest) && entry.request !== request
      ? { ...entry, quarantined: false, dueNow: true, request }
      : entry,
  );
  return { ...record, failed };
}

/** A build has shown that it works: it is the last good one, and what was said against it is over. Pure. */
export function withLastGood(
  record: ControlPlaneRecord,
  build: ControlPlaneBuild,
  at: Date,
): ControlPlaneRecord {
  const failed = record.failed.filter(({ digest }) => digest !== build.digest);
  if (record.lastGood?.digest === build.digest && failed.length === record.failed.length) return record;
  const { lastGood } = record;
  // Should it fail later, the one that was good before it is a better way back than what came with the box.
  const former = lastGood === undefined || lastGood.digest === build.digest ? {} : { formerGood: lastGood };
  return { ...record, ...former, failed, lastGood: { ...build, at: at.toISOString() } };
}

/** Longest time in milliseconds between writing a failure down and having put the former build back (a guard's act takes 30 s at most). */
const PUTTING_BACK_MS = 60_000;

/**
 * Somebody has just written down that this very try of the build failed, and is putting the former one back: the build must not wipe that away
 * by saying that it works, else it would be tried again by itself. Later on nobody is. Pure.
 */
export function isBeingPutBack(
  record: ControlPlaneRecord,
  digest: Digest,
  attempt: string,
  now: Date,
): boolean {
  const failure = failureOf(record, digest);
  return failure?.attempt === attempt && now.getTime() - Date.parse(failure.at) < PUTTING_BACK_MS;
}

/**
 * What lies on a host has come to be this build (another image was put on the box). Of several hosts the newest counts, and what a host said itself is
 * replaced by what it carries now, also when that is older. Pure.
 */
export function withBaked(
  record: ControlPlaneRecord,
  build: ControlPlaneBuild,
  node: string,
): ControlPlaneRecord {
  const { baked } = record;
  const isOwnWord = baked?.node === undefined || baked.node === node;
  if (baked !== undefined && !isOwnWord && !semver.gt(build.version, baked.version)) return record;
  if (baked?.digest === build.digest && baked.node === node) return record;
  return { ...record, baked: { ...build, node } };
}
