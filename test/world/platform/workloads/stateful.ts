import {
  at,
  canonical,
  listAt,
  numberAt,
  recordAt,
  safeHash,
  textAt,
  timeOf,
  type Json,
  type Thing,
} from '../fields.ts';
import { create, KINDS, remove, writeStatus, apply, type Machine } from '../machine.ts';
import { childrenOf, isAlive, isReady, makePod, randomSuffix } from './pods.ts';

const REVISION = 'controller-revision-hash';
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

/** Stand-in for the statefulset controller: pods in order, each with its claims, one replaced at a time from the last to the first. */
export async function reconcileStatefulSet(machine: Machine, key: string): Promise<undefined> {
  const [namespace, name = ''] = key.split('/');
  const set = machine.cache.get(KINDS.statefulSet, namespace, name);
  if (set === undefined || set.metadata.deletionTimestamp !== undefined) return undefined;
  const wanted = numberAt(set, 'spec', 'replicas') ?? 1;
  const revision = `${name}-${safeHash(canonical(at(set, 'spec', 'template')))}`;
  const ordinal = (pod: Thing): number => Number(pod.metadata.name.slice(name.length + 1));
  const pods = childrenOf(machine, KINDS.pod, set).toSorted((a, b) => ordinal(b) - ordinal(a));
  const ended = pods.filter((pod) => !isAlive(pod));
  const surplus = pods.filter((pod) => ordinal(pod) >= wanted);
  const outdated = pods.filter(({ metadata }) => metadata.labels?.[REVISION] !== revision);
  const [next] = [...ended, ...surplus, ...outdated];
  if (next !== undefined) await remove(machine, next);
  else await addMissing(machine, set, wanted, revision);
  await writeSetStatus(machine, set, wanted, revision);
  return undefined;
}

/** The next pod in order, once those before it are ready. */
async function addMissing(machine: Machine, set: Thing, wanted: number, revision: string): Promise<void> {
  const { name, namespace } = set.metadata;
  const isParallel = textAt(set, 'spec', 'podManagementPolicy') === 'Parallel';
  for (let index = 0; index < wanted; index += 1) {
    const podName = `${name}-${index}`;
    const found = machine.cache.get(KINDS.pod, namespace, podName);
    if (found !== undefined) {
      if (isReady(found) || isParallel) continue;
      return;
    }
    const volumes = await claims(machine, set, podName);
    await makePod(machine, {
      owner: set,
      template: at(set, 'spec', 'template'),
      name: podName,
      labels: {
        [REVISION]: revision,
        'statefulset.kubernetes.io/pod-name': podName,
        'apps.kubernetes.io/pod-index': String(index),
      },
      volumes,
    });
    if (!isParallel) return;
  }
}

/** Claims of one pod; they stay when the pod goes. */
async function claims(machine: Machine, set: Thing, podName: string): Promise<readonly Json[]> {
  const volumes: Json[] = [];
  for (const template of listAt(set, 'spec', 'volumeClaimTemplates')) {
    const name = textAt(template, 'metadata', 'name');
    const claimName = `${name}-${podName}`;
    const { namespace } = set.metadata;
    if (machine.cache.get(KINDS.claim, namespace, claimName) === undefined) {
      const labels = recordAt(set, 'spec', 'selector', 'matchLabels') as Record<string, string>;
      await create(machine, {
        ...KINDS.claim,
        metadata: { name: claimName, ...(namespace === undefined ? {} : { namespace }), labels },
        spec: recordAt(template, 'spec'),
      });
    }
    volumes.push({ name, persistentVolumeClaim: { claimName } });
  }
  return volumes;
}

async function writeSetStatus(machine: Machine, set: Thing, wanted: number, revision: string): Promise<void> {
  const alive = childrenOf(machine, KINDS.pod, set).filter(isAlive);
  const updated = alive.filter(({ metadata }) => metadata.labels?.[REVISION] === revision).length;
  const ready = alive.filter(isReady).length;
  const isDone = updated === wanted && ready === wanted && alive.length === wanted;
  const before = textAt(set, 'status', 'currentRevision');
  const current = machine.cache.get(KINDS.statefulSet, set.metadata.namespace, set.metadata.name) ?? set;
  await writeStatus(machine, current, {
    observedGeneration: current.metadata.generation ?? 0,
    replicas: alive.length,
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    availableReplicas: ready,
    ...(isDone ? { currentReplicas: wanted } : {}),
    ...(updated > 0 ? { updatedReplicas: updated } : {}),
    currentRevision: isDone || before === '' ? revision : before,
    updateRevision: revision,
    collisionCount: 0,
  });
}

