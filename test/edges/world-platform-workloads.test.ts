import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createProber } from 'host-service/edges/prober/prober.ts';
import { eventually } from '../cluster/kube.ts';
import { conditionOf, isTrue } from '../world/platform/conditions.ts';
import { at, controllerOf, listAt, textAt, type Thing } from '../world/platform/fields.ts';
import { KINDS } from '../world/platform/machine.ts';
import { deployment, templateOf, Testbed } from '../world/testbed.ts';

const DEADLINE_MS = 20_000;
const DIGEST = `sha256:${'ab'.repeat(32)}`;
const never = new AbortController().signal;
let bed: Testbed;
beforeAll(async () => {
  bed = await Testbed.open();
  await bed.namespace('app');
});
afterAll(async () => {
  await bed?.close();
});
afterEach(() => bed.world.platform.setFault({ kind: 'none' }));

const ref = (
  kind: keyof typeof KINDS,
  name: string,
): { apiVersion: string; kind: string; namespace: string; name: string } => ({
  ...KINDS[kind],
  namespace: 'app',
  name,
});
const podsOf = async (name: string): Promise<readonly Thing[]> =>
  (await bed.kube.list(KINDS.pod)).items.filter(({ metadata }) => metadata.labels?.['app'] === name);
const available = (name: string): Promise<Thing> =>
  bed.until(`${name} is available`, ref('deployment', name), (object) => {
    const progress = conditionOf(object, 'Progressing');
    return (
      isTrue(object, 'Available') &&
      textAt(progress, 'reason') === 'NewReplicaSetAvailable' &&
      isObserved(object)
    );
  });
const isObserved = (object: Thing): boolean =>
  at(object, 'status', 'observedGeneration') === object.metadata.generation;
const state = (pod: Thing | undefined): unknown => at(pod, 'status', 'containerStatuses', '0', 'state');
const podWhere = (what: string, name: string, ask: (pod: Thing) => boolean): Promise<Thing> =>
  eventually(what, async () => (await podsOf(name)).find(ask), DEADLINE_MS);
const waitingReason = (pod: Thing): string => textAt(state(pod), 'waiting', 'reason');

async function answers(
  address: string,
  port: number,
): Promise<{ readonly ok: boolean; readonly detail: string }> {
  return createProber({ timeoutMs: 2000 }).probe(
    { ip: address, port },
    { type: 'http', port, path: '/' },
    never,
  );
}

async function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

