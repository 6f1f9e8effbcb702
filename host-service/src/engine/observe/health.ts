import type { ComponentHealth } from '../../contract/appliance.ts';
import { COMPONENT_LABEL } from '../../contract/objects.ts';
import type { ReleaseComponent } from '../../contract/release.ts';
import type { KnownRelease } from '../../core/plan/observed.ts';
import { componentHealth, wantsProbe, type HealthInput } from '../../core/status/component-health.ts';
import type { Equivalents } from '../../core/status/component/digests.ts';
import type { ObjectFact, PodFact, ProbeFact } from '../../core/status/component/facts.ts';
import { newestPods } from '../../core/status/component/pods.ts';
import type { KindRef, KubeObject, Ports } from '../ports.ts';
import type { FirstSignIn } from './sign-in.ts';
import { deliveryFact, jobFact, ownerOf, podFact, workloadFact } from './facts.ts';

/** So many pods of a component are asked, and so many probes run at a time. */
const PROBED_PODS = 3;
const PROBES_AT_ONCE = 8;

const KINDS: Readonly<Record<ReleaseComponent['kind'] | 'ReplicaSet' | 'Pod', string>> = {
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  ReplicaSet: 'apps/v1',
  Job: 'batch/v1',
  HelmRelease: 'helm.toolkit.fluxcd.io/v2',
  Kustomization: 'kustomize.toolkit.fluxcd.io/v1',
  Pod: 'v1',
};
type Kind = keyof typeof KINDS;

/** Objects of a namespace by kind and name, read with one list for each kind that the expected set needs. */
type Lists = ReadonlyMap<string, readonly KubeObject[]>;
const listName = (kind: Kind, namespace: string): string => `${kind} ${namespace}`;

/** Health of the expected set of one release (B-75): lists per namespace and kind, no look at single pods (design §7). */
export async function observeHealth(
  ports: Pick<Ports, 'cluster' | 'prober'>,
  input: {
    readonly known: KnownRelease;
    readonly equivalents: Equivalents;
    /** Jobs that are gone count as finished. */
    readonly jobsFinished: boolean;
    /** Until something works here for the first time: signs in where a page to sign in answers. */
    readonly signIn?: FirstSignIn | undefined;
  },
  signal: AbortSignal,
): Promise<readonly ComponentHealth[]> {
  const { release } = input.known;
  const lists = await readLists(ports.cluster, release.components, signal);
  const podsByOwner = groupPods(lists);
  const looks = release.components.map((component): HealthInput => {
    const object = objectOf(component, lists);
    return {
      component,
      release,
      object: object === undefined ? undefined : factOf(object, lists),
      pods: podsOf({ ...component, name: object?.metadata.name ?? component.name }, lists, podsByOwner),
      probe: undefined,
      equivalents: input.equivalents,
      finishedBefore: input.jobsFinished,
    };
  });
  return inTurns(looks, PROBES_AT_ONCE, async (look) =>
    componentHealth(
      wantsProbe(look) ? { ...look, probe: await probe(ports.prober, look, input.signIn, signal) } : look,
    ),
  );
}

async function readLists(
  cluster: Ports['cluster'],
  components: readonly ReleaseComponent[],
  signal: AbortSignal,
): Promise<Lists> {
  const wanted = new Map<string, { readonly kind: Kind; readonly namespace: string }>();
  for (const { kind, namespace } of components) {
    const kinds: readonly Kind[] =
      kind === 'Deployment'
        ? [kind, 'ReplicaSet', 'Pod']
        : kind === 'HelmRelease' || kind === 'Kustomization'
          ? [kind]
          : [kind, 'Pod'];
    for (const one of kinds) wanted.set(listName(one, namespace), { kind: one, namespace });
  }
  const read = [...wanted].map(async ([name, { kind, namespace }]) => {
    const ref: KindRef = { apiVersion: KINDS[kind], kind };
    const found = await cluster.list(ref, { namespace, signal });
    // A list's items may come without kind: it is the list that says it.
    return [name, found.map((object) => ({ ...object, kind }))] as const;
  });
  return new Map(await Promise.all(read));
}

