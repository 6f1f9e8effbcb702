import type { ApplianceStatus, ReleaseRef } from '../../contract/appliance.ts';
import { CAPS, type Digest } from '../../contract/names.ts';
import { lastGoodOf } from '../decide/candidates.ts';
import { canonical } from '../json.ts';
import type { KnownRelease, Observed } from '../plan/observed.ts';
import { pullsOf } from '../images/pulls.ts';
import { conditionsOf } from './conditions.ts';
import { fitStatus } from './fit.ts';
import { operationSummary } from './operation-summary.ts';
import { phaseOf } from './phase.ts';
import { problemsOf } from './problems.ts';
import type { StatusInput } from './status-input.ts';
import { tiersOf } from './tiers.ts';

/**
 * REPORT (design §3): the whole status, a pure function of what is wanted, what is seen and the operation at work (B-47 to B-50, B-74), within
 * 64 KiB. Equal input but for `now` gives an equal status but for `updatedAt`: compare with {@link sameStatus} before writing.
 */
export function statusOf(input: StatusInput): ApplianceStatus {
  const { observed, decision, open } = input;
  const tiers = tiersOf(observed.components);
  const phase = phaseOf(input, tiers);
  const shown = open ?? observed.operations[0];
  const operation =
    shown === undefined
      ? undefined
      : operationSummary(
          shown,
          observed.operations.filter((other) => other.metadata.name !== shown.metadata.name),
        );
  const refs = {
    running: refOf(observed, observed.source?.release),
    lastGood: refOf(observed, lastGoodOf(observed.releases)),
    available: refOf(observed, decision.available),
    target: refOf(observed, decision.target),
    channel: input.channel,
    operation,
  };
  const pulls = pullsOf(observed, open, input.now);
  return fitStatus({
    phase,
    intentRevision: observed.intentRevision,
    conditions: [...conditionsOf(input, phase, tiers)],
    ...Object.fromEntries(Object.entries(refs).filter(([, value]) => value !== undefined)),
    ...(pulls === undefined ? {} : { pulls: [...pulls] }),
    trace: decision.trace.slice(-CAPS.traceRules),
    components: observed.components.slice(0, 128),
    tiers,
    problems: [...problemsOf(input)],
    quarantined: [...quarantinedOf(observed)],
    handledRequests: input.handledRequests.slice(-32),
    controlPlane: input.controlPlane,
    updatedAt: input.now.toISOString(),
  });
}

function refOf(observed: Observed, digest: Digest | undefined): ReleaseRef | undefined {
  const known = digest === undefined ? undefined : observed.releases.get(digest);
  return known === undefined ? undefined : releaseRef(known);
}

/** A stored release as the status speaks of it. */
export function releaseRef({ object, release, digest }: KnownRelease): ReleaseRef {
  const { ociDigest, signed, keyIds } = object.spec;
  const notes = release.notes.slice(0, 1024);
  return {
    digest,
    ...(ociDigest === undefined ? {} : { ociDigest }),
    version: release.version,
    signed,
    keyIds,
    ...(object.status?.confirmedAt === undefined ? {} : { since: object.status.confirmedAt }),
    ...(notes === '' ? {} : { notes }),
  };
}

function quarantinedOf({ releases }: Observed): ApplianceStatus['quarantined'] {
  return [...releases.values()]
    .flatMap(({ object, digest, release }) => {
      const { quarantine, attempts = 0 } = object.status ?? {};
      if (quarantine === undefined) return [];
      return [{ digest, version: release.version, reason: quarantine.reason, attempts, at: quarantine.at }];
    })
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
    .slice(0, 16);
}

/** Whether two statuses say the same; the time of writing and the order of members are left out: nothing is written when nothing happened. */
export function sameStatus(a: ApplianceStatus | undefined, b: ApplianceStatus): boolean {
  return a !== undefined && canonical({ ...a, updatedAt: '' }) === canonical({ ...b, updatedAt: '' });
}

/** Whether nothing but bytes on their way is new: that can wait a little (design §5). */
export function onlyPullsMoved(a: ApplianceStatus | undefined, b: ApplianceStatus): boolean {
  if (a?.pulls === undefined || b.pulls === undefined) return false;
  const still = (status: ApplianceStatus): ApplianceStatus => ({
    ...status,
    pulls: status.pulls?.map((pull) => ({ ...pull, bytes: 0 })),
    ...(status.operation === undefined ? {} : { operation: { ...status.operation, now: '' } }),
  });
  return sameStatus(still(a), still(b));
}