describe('workloads of the embedded platform', () => {
  it('start as Deployment, ReplicaSet and pods that really answer at their own addresses', async () => {
    await bed.apply(deployment('app', 'web', { image: `registry.test/web:1@${DIGEST}`, replicas: 2 }));
    await available('web');
    const pods = await podsOf('web');
    expect(new Set(pods.map((pod) => textAt(pod, 'status', 'podIP'))).size).toBe(2);
    for (const pod of pods) {
      expect(at(pod, 'status', 'containerStatuses', '0', 'imageID')).toBe(`registry.test/web@${DIGEST}`);
      expect(controllerOf(pod)?.kind).toBe('ReplicaSet');
      expect(await answers(textAt(pod, 'status', 'podIP'), 8080)).toMatchObject({ ok: true });
    }
  });

  it('roll: the old pods go when the new ones are ready, and a template that comes back gets the newest number', async () => {
    const one = deployment('app', 'rolling', { env: { A: '1' } });
    await bed.apply(one);
    await available('rolling');
    const [first] = await podsOf('rolling');
    await bed.apply(deployment('app', 'rolling', { env: { A: '2' } }));
    await bed.until(
      'the change is rolled',
      ref('deployment', 'rolling'),
      (object) => isObserved(object) && at(object, 'status', 'updatedReplicas') === 1,
    );
    await podWhere('the old pod is gone', 'rolling', (pod) => pod.metadata.uid !== first?.metadata.uid);
    await available('rolling');
    await bed.apply(one);
    await eventually('the first template has revision 3', async () => {
      const sets = (await bed.kube.list(KINDS.replicaSet)).items.filter(
        (set) => controllerOf(set)?.name === 'rolling',
      );
      const revisions = sets
        .map((set) => set.metadata.annotations?.['deployment.kubernetes.io/revision'])
        .sort();
      return revisions.length === 2 && revisions.join() === '2,3';
    });
    await available('rolling');
    expect((await podsOf('rolling')).length).toBe(1);
  });

  it('Recreate never runs an old and a new pod at once', async () => {
    const like = (value: string): object =>
      deployment('app', 'single', { strategy: 'Recreate', env: { A: value } });
    await bed.apply(like('1'));
    await available('single');
    let most = 0;
    const ending = new AbortController();
    const watched = bed.kube.watch(KINDS.pod, '0', ending.signal, () => undefined).catch(() => undefined);
    await bed.apply(like('2'));
    await eventually('the second version runs', async () => {
      const pods = await podsOf('single');
      most = Math.max(most, pods.length);
      return (
        pods.length === 1 &&
        listAt(pods[0], 'spec', 'containers', '0', 'env').some((one) => textAt(one, 'value') === '2')
      );
    });
    await available('single');
    ending.abort();
    await watched;
    expect(most).toBe(1);
  });

  it('StatefulSets bind a volume for each pod and keep name and claim over an update', async () => {
    await bed.apply({
      ...KINDS.storageClass,
      metadata: { name: 'local' },
      provisioner: 'rancher.io/local-path',
    });
    const set = (value: string): object => ({
      ...KINDS.statefulSet,
      metadata: { name: 'db', namespace: 'app' },
      spec: {
        serviceName: 'db',
        replicas: 1,
        selector: { matchLabels: { app: 'db' } },
        template: templateOf('db', { ports: [5432], env: { A: value } }),
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: {
              accessModes: ['ReadWriteOnce'],
              storageClassName: 'local',
              resources: { requests: { storage: '1Gi' } },
            },
          },
        ],
      },
    });
    const isReady = (object: Thing): boolean =>
      at(object, 'status', 'readyReplicas') === 1 &&
      at(object, 'status', 'updatedReplicas') === 1 &&
      isObserved(object);
    await bed.apply(set('1'));
    const made = await bed.until('db is ready', ref('statefulSet', 'db'), isReady);
    const claim = await bed.until(
      'its claim is bound',
      ref('claim', 'data-db-0'),
      (one) => textAt(one, 'status', 'phase') === 'Bound',
    );
    await bed.apply(set('2'));
    const rolled = await bed.until(
      'db is rolled',
      ref('statefulSet', 'db'),
      (one) =>
        isReady(one) && textAt(one, 'status', 'updateRevision') !== textAt(made, 'status', 'updateRevision'),
    );
    expect(textAt(rolled, 'status', 'currentRevision')).toBe(textAt(rolled, 'status', 'updateRevision'));
    const pod = await bed.get(ref('pod', 'db-0'));
    expect(pod?.metadata.labels?.['controller-revision-hash']).toBe(
      textAt(rolled, 'status', 'updateRevision'),
    );
    expect((await bed.get(ref('claim', 'data-db-0')))?.metadata.uid).toBe(claim.metadata.uid);
  });

  it('Jobs complete, DaemonSets run on the one node, and the node is Ready', async () => {
    const podSpec = { ...Object(at(templateOf('job'), 'spec')), restartPolicy: 'OnFailure' } as object;
    await bed.apply(
      { ...KINDS.job, metadata: { name: 'once', namespace: 'app' }, spec: { template: { spec: podSpec } } },
      {
        ...KINDS.daemonSet,
        metadata: { name: 'everywhere', namespace: 'app' },
        spec: { selector: { matchLabels: { app: 'everywhere' } }, template: templateOf('everywhere') },
      },
    );
    const job = await bed.until('the job is complete', ref('job', 'once'), (one) => isTrue(one, 'Complete'));
    expect(at(job, 'status', 'succeeded')).toBe(1);
    await bed.until(
      'the daemon runs',
      ref('daemonSet', 'everywhere'),
      (one) => at(one, 'status', 'numberAvailable') === 1,
    );
    const node = await bed.until('the node is ready', { ...KINDS.node, name: 'appliance-0' }, (one) =>
      isTrue(one, 'Ready'),
    );
    expect(textAt(node, 'status', 'nodeInfo', 'kubeletVersion')).toMatch(/^v1\./);
  });

  it('answer with the status of their environment, or not at all', async () => {
    await bed.apply(
      deployment('app', 'bad', { env: { STANDIN_HTTP_STATUS: '500' } }),
      deployment('app', 'mute', { env: { STANDIN_TCP: 'refuse' } }),
    );
    const [bad, mute] = [await available('bad'), await available('mute')];
    const address = async ({ metadata }: Thing): Promise<string> =>
      textAt((await podsOf(metadata.name))[0], 'status', 'podIP');
    expect((await answers(await address(bad), 8080)).detail).toMatch(/answered 500/);
    expect((await answers(await address(mute), 8080)).detail).toMatch(/nothing listens/);
  });

  it('go with their Deployment, and nothing answers for them any more', async () => {
    await bed.apply(deployment('app', 'gone'));
    await available('gone');
    const ip = textAt((await podsOf('gone'))[0], 'status', 'podIP');
    expect(await accepts(ip, 8080)).toBe(true);
    await bed.kube.remove(ref('deployment', 'gone'));
    await eventually('the pod is gone', async () => (await podsOf('gone')).length === 0, DEADLINE_MS);
    await eventually('nothing listens', async () => !(await accepts(ip, 8080)), DEADLINE_MS);
  });

  it('a roll that never becomes ready is late after its deadline', async () => {
    bed.world.platform.setFault({ kind: 'unschedulable', workload: 'late' });
    await bed.apply(deployment('app', 'late', { more: { progressDeadlineSeconds: 1 } }));
    const late = await bed.until(
      'it is late',
      ref('deployment', 'late'),
      (one) => textAt(conditionOf(one, 'Progressing'), 'reason') === 'ProgressDeadlineExceeded',
    );
    expect(textAt(conditionOf(late, 'Progressing'), 'status')).toBe('False');
  });
});

