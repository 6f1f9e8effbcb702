import type { ReleasesView, ReleaseView } from '../../contract/api/releases.ts';
import type { ApplianceStatus } from '../../contract/appliance.ts';
import type { Digest } from '../../contract/names.ts';
import { lastGoodOf } from '../../core/decide/candidates.ts';
import { wayBackTo } from '../../core/decide/go-back.ts';
import { isOlder, leadsBack } from '../../core/decide/versions.ts';
import type { KnownRelease } from '../../core/plan/observed.ts';
import { referencesOf } from '../../core/release/allowed.ts';
import { readReleases } from '../observe/own.ts';
import { observeSource } from '../observe/source.ts';
import { readAppliance } from '../verbs.ts';
import type { Setting } from './setting.ts';

interface Box {
  readonly releases: ReadonlyMap<Digest, KnownRelease>;
  /** The release that the source points to. */
  readonly running: Digest | undefined;
  readonly lastGood: Digest | undefined;
  readonly status: ApplianceStatus | undefined;
}

/** The releases that this box knows, newest version first, each with what spoke for and against it. Problems cluster.*. */
export async function releasesView(
  { cluster, engine, parsed }: Setting,
  signal: AbortSignal,
): Promise<ReleasesView> {
  const [{ status }, { value: releases }, source] = await Promise.all([
    readAppliance(cluster, signal),
    readReleases(cluster, parsed, signal),
    observeSource(cluster, engine.product, signal),
  ]);
  const box: Box = { releases, status, running: source?.release, lastGood: lastGoodOf(releases) };
  return { releases: [...releases.values()].sort(newestFirst).map((known) => releaseView(known, box)) };
}

function newestFirst(a: KnownRelease, b: KnownRelease): number {
  const [one, other] = [a.release.version, b.release.version];
  if (one !== other && isOlder(one, other)) return 1;
  if (one !== other && isOlder(other, one)) return -1;
  return Date.parse(b.object.spec.admittedAt) - Date.parse(a.object.spec.admittedAt);
}

function releaseView(known: KnownRelease, box: Box): ReleaseView {
  const { object, release, digest } = known;
  const { ociDigest, source, signed, keyIds, admittedAt } = object.spec;
  const { confirmedAt, quarantine, attempts = 0 } = object.status ?? {};
  const way = wayBackTo(known, box.running, box.releases);
  return {
    digest,
    ...(ociDigest === undefined ? {} : { ociDigest }),
    version: release.version,
    ...{ source, signed, keyIds, admittedAt },
    ...(confirmedAt === undefined ? {} : { confirmedAt }),
    ...(quarantine === undefined
      ? {}
      : { quarantine: { reason: quarantine.reason, at: quarantine.at, attempts } }),
    isRunning: digest === box.running,
    isLastGood: digest === box.lastGood,
    isAvailable: digest === box.status?.available?.digest,
    goBack: way.ok ? { isPossible: true } : { isPossible: false, reason: way.problem.detail },
    isReversible: isReversible(known, box),
    ...(release.notes === '' ? {} : { notes: release.notes }),
    released: release.released,
    size: releaseSize(known),
    trace: (box.status?.trace ?? []).filter(({ candidate }) => candidate?.digest === digest),
  };
}

/** As DECIDE sees a step forward: it has to lead back to what runs now. Where nothing runs, nothing can be lost. */
function isReversible({ release }: KnownRelease, { running, releases }: Box): boolean {
  const now = running === undefined ? undefined : releases.get(running)?.release.version;
  if (now === undefined) return running === undefined;
  return now === release.version || isOlder(release.version, now) || leadsBack(release, now);
}

/** All that a release pins, each digest once, in bytes. */
export function releaseSize({ release }: KnownRelease): number {
  const sizes = new Map(referencesOf(release).map(({ artifact }) => [artifact.digest, artifact.size]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
