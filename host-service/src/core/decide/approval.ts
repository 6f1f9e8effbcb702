import type { Intent } from '../../contract/appliance.ts';
import type { Digest } from '../../contract/names.ts';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import type { KnownRelease } from '../plan/observed.ts';
import { isOlder, leadsBack } from './versions.ts';

/** What a person says beside the release. */
export interface Said {
  /** There may be no way back, and the person has said so by name. */
  readonly irreversible?: boolean | undefined;
  /** Another try of a release that failed here. */
  readonly retry?: boolean | undefined;
}

/** What an approval writes into the intent. */
export type ApprovalIntent = Pick<Intent, 'approvedRelease' | 'approvedIrreversible' | 'approvedRetry'>;

/** Any running release, known here or not. */
export interface Running {
  readonly digest: Digest;
  readonly version: string;
}

/**
 * What approving a release means, as DECIDE will see it: a step forward has to lead back, a step back has to be one that the running release
 * allows. undefined = it runs already, so there is nothing to approve. Problems plan.irreversible, release.quarantined.
 */
export function approvalOf(
  wanted: KnownRelease,
  running: Running | undefined,
  releases: ReadonlyMap<Digest, KnownRelease>,
  said: Said,
): Verdict<ApprovalIntent | undefined> {
  const { digest, object, release } = wanted;
  const quarantine = object.status?.quarantine;
  if (running?.digest === digest && quarantine === undefined) return accept(undefined);
  if (said.irreversible !== true && running !== undefined && running.digest !== digest) {
    const isBack = isOlder(release.version, running.version);
    const [from, to] = isBack ? [running.version, release.version] : [release.version, running.version];
    const leaving = isBack ? releases.get(running.digest) : wanted;
    if (leaving === undefined || !leadsBack(leaving.release, to)) {
      return refuse('plan.irreversible', `from ${from} one cannot come back to ${to}`);
    }
  }
  if (quarantine !== undefined && said.retry !== true) {
    return refuse('release.quarantined', `${release.version} failed here: ${quarantine.reason.detail}`);
  }
  return accept({
    approvedRelease: digest,
    ...(said.irreversible === true ? { approvedIrreversible: digest } : {}),
    ...(said.retry === true ? { approvedRetry: digest } : {}),
  });
}
