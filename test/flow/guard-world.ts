import { createHash } from 'node:crypto';
import {
  CONTROL_PLANE_NAME,
  ROLL_ANNOTATIONS,
  type ControlPlaneRecord,
} from 'host-service/contract/control-plane.ts';
import { Digest, FIELD_MANAGER, Repository, Version } from 'host-service/contract/names.ts';
import { Problem } from 'host-service/contract/problem.ts';
import type { Cluster, KubeInput, KubeObject, LeaseStore, Log } from 'host-service/engine/ports.ts';
import { readRecord } from 'host-service/engine/roll/record.ts';
import { ManualClock } from './world/clock.ts';
import { Killed, WorldCluster, type ClientOptions } from './world/cluster.ts';
import { WorldLease } from './world/lease.ts';

export const NAMESPACE = 'alga-appliance-control-plane';
export const REPOSITORY = Repository.parse('registry.test/control-plane');
export const digest = (letter: string): Digest => Digest.parse(`sha256:${letter.repeat(64)}`);
export const [OLD, NEW, BAKED] = [digest('a'), digest('b'), digest('c')];
const VERSIONS = new Map([
  [OLD, '1.0.0'],
  [NEW, '1.1.0'],
  [BAKED, '0.9.0'],
]);
export const buildOf = (of: Digest) => ({
  ...{ repository: REPOSITORY, digest: of },
  version: Version.parse(VERSIONS.get(of) ?? '0.0.1'),
});

/** How a build behaves once it is in a pod. */
export type Behaviour = 'good' | 'crashes' | 'hangs' | 'missing' | 'not started';

const LABELS = { 'app.kubernetes.io/name': CONTROL_PLANE_NAME };
export const templateOf = (of: Digest) => ({
  metadata: { labels: { ...LABELS, 'app.kubernetes.io/version': buildOf(of).version } },
  // Another setting for each build: going back takes it back as well.
  spec: {
    containers: [
      { name: 'control-plane', image: `${REPOSITORY}@${of}`, env: [{ name: 'FOR', value: of.slice(7, 11) }] },
    ],
  },
});

export const deploymentOf = (of: Digest, annotations: Readonly<Record<string, string>> = {}): KubeInput => ({
  ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
  metadata: { name: CONTROL_PLANE_NAME, namespace: NAMESPACE, labels: LABELS, annotations },
  spec: { replicas: 1, selector: { matchLabels: LABELS }, template: templateOf(of) },
});

/** A cluster in which one Deployment is kept, by stand-ins for its controller and its node that move only when time does. */
export class GuardWorld {
  readonly clock = new ManualClock(new Date('2026-03-01T10:00:00Z'));
  readonly cluster = new WorldCluster(() => this.clock.now());
  readonly behaviour = new Map<string, Behaviour>();
  readonly leases = new Map<string, WorldLease>();
  readonly said: { readonly level: string; readonly message: string }[] = [];
  /** Milliseconds of the clock at which the machine was switched on. */
  switchedOnAt = -100 * 3_600_000;
  isApiAway = false;

  get now(): number {
    return this.clock.port.monotonic();
  }

  lease(name: string): WorldLease {
    const found = this.leases.get(name) ?? new WorldLease();
    this.leases.set(name, found);
    return found;
  }

  /** What was there before rolls to the next: former annotations as the roll writes them. */
  deploy(of: Digest, annotations: Readonly<Record<string, string>> = {}): void {
    this.cluster.store.apply(deploymentOf(of, annotations), FIELD_MANAGER);
  }

  rolled(from: Digest, to: Digest, probationMs = 600_000): void {
    const until = new Date(this.clock.now().getTime() + probationMs).toISOString();
    this.deploy(to, { [ROLL_ANNOTATIONS.previousDigest]: from, [ROLL_ANNOTATIONS.probationUntil]: until });
  }

  running(): string {
    const object = this.cluster.store.get({
      kind: 'Deployment',
      namespace: NAMESPACE,
      name: CONTROL_PLANE_NAME,
    });
    return /@(sha256:[0-9a-f]+)/.exec(JSON.stringify(object?.['spec'] ?? ''))?.[1] ?? 'none';
  }

  async record(): Promise<ControlPlaneRecord> {
    return readRecord(this.cluster.client({ by: 'test' }).port, NAMESPACE, new AbortController().signal);
  }

