import type { Digest } from '../../contract/names.ts';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import type { KnownRelease } from '../plan/observed.ts';
import { leadsBack } from './versions.ts';

/**
 * Whether a person may ask to go back to a release: it has been good here and has not failed since, and what runs now says that one may
 * come back to it. Problems plan.nothing-to-revert, plan.no-way-back.
 */
export function wayBackTo(
  wanted: KnownRelease | undefined,
  running: Digest | undefined,
  releases: ReadonlyMap<Digest, KnownRelease>,
  name = wanted?.release.version ?? 'last good release',
): Verdict<{ readonly running: KnownRelease; readonly wanted: KnownRelease }> {
  const now = running === undefined ? undefined : releases.get(running);
  const status = wanted?.object.status;
  const isGood = status?.confirmedAt !== undefined && status.quarantine === undefined;
  if (now === undefined || wanted === undefined || !isGood || wanted.digest === now.digest) {
    return refuse('plan.nothing-to-revert', `${name} is not an earlier good release here`);
  }
  if (!leadsBack(now.release, wanted.release.version)) {
    return refuse(
      'plan.no-way-back',
      `${now.release.version} does not lead back to ${wanted.release.version}`,
    );
  }
  return accept({ running: now, wanted });
}
