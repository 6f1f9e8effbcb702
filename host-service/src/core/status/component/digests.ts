import { Digest } from '../../../contract/names.ts';
import type { PodFact } from './facts.ts';

/** Digest of an image key -> digests that are the same image: its platform child, its config. */
export type Equivalents = ReadonlyMap<Digest, ReadonlySet<Digest>>;

/** The digest with which a reference or image id ends. */
export function digestIn(text: string): Digest | undefined {
  const found = Digest.safeParse(/sha256:[0-9a-f]{64}$/.exec(text)?.[0]);
  return found.success ? found.data : undefined;
}

/**
 * Whether a pod runs an image by exactly this digest (design §7): its reference ends with it and, when the node says what it runs and the
 * image's other digests are known, that is one of them; or, for references by tag, the node says it runs this digest.
 */
export function runsDigest(pod: PodFact, pinned: Digest, equivalents: Equivalents): boolean {
  const same = equivalents.get(pinned);
  const isSame = (digest: Digest): boolean => digest === pinned || same?.has(digest) === true;
  return pod.containers.some((container) => {
    const actual = digestIn(container.imageId);
    if (digestIn(container.image) === pinned) {
      return actual === undefined || same === undefined || isSame(actual);
    }
    return actual !== undefined && isSame(actual);
  });
}

/** Image keys whose pinned digest does not run in each of these pods. */
export function wrongDigests(
  pods: readonly PodFact[],
  pinned: ReadonlyMap<string, Digest>,
  equivalents: Equivalents,
): readonly string[] {
  return [...pinned]
    .filter(([, digest]) => !pods.every((pod) => runsDigest(pod, digest, equivalents)))
    .map(([key]) => key);
}

/** What runs, per image key: the pinned digest where it was seen in any of these pods. */
export function liveDigests(
  pods: readonly PodFact[],
  pinned: ReadonlyMap<string, Digest>,
  equivalents: Equivalents,
): Readonly<Record<string, Digest>> {
  const live = [...pinned].filter(([, digest]) => pods.some((pod) => runsDigest(pod, digest, equivalents)));
  return Object.fromEntries(live);
}