  /** One process: its writes are counted over cluster and Leases, and end where it is killed. */
  process({ by, kill, fault }: ClientOptions): {
    readonly port: Cluster;
    readonly lease: LeaseStore;
    readonly writes: () => number;
  } {
    const { port } = this.cluster.client({ by });
    const of = (name: string): LeaseStore => this.lease(name).store(by);
    const life = { writes: 0, isOver: false };
    const ask = async <T>(verb: string, act: () => Promise<T>): Promise<T> => {
      if (life.isOver) throw new Killed(`${by} is dead`);
      if (this.isApiAway) throw new Problem('cluster.unavailable', 'connection refused');
      fault?.(verb);
      return act();
    };
    const die = (when: 'before' | 'after'): void => {
      if (kill?.at !== life.writes || kill.when !== when) return;
      life.isOver = true;
      throw new Killed(`${by} was killed at write ${life.writes}`);
    };
    const write = <T>(verb: string, act: () => Promise<T>): Promise<T> =>
      ask(verb, async () => {
        life.writes += 1;
        die('before');
        const result = await act();
        die('after');
        return result;
      });
    // A server-side apply may carry the version that it is about.
    const apply: Cluster['apply'] = async (object, options) => {
      const { resourceVersion } = object.metadata;
      const present = this.cluster.store.get({ ...object, ...object.metadata })?.metadata.resourceVersion;
      if (resourceVersion !== undefined && resourceVersion !== present)
        throw new Problem('cluster.conflict', `${object.kind} ${object.metadata.name} changed`);
      return port.apply(object, options);
    };
    return {
      port: {
        ...port,
        apply: (object, options) => write('apply', () => apply(object, options)),
        create: (object, signal) => write('create', () => port.create(object, signal)),
        replace: (object, signal) => write('replace', () => port.replace(object, signal)),
        replaceStatus: (object, signal) => write('replaceStatus', () => port.replaceStatus(object, signal)),
        get: (ref, signal) => ask('get', () => port.get(ref, signal)),
        list: (kind, options) => ask('list', () => port.list(kind, options)),
        log: (pod, bytes, signal) => ask('log', () => port.log(pod, bytes, signal)),
      },
      lease: {
        read: (name, namespace, signal) => ask('read', () => of(name).read(name, namespace, signal)),
        write: (record, signal) => write('lease', () => of(record.name).write(record, signal)),
      },
      writes: () => life.writes,
    };
  }

  readonly log: Log = {
    debug: () => undefined,
    info: (message) => void this.said.push({ level: 'info', message }),
    warn: (message) => void this.said.push({ level: 'warn', message }),
    error: (message) => void this.said.push({ level: 'error', message }),
  };

  /** What controller and node do meanwhile. */
  tick(): void {
    const { store } = this.cluster;
    const deployment = store.get({ kind: 'Deployment', namespace: NAMESPACE, name: CONTROL_PLANE_NAME });
    if (deployment === undefined || this.isApiAway) return;
    const hash = this.replicaSet(deployment);
    if (!this.pods().some((pod) => hashOf(pod) === hash)) this.pod(hash, deployment);
    for (const pod of this.pods()) this.live(pod);
    const isReady = this.pods().some((pod) => hashOf(pod) === hash && ready(pod));
    for (const pod of this.pods())
      if (isReady && hashOf(pod) !== hash) store.remove({ ...pod, ...pod.metadata });
    store.replaceStatus({
      ...deployment,
      status: {
        observedGeneration: deployment.metadata.generation,
        updatedReplicas: 1,
        availableReplicas: isReady ? 1 : 0,
      },
    });
    this.endpoints();
  }

  /** Programs of all other builds are gone. */
  removeOthers(than: Digest): void {
    for (const pod of this.pods())
      if (imageOf(pod) !== than) this.cluster.store.remove({ ...pod, ...pod.metadata });
    this.endpoints();
  }

  pods(): readonly KubeObject[] {
    return this.cluster.store.list('Pod', NAMESPACE);
  }

  /** Power is cut and comes back: every program was ended without anybody seeing it, nothing runs at first. */
  cutPower(startMs = 20_000): void {
    this.switchedOnAt = this.now;
    this.clock.advance(startMs);
    for (const pod of this.pods()) {
      const state = {
        terminated: { reason: 'Unknown', exitCode: 255, finishedAt: this.clock.now().toISOString() },
      };
      const restarts = restartsOf(pod) + 1;
      this.status(pod, {
        restarts,
        state: { waiting: { reason: 'ContainerCreating' } },
        lastState: state,
        isReady: false,
      });
    }
    this.endpoints();
  }