/** Stand-in for the daemonset controller, for the one node there is. */
export async function reconcileDaemonSet(machine: Machine, key: string): Promise<undefined> {
  const [namespace, name = ''] = key.split('/');
  const found = machine.cache.get(KINDS.daemonSet, namespace, name);
  if (found === undefined || found.metadata.deletionTimestamp !== undefined) return undefined;
  const set = await withTemplateGeneration(machine, found);
  const value = set.metadata.annotations?.[TEMPLATE_GENERATION] ?? '';
  const pods = childrenOf(machine, KINDS.pod, set);
  const outdated = pods.filter(
    (pod) => !isAlive(pod) || pod.metadata.labels?.['pod-template-generation'] !== value,
  );
  for (const pod of outdated) await remove(machine, pod);
  if (pods.length === outdated.length) {
    const labels = { [REVISION]: safeHash(value), 'pod-template-generation': value };
    await makePod(machine, {
      owner: set,
      template: at(set, 'spec', 'template'),
      name: `${name}-${randomSuffix()}`,
      labels,
    });
  }
  const alive = childrenOf(machine, KINDS.pod, set).filter(isAlive);
  const ready = alive.filter(isReady).length;
  const current = machine.cache.get(KINDS.daemonSet, namespace, name) ?? set;
  await writeStatus(machine, current, {
    observedGeneration: current.metadata.generation ?? 0,
    desiredNumberScheduled: 1,
    currentNumberScheduled: alive.length,
    numberMisscheduled: 0,
    numberReady: ready,
    updatedNumberScheduled: alive.length,
    ...(ready > 0 ? { numberAvailable: ready } : { numberUnavailable: 1 }),
  });
  return undefined;
}

/** The API server writes it with each change of the template; where it does not, its own generation says the same. */
async function withTemplateGeneration(machine: Machine, set: Thing): Promise<Thing> {
  if (set.metadata.annotations?.[TEMPLATE_GENERATION] === String(set.metadata.generation ?? 1)) return set;
  const { name, namespace } = set.metadata;
  const annotations = { [TEMPLATE_GENERATION]: String(set.metadata.generation ?? 1) };
  return apply(machine, {
    ...KINDS.daemonSet,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), annotations },
  });
}

/** Stand-in for the job controller: one pod that has to end well. */
export async function reconcileJob(machine: Machine, key: string): Promise<undefined> {
  const [namespace, name = ''] = key.split('/');
  const job = machine.cache.get(KINDS.job, namespace, name);
  if (job === undefined || job.metadata.deletionTimestamp !== undefined) return undefined;
  const done = listAt(job, 'status', 'conditions').some((one) =>
    ['Complete', 'Failed'].includes(textAt(one, 'type')),
  );
  if (done) return undefined;
  const [pod] = childrenOf(machine, KINDS.pod, job);
  if (pod === undefined) {
    const uid = job.metadata.uid ?? '';
    const labels = {
      'job-name': name,
      'batch.kubernetes.io/job-name': name,
      'controller-uid': uid,
      'batch.kubernetes.io/controller-uid': uid,
    };
    await makePod(machine, {
      owner: job,
      template: at(job, 'spec', 'template'),
      name: `${name}-${randomSuffix()}`,
      labels,
    });
  }
  await writeStatus(machine, job, jobStatus(job, pod, new Date()));
  return undefined;
}

function jobStatus(job: Thing, pod: Thing | undefined, now: Date): Json {
  const startTime = textAt(job, 'status', 'startTime') || timeOf(now);
  const condition = (type: string, reason: string, message: string): Json => ({
    type,
    status: 'True',
    reason,
    message,
    lastProbeTime: timeOf(now),
    lastTransitionTime: timeOf(now),
  });
  const base = { startTime, ready: 0, terminating: 0, uncountedTerminatedPods: {} };
  if (pod !== undefined && textAt(pod, 'status', 'phase') === 'Succeeded') {
    const text = 'Reached expected number of succeeded pods';
    const conditions = ['SuccessCriteriaMet', 'Complete'].map((type) =>
      condition(type, 'CompletionsReached', text),
    );
    return { ...base, succeeded: 1, completionTime: timeOf(now), conditions };
  }
  const restarts = Math.max(
    0,
    ...listAt(pod, 'status', 'containerStatuses').map((one) => numberAt(one, 'restartCount') ?? 0),
  );
  if (restarts > (numberAt(job, 'spec', 'backoffLimit') ?? 6)) {
    const text = 'Job has reached the specified backoff limit';
    const conditions = ['FailureTarget', 'Failed'].map((type) =>
      condition(type, 'BackoffLimitExceeded', text),
    );
    return { ...base, failed: 1, conditions };
  }
  return { ...base, active: 1 };
}
