import type { Digest } from '../../../contract/names.ts';
import { wrongDigests, type Equivalents } from './digests.ts';
import { conditionOf, type JobFact, type PodFact, type ProbeFact, type WorkloadFact } from './facts.ts';
import { failed, missing, progressing, ready, type Finding } from './finding.ts';
import { isAlive, newestPods, podTrouble } from './pods.ts';

export interface Wanted {
  /** Pinned digest per image key that must run here. */
  readonly pinned: ReadonlyMap<string, Digest>;
  readonly equivalents: Equivalents;
  /** Whether the component has a probe, and what it said. undefined = not asked yet. */
  readonly hasProbe: boolean;
  readonly probe: ProbeFact | undefined;
}

/** Health of a Deployment, StatefulSet or DaemonSet (design §7): newest template, its pods, their digests, availability, probe. */
export function workloadFinding(workload: WorkloadFact, pods: readonly PodFact[], wanted: Wanted): Finding {
  if (workload.observedGeneration < workload.generation) return progressing('a change was not taken up yet');
  if (workload.wanted === 0) return missing('it is switched off: no copy of it is wanted');
  const newest = newestPods(workload, pods);
  // A cause in the pods says more than the symptom in the workload (§5.2).
  const trouble = podTrouble(newest);
  if (trouble?.state === 'failed') return trouble;
  const progress = conditionOf(workload.conditions, 'Progressing');
  if (progress?.status === 'False' && progress.reason === 'ProgressDeadlineExceeded') {
    return trouble?.code === undefined
      ? failed('observe.component-failed', `it did not become ready in time: ${progress.message}`)
      : trouble;
  }
  if (trouble !== undefined) return trouble;
  return rolloutFinding(workload, newest) ?? runningFinding(newest, wanted);
}

function rolloutFinding(workload: WorkloadFact, newest: readonly PodFact[]): Finding | undefined {
  const { wanted, updated, available, existing } = workload;
  if (updated < wanted) return progressing(`${updated} of ${wanted} copies have the new version`);
  if (available < wanted) return progressing(`${available} of ${wanted} copies are available`);
  if (existing > updated)
    return progressing(`${existing - updated} copies of the old version are still stopping`);
  if (!newest.some((pod) => pod.isReady)) return progressing('no copy of the new version is seen ready yet');
  return undefined;
}

function runningFinding(newest: readonly PodFact[], wanted: Wanted): Finding {
  const readyPods = newest.filter((pod) => pod.isReady);
  const wrong = wrongDigests(readyPods, wanted.pinned, wanted.equivalents);
  if (wrong.length > 0) {
    return progressing(
      `${wrong.join(', ')} does not run at the digest of the release`,
      'observe.wrong-digest',
    );
  }
  if (!wanted.hasProbe) return ready(`${readyPods.length} ready`);
  if (wanted.probe === undefined) return progressing('its answer was not looked at yet');
  return wanted.probe.ok
    ? ready(`${readyPods.length} ready, answers: ${wanted.probe.detail}`)
    : {
        ...progressing(`its pods are ready but it does not answer as it should: ${wanted.probe.detail}`),
        code: 'observe.probe-failed',
      };
}

/** Health of a Job: complete, failed, or under way. `finishedBefore`: it completed in this release and was cleared away since. */
export function jobFinding(
  job: JobFact | undefined,
  pods: readonly PodFact[],
  wanted: Wanted & { readonly finishedBefore: boolean },
): Finding {
  if (job === undefined) {
    return wanted.finishedBefore ? ready('finished earlier') : missing('it was not started yet');
  }
  const wrong = [...wanted.pinned].filter(
    ([, digest]) => !job.images.some((image) => image.endsWith(digest)),
  );
  // A finished job of the release before proves nothing about this one.
  if (wrong.length > 0 && job.images.some((image) => image.includes('@sha256:'))) {
    return progressing('the job of another version is still there', 'observe.wrong-digest');
  }
  if (conditionOf(job.conditions, 'Complete')?.status === 'True') return ready('finished');
  const end = conditionOf(job.conditions, 'Failed');
  if (end?.status === 'True') {
    return failed('observe.component-failed', `it failed (${end.reason}): ${end.message}`);
  }
  const trouble = podTrouble(pods.filter(isAlive));
  // A job's own retries decide how often it may stop; only what no retry heals ends it early.
  if (trouble !== undefined && trouble.code !== 'observe.crash-loop') return trouble;
  return progressing(job.failed > 0 ? `is running, try ${job.failed + 1}` : 'is running');
}
