import type { ComponentHealth } from '../../contract/appliance.ts';
import type { Digest } from '../../contract/names.ts';
import { safeLine } from '../../contract/problem.ts';
import type { Probe, Release, ReleaseComponent } from '../../contract/release.ts';
import { helmFinding, kustomizationFinding } from './component/delivery.ts';
import { liveDigests, type Equivalents } from './component/digests.ts';
import type { ObjectFact, PodFact, ProbeFact } from './component/facts.ts';
import { missing, progressing, type Finding } from './component/finding.ts';
import { isAlive, newestPods } from './component/pods.ts';
import { jobFinding, workloadFinding } from './component/workload.ts';

export interface HealthInput {
  readonly component: ReleaseComponent;
  readonly release: Release;
  /** The component's object; undefined = not there. */
  readonly object: ObjectFact | undefined;
  /** Pods of its workload, all revisions; others in the namespace do no harm as long as they are not its own. */
  readonly pods: readonly PodFact[];
  readonly probe: ProbeFact | undefined;
  readonly equivalents: Equivalents;
  /** A Job that is gone counts as finished: it was seen finished in this release. */
  readonly finishedBefore: boolean;
}

/** The probe may be left out on purpose. */
type Judged = Omit<HealthInput, 'component'> & {
  readonly component: Omit<ReleaseComponent, 'probe'> & { readonly probe?: Probe | undefined };
};

/** Health of one expected component from what is seen now and nothing else (B-74, B-75, design §7). */
export function componentHealth(input: HealthInput): ComponentHealth {
  const { component, object } = input;
  const pinned = pinnedOf(input);
  const pods = relevantPods(object, input.pods);
  const finding = findingOf(input, pinned);
  return {
    name: component.name,
    kind: component.kind,
    namespace: component.namespace,
    tier: component.tier,
    title: component.title,
    state: finding.state,
    detail: safeLine(finding.detail),
    ...(finding.code === undefined ? {} : { code: finding.code }),
    digests: liveDigests(
      pods.filter((pod) => pod.isReady || object?.kind === 'Job'),
      pinned,
      input.equivalents,
    ),
    pods: pods.map(({ name }) => name).slice(0, 16),
  };
}

/** Whether only the answer to its probe is missing: all else is ready. */
export function wantsProbe(input: HealthInput): boolean {
  if (input.component.probe === undefined) return false;
  const component = { ...input.component, probe: undefined };
  return findingOf({ ...input, component }, pinnedOf(input)).state === 'ready';
}

function pinnedOf({ component, release }: HealthInput): ReadonlyMap<string, Digest> {
  const pins = component.images.flatMap((key): [string, Digest][] => {
    const image = Object.hasOwn(release.images, key) ? release.images[key] : undefined;
    return image === undefined ? [] : [[key, image.digest]];
  });
  return new Map(pins);
}

function relevantPods(object: ObjectFact | undefined, pods: readonly PodFact[]): readonly PodFact[] {
  if (object === undefined) return [];
  switch (object.kind) {
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
      return newestPods(object, pods);
    case 'Job':
      return pods.filter((pod) => isAlive(pod) || pod.phase === 'Succeeded');
    default:
      return [];
  }
}

function findingOf(input: Judged, pinned: ReadonlyMap<string, Digest>): Finding {
  const { component, object, release, pods, probe, equivalents, finishedBefore } = input;
  const wanted = { pinned, equivalents, probe, hasProbe: component.probe !== undefined, finishedBefore };
  if (component.kind === 'Job' && (object === undefined || object.kind === 'Job')) {
    return jobFinding(object, pods, wanted);
  }
  if (object === undefined) return missing('it is not there yet');
  switch (object.kind) {
    case 'HelmRelease':
      return helmFinding(
        object,
        component.chart === undefined ? undefined : release.charts[component.chart]?.digest,
      );
    case 'Kustomization':
      return kustomizationFinding(object, release.config.digest);
    case 'Job':
      return progressing('something else has its name');
    default:
      return workloadFinding(object, pods, wanted);
  }
}