describe('faults of the embedded platform act on what runs and on what comes, and heal', () => {
  beforeAll(async () => {
    await bed.apply(deployment('app', 'victim'), deployment('app', 'bystander'));
    await available('victim');
    await available('bystander');
  });

  const heals = async (): Promise<void> => {
    bed.world.platform.setFault({ kind: 'none' });
    const pod = await podWhere('a pod is ready again', 'victim', (one) => isTrue(one, 'Ready'));
    await available('victim');
    expect(await answers(textAt(pod, 'status', 'podIP'), 8080)).toMatchObject({ ok: true });
  };
  const bystanderIsFine = async (): Promise<void> => {
    expect(isTrue(await bed.get(ref('deployment', 'bystander')), 'Available')).toBe(true);
  };

  it('crash: the container is in a crash loop, restarts are counted and the log of before is kept', async () => {
    bed.world.platform.setFault({ kind: 'crash', workload: 'victim' });
    const pod = await podWhere('it crashes', 'victim', (one) => waitingReason(one) === 'CrashLoopBackOff');
    expect(Number(at(pod, 'status', 'containerStatuses', '0', 'restartCount'))).toBeGreaterThan(2);
    expect(at(pod, 'status', 'containerStatuses', '0', 'lastState', 'terminated', 'exitCode')).toBe(1);
    expect(await accepts(textAt(pod, 'status', 'podIP'), 8080)).toBe(false);
    const path = `${bed.world.kubernetes.url}/api/v1/namespaces/app/pods/${pod.metadata.name}/log?container=main&previous=true`;
    const log = await fetch(path, { headers: { authorization: `Bearer ${bed.world.kubernetes.token}` } });
    expect(await log.text()).toMatch(/exiting with code 1/);
    await bystanderIsFine();
    await heals();
  });

  it('image-pull: says in the words of the node that the image is not there', async () => {
    bed.world.platform.setFault({ kind: 'image-pull', workload: 'victim' });
    const pod = await podWhere(
      'the node backs off',
      'victim',
      (one) => waitingReason(one) === 'ImagePullBackOff',
    );
    expect(textAt(state(pod), 'waiting', 'message')).toMatch(
      /failed to resolve reference "registry.test\/app:1": .*: not found/,
    );
    expect(isTrue(pod, 'Ready')).toBe(false);
    await bystanderIsFine();
    await heals();
  });

  it('unschedulable: pods wait for room, with the words of the scheduler', async () => {
    bed.world.platform.setFault({ kind: 'unschedulable', workload: 'victim' });
    const pod = await podWhere('it waits', 'victim', (one) => textAt(one, 'status', 'phase') === 'Pending');
    expect(conditionOf(pod, 'PodScheduled')).toMatchObject({
      status: 'False',
      reason: 'Unschedulable',
      message: expect.stringMatching(/^0\/1 nodes are available/) as string,
    });
    await bystanderIsFine();
    await heals();
  });

  it('probe: the pod stays ready and answers 503', async () => {
    bed.world.platform.setFault({ kind: 'probe', workload: 'victim' });
    const [pod] = await podsOf('victim');
    const ip = textAt(pod, 'status', 'podIP');
    await eventually(
      'it answers 503',
      async () => /answered 503/.test((await answers(ip, 8080)).detail),
      DEADLINE_MS,
    );
    expect(isTrue(await bed.get(ref('pod', pod?.metadata.name ?? '')), 'Ready')).toBe(true);
    await bystanderIsFine();
    await heals();
  });

  it('holds for pods that come while it lasts', async () => {
    bed.world.platform.setFault({ kind: 'crash', workload: 'newcomer' });
    await bed.apply(deployment('app', 'newcomer'));
    await podWhere(
      'it crashes from the start',
      'newcomer',
      (one) => waitingReason(one) === 'CrashLoopBackOff',
    );
    bed.world.platform.setFault({ kind: 'none' });
    await available('newcomer');
  });
});

describe('the embedded platform', () => {
  it('takes its work up again after the API server was away', async () => {
    await bed.world.kubernetes.setFault({ kind: 'down' });
    await bed.world.kubernetes.setFault({ kind: 'none' });
    await eventually(
      'the API answers',
      async () => (await bed.kube.list(KINDS.node)).items.length,
      DEADLINE_MS,
    );
    await bed.apply(deployment('app', 'after-outage'));
    await available('after-outage');
  });

  it('is not stopped by conflicts', async () => {
    await bed.world.kubernetes.setFault({ kind: 'conflict', times: 5 });
    await bed.apply(deployment('app', 'after-conflict'));
    await available('after-conflict');
  });

  it('leaves nothing that listens when it stops', async () => {
    const other = await Testbed.open();
    await other.namespace('app');
    await other.apply(deployment('app', 'web'));
    await other.until('web is available', ref('deployment', 'web'), (one) => isTrue(one, 'Available'));
    const [address = ''] = other.world.platform.listening();
    const [host = '', port] = address.split(':');
    expect(await accepts(host, Number(port))).toBe(true);
    await other.close();
    expect(await accepts(host, Number(port))).toBe(false);
  });
});
