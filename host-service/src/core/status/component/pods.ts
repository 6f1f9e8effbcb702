import { classify } from './classify.ts';
import type { ContainerFact, PodFact, WorkloadFact } from './facts.ts';
import { failed, progressing, type Finding } from './finding.ts';

/** So many restarts of a container that still does not run are a crash loop, whatever the platform calls it. */
const CRASH_RESTARTS = 3;
const PULL_REASONS: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
]);
/** What the platform says about a container that cannot be made at all. */
const CONFIG_REASONS: ReadonlySet<string> = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** Pods that count: ended and evicted ones are corpses, however many (B-92); those on their way out are not judged. */
export const isAlive = (pod: PodFact): boolean =>
  pod.phase !== 'Failed' && pod.phase !== 'Succeeded' && !pod.isDeleting;

/** Pods of the workload's newest template that count. */
export function newestPods(workload: WorkloadFact, pods: readonly PodFact[]): readonly PodFact[] {
  const { newest } = workload;
  if (newest === undefined) return [];
  return pods.filter((pod) => {
    if (!isAlive(pod)) return false;
    if ('replicaSet' in newest)
      return pod.owner?.kind === 'ReplicaSet' && pod.owner.name === newest.replicaSet;
    return pod.labels[newest.label] === newest.value;
  });
}

/** The worst that the pods say: a fault that waiting does not heal, or what they wait for. undefined = nothing to say. */
export function podTrouble(pods: readonly PodFact[]): Finding | undefined {
  const findings = pods.flatMap((pod) => troubleOf(pod) ?? []);
  return findings.find(({ state }) => state === 'failed') ?? findings[0];
}

function troubleOf(pod: PodFact): Finding | undefined {
  const findings = pod.containers.flatMap((container) => containerTrouble(pod, container) ?? []);
  const worst = findings.find(({ state }) => state === 'failed') ?? findings[0];
  if (worst !== undefined) return worst;
  const placed = pod.conditions.find(({ type }) => type === 'PodScheduled');
  if (placed?.status === 'False') return progressing(`${pod.name} has no place to run: ${placed.message}`);
  return undefined;
}

function containerTrouble(pod: PodFact, container: ContainerFact): Finding | undefined {
  const { waiting } = container;
  const name = `${pod.name} (${container.name})`;
  if (waiting?.reason === 'CrashLoopBackOff') {
    return failed('observe.crash-loop', `${name} stops right after its start${exitOf(container)}`);
  }
  if (waiting !== undefined && PULL_REASONS.has(waiting.reason)) return pullTrouble(container, name);
  if (waiting !== undefined && CONFIG_REASONS.has(waiting.reason)) {
    return progressing(`${name} cannot start: ${waiting.message}`);
  }
  if (!container.ready && !hasEndedWell(container) && container.restarts >= CRASH_RESTARTS) {
    const detail = `${name} was restarted ${container.restarts} times${exitOf(container)}`;
    return failed('observe.crash-loop', detail);
  }
  return undefined;
}

const hasEndedWell = (container: ContainerFact): boolean =>
  container.isInit && container.ended?.exitCode === 0;

function exitOf({ ended }: ContainerFact): string {
  return ended === undefined ? '' : `, last with exit code ${ended.exitCode} (${ended.reason})`;
}

/** A pull that cannot succeed ends the wait; one that may is progress (§5.2 rules 1 to 4). `ImagePullBackOff` alone says nothing about the cause. */
function pullTrouble({ waiting, image }: ContainerFact, name: string): Finding {
  if (waiting?.reason === 'InvalidImageName') {
    return failed('observe.image-pull', `${name}: the name of the image is wrong: ${image}`);
  }
  const meaning = classify(waiting?.message ?? '');
  if (meaning?.verdict === 'failed') {
    return failed('observe.image-pull', `${name}: ${meaning.text}: ${image}`);
  }
  return progressing(
    `${name} is being downloaded: ${meaning?.text ?? 'it is tried again'}`,
    'observe.image-pull',
  );
}
