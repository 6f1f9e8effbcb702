import type { ObservedControlPlane, ObservedPod } from './observed.ts';

/** The platform's words for an image that it cannot have. */
const IMAGE_REFUSALS: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
]);

/** Its words for a container that it cannot make of the image. */
const CONTAINER_REFUSALS: ReadonlySet<string> = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/**
 * How it calls an end that it did not see: power was cut, the runtime was killed, the node was shut down. A program cannot end like that: whatever
 * it exits with, the platform calls that end Error, Completed or OOMKilled. So the word decides and the exit code does not matter.
 */
const CUT_OFF: ReadonlySet<string> = new Set(['Unknown', 'ContainerStatusUnknown', 'NodeShutdown']);

/**
 * Why the platform does not run a pod's program. ContainerCreating and the like are no refusals: undefined.
 *
 * Engine and guard differ in what they make of it, on purpose. The engine asks what is wrong with a build that it has just put in, and still serves
 * itself: an image that cannot be had is a verdict at once, a container that cannot be made only after a while (the runtime may be busy with its
 * own restart), a loop is judged by how the program ended. The guard asks whether a silence means something: any refusal is evidence from the first
 * look on, because it acts only when that has lasted for as long as GUARD_TIMES says.
 */
export function refusalOf({ waiting }: ObservedPod): 'image' | 'container' | 'loop' | undefined {
  if (waiting === undefined) return undefined;
  if (waiting.reason === 'CrashLoopBackOff') return 'loop';
  if (IMAGE_REFUSALS.has(waiting.reason)) return 'image';
  return CONTAINER_REFUSALS.has(waiting.reason) ? 'container' : undefined;
}

/**
 * How its program ended, when that says something about the program: an end through a cut of power or of the runtime does not (B-53). That end hides
 * an earlier one from engine and guard alike; should the program end by itself again, it is seen then.
 */
export const endedByItself = ({ ended }: ObservedPod): ObservedPod['ended'] =>
  ended !== undefined && !CUT_OFF.has(ended.reason) ? ended : undefined;

/** Label of the template that the Deployment has now; undefined when the platform has not made its pods' owner yet. */
export const newestHash = ({ templates, digest }: ObservedControlPlane): string | undefined => {
  const [newest] = templates;
  return newest?.digest === digest ? newest?.hash : undefined;
};

/** Pods of that template that are to stay. */
export function newestPods(seen: ObservedControlPlane): readonly ObservedPod[] {
  const hash = newestHash(seen);
  if (hash === undefined) return [];
  return seen.pods.filter(({ template, isDeleting }) => template === hash && !isDeleting);
}
