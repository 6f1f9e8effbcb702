import { CAPS } from '../../contract/names.ts';
import { ReleaseObject } from '../../contract/objects.ts';
import type { ReleaseObjectStatus } from '../../contract/objects.ts';
import { Problem, type ProblemBody } from '../../contract/problem.ts';
import type { Cluster, KubeObject } from '../ports.ts';
import { cappedText } from './events.ts';

/** Reads a Release object, changes its status, writes it back; repeats after a conflict. `change` answers undefined to leave it. */
export async function changeRelease(
  cluster: Cluster,
  name: string,
  change: (status: ReleaseObjectStatus) => ReleaseObjectStatus | undefined,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const ref = { apiVersion: 'appliance.nineminds.com/v1alpha1', kind: 'Release', name };
    const found = await cluster.get(ref, signal);
    if (found === undefined) throw new Problem('cluster.not-found', `Release ${name}`);
    const next = change(statusOf(found));
    if (next === undefined) return;
    try {
      const { resourceVersion } = found.metadata;
      await cluster.replaceStatus(
        { ...ref, metadata: { name, resourceVersion }, spec: found['spec'], status: next },
        signal,
      );
      return;
    } catch (error) {
      const conflict = error instanceof Problem && error.code === 'cluster.conflict';
      if (!conflict || attempt >= 5) throw error;
    }
  }
}

function statusOf(object: KubeObject): ReleaseObjectStatus {
  const parsed = ReleaseObject.safeParse(object);
  if (!parsed.success) throw new Problem('cluster.bad-answer', `Release ${object.metadata.name} is not one`);
  return parsed.data.status ?? { roles: [], attempts: 0 };
}

/**
 * Puts a release into quarantine: written before anything is pointed back, so that a crash in between changes nothing about the end
 * (docs/architecture.md). A release that is there already keeps its reason: repeating is no second attempt.
 */
export async function quarantine(
  cluster: Cluster,
  name: string,
  why: {
    readonly reason: ProblemBody;
    readonly at: Date;
    readonly evidence?: string | undefined;
    /** An approval for another try was used up by this failure: it does not count again. */
    readonly retrySpent: boolean;
    /** Id of the request that asked for it. */
    readonly request?: string;
  },
  signal: AbortSignal,
): Promise<void> {
  await changeRelease(
    cluster,
    name,
    (status) => {
      if (status.quarantine !== undefined && (!why.retrySpent || status['retrySpent'] === true))
        return undefined;
      const evidence =
        why.evidence === undefined || why.evidence === ''
          ? {}
          : { evidence: cappedText(why.evidence, CAPS.stepEvidence) };
      return {
        ...status,
        attempts: status.attempts + 1,
        roles: [...new Set([...status.roles, 'quarantined' as const])],
        quarantine: { reason: why.reason, at: why.at.toISOString(), ...evidence },
        ...(why.retrySpent ? { retrySpent: true } : {}),
        ...(why.request === undefined ? {} : { request: why.request }),
      };
    },
    signal,
  );
}

/** Takes a release out of quarantine, because a person asked for another try. Attempts stay counted. */
export async function release(
  cluster: Cluster,
  name: string,
  request: string,
  signal: AbortSignal,
): Promise<void> {
  await changeRelease(
    cluster,
    name,
    (status) => {
      if (status.quarantine === undefined || status['request'] === request) return undefined;
      return { ...withoutQuarantine(status), request };
    },
    signal,
  );
}

/** A release's status as if it had never failed; attempts stay counted. */
export function withoutQuarantine(status: ReleaseObjectStatus): ReleaseObjectStatus {
  const rest = { ...status };
  delete rest.quarantine;
  delete rest['retrySpent'];
  return { ...rest, roles: status.roles.filter((role) => role !== 'quarantined') };
}