/** Pods by `namespace kind/name` of their owner: those of nobody we expect are never looked at closer. */
function groupPods(lists: Lists): ReadonlyMap<string, readonly KubeObject[]> {
  const pods = [...lists].flatMap(([name, found]) => (name.startsWith('Pod ') ? found : []));
  return Map.groupBy(pods, (pod) => {
    const owner = ownerOf(pod);
    return owner === undefined ? '' : `${pod.metadata.namespace ?? ''} ${owner.kind}/${owner.name}`;
  });
}

/**
 * The object that is this member of the expected set: that of its name. A Job cannot be changed, so a chart may give each piece of work a
 * name of its own (R7) and say by label which member it is; then the newest counts.
 */
function objectOf({ kind, name, namespace }: ReleaseComponent, lists: Lists): KubeObject | undefined {
  const found = lists.get(listName(kind, namespace)) ?? [];
  const exact = found.find(({ metadata }) => metadata.name === name);
  if (exact !== undefined || kind !== 'Job') return exact;
  const made = ({ metadata }: KubeObject): string => metadata.creationTimestamp ?? '';
  return found
    .filter(({ metadata }) => metadata.labels?.[COMPONENT_LABEL] === name)
    .reduce<KubeObject | undefined>(
      (newest, one) => (newest === undefined || made(one) > made(newest) ? one : newest),
      undefined,
    );
}

function podsOf(
  { kind, name, namespace }: ReleaseComponent,
  lists: Lists,
  pods: ReadonlyMap<string, readonly KubeObject[]>,
): readonly PodFact[] {
  const owners =
    kind === 'Deployment'
      ? (lists.get(listName('ReplicaSet', namespace)) ?? [])
          .filter((set) => ownerOf(set)?.name === name)
          .map((set) => `${namespace} ReplicaSet/${set.metadata.name}`)
      : [`${namespace} ${kind}/${name}`];
  return owners.flatMap((owner) => pods.get(owner) ?? []).map(podFact);
}

function factOf(object: KubeObject, lists: Lists): ObjectFact | undefined {
  if (object.kind === 'Job') return jobFact(object);
  const sets = lists.get(listName('ReplicaSet', object.metadata.namespace ?? '')) ?? [];
  return workloadFact(object, sets) ?? deliveryFact(object);
}

/** Asks the component's newest ready pods; one that does not answer as it should is enough to say so. */
async function probe(
  prober: Ports['prober'],
  { component, object, pods }: HealthInput,
  signIn: FirstSignIn | undefined,
  signal: AbortSignal,
): Promise<ProbeFact | undefined> {
  const asked = component.probe;
  if (asked === undefined || object === undefined || !('newest' in object)) return undefined;
  const addresses = newestPods(object, pods)
    .filter((pod) => pod.isReady)
    .flatMap(({ ip }) => (ip === undefined ? [] : [ip]))
    .slice(0, PROBED_PODS);
  const answers = await Promise.all(
    addresses.map(async (ip) => prober.probe({ ip, port: asked.port }, asked, signal)),
  );
  const [ip] = addresses;
  const bad = answers.find(({ ok }) => !ok);
  if (bad !== undefined || signIn === undefined || ip === undefined || asked.type !== 'sign-in')
    return bad ?? answers[0];
  return signIn({ ip, port: asked.port }, signal);
}

/** Like Promise.all over a mapping, but so many at a time. */
async function inTurns<T, R>(
  values: readonly T[],
  atOnce: number,
  work: (value: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const queue = values.entries();
  const worker = async (): Promise<void> => {
    for (const [index, value] of queue) results[index] = await work(value);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, values.length) }, worker));
  return results;
}