  private replicaSet(deployment: KubeObject): string {
    const { store } = this.cluster;
    const template = (deployment['spec'] as { template: { metadata: { labels: object } } }).template;
    const hash = createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);
    const name = `${CONTROL_PLANE_NAME}-${hash}`;
    const sets = store.list('ReplicaSet', NAMESPACE);
    const highest = Math.max(0, ...sets.map(revisionOf));
    const found = sets.find(({ metadata }) => metadata.name === name);
    if (found !== undefined && revisionOf(found) === highest) return hash;
    if (found !== undefined) store.remove({ ...found, ...found.metadata });
    const labels = { ...LABELS, 'pod-template-hash': hash };
    const owner = { kind: 'Deployment', name: CONTROL_PLANE_NAME, controller: true };
    const marked = {
      ...template,
      metadata: { labels: { ...template.metadata.labels, 'pod-template-hash': hash } },
    };
    const head = {
      name,
      namespace: NAMESPACE,
      labels,
      annotations: { 'deployment.kubernetes.io/revision': String(highest + 1) },
    };
    const metadata = { ...head, ownerReferences: [owner] };
    store.seed({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec: { template: marked } });
    return hash;
  }

  private pod(hash: string, deployment: KubeObject): void {
    const { spec } = (deployment['spec'] as { template: { spec: object } }).template;
    const name = `${CONTROL_PLANE_NAME}-${hash}-${this.cluster.store.version}`;
    const metadata = { name, namespace: NAMESPACE, labels: { ...LABELS, 'pod-template-hash': hash } };
    this.cluster.store.seed({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...spec, nodeName: 'box' } });
  }

  private live(pod: KubeObject): void {
    const behaviour = this.behaviour.get(imageOf(pod)) ?? 'good';
    const now = this.clock.now().toISOString();
    const restarts = restartsOf(pod);
    const age = this.clock.now().getTime() - Date.parse(pod.metadata.creationTimestamp ?? now);
    switch (behaviour) {
      case 'good': {
        const startedAt = startOf(pod) ?? now;
        const isReady = Date.parse(now) - Date.parse(startedAt) >= 2_000;
        return this.status(pod, { restarts, state: { running: { startedAt } }, isReady });
      }
      case 'hangs':
        return this.status(pod, {
          restarts,
          state: { running: { startedAt: startOf(pod) ?? now } },
          isReady: false,
        });
      case 'crashes': {
        const times = Math.floor(age / 10_000);
        const lastState =
          times === restarts ? undefined : { terminated: { reason: 'Error', exitCode: 1, finishedAt: now } };
        const waiting = { reason: 'CrashLoopBackOff', message: 'back-off restarting failed container' };
        return this.status(pod, { restarts: times, state: { waiting }, lastState, isReady: false });
      }
      case 'missing':
        return this.status(pod, {
          restarts,
          state: { waiting: { reason: 'ImagePullBackOff', message: 'not found' } },
          isReady: false,
        });
      case 'not started':
        return this.status(pod, {
          restarts,
          state: { waiting: { reason: 'ContainerCreating' } },
          isReady: false,
        });
    }
  }

  private status(
    pod: KubeObject,
    say: { restarts: number; state: object; lastState?: object | undefined; isReady: boolean },
  ): void {
    const before = statusOf(pod);
    const turned = ready(pod) === say.isReady ? before.conditions?.[0]?.lastTransitionTime : undefined;
    const lastTransitionTime = turned ?? this.clock.now().toISOString();
    const lastState = say.lastState ?? before.containerStatuses?.[0]?.lastState ?? {};
    const container = { name: 'control-plane', restartCount: say.restarts, state: say.state, lastState };
    const condition = { type: 'Ready', status: say.isReady ? 'True' : 'False', lastTransitionTime };
    const status = { podIP: '10.0.0.7', conditions: [condition], containerStatuses: [container] };
    this.cluster.store.replaceStatus({
      ...pod,
      metadata: { name: pod.metadata.name, namespace: NAMESPACE },
      status,
    });
  }

  private endpoints(): void {
    const endpoints = this.pods().map((pod) => ({
      addresses: ['10.0.0.7'],
      conditions: { ready: ready(pod) },
    }));
    const labels = { 'kubernetes.io/service-name': CONTROL_PLANE_NAME };
    const metadata = { name: `${CONTROL_PLANE_NAME}-x`, namespace: NAMESPACE, labels };
    const slice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, endpoints };
    this.cluster.store.apply(slice, 'controller');
  }
}

interface PodStatus {
  readonly conditions?: readonly { readonly status: string; readonly lastTransitionTime: string }[];
  readonly containerStatuses?: readonly {
    readonly restartCount: number;
    readonly lastState: object;
    readonly state: { readonly running?: { readonly startedAt: string } };
  }[];
}
const statusOf = (pod: KubeObject): PodStatus => pod['status'] ?? {};
const ready = (pod: KubeObject): boolean => statusOf(pod).conditions?.[0]?.status === 'True';
const restartsOf = (pod: KubeObject): number => statusOf(pod).containerStatuses?.[0]?.restartCount ?? 0;
const startOf = (pod: KubeObject): string | undefined =>
  statusOf(pod).containerStatuses?.[0]?.state.running?.startedAt;
const hashOf = ({ metadata }: KubeObject): string => metadata.labels?.['pod-template-hash'] ?? '';
const imageOf = (pod: KubeObject): string =>
  /@(sha256:[0-9a-f]+)/.exec(JSON.stringify(pod['spec']))?.[1] ?? '';
const revisionOf = ({ metadata }: KubeObject): number =>
  Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
