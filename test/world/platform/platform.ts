import { randomInt, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EmbeddedPlatform, PlatformOptions, WorkloadFault } from '../ports.ts';
import { Cache, type Change } from './cache.ts';
import { Client } from './client.ts';
import { controllerOf, listAt, nameOf, textAt, type Thing } from './fields.ts';
import { Artifacts } from './flux/artifacts.ts';
import { helmOwner, HelmInstaller } from './flux/helm.ts';
import { Kustomizer, sourceOf } from './flux/kustomize.ts';
import { reconcileSource } from './flux/source.ts';
import type { HostFacts } from 'host-service/contract/host/facts.ts';
import { ensureNode, HostProgram, reconcileNamespace } from './host.ts';
import { FLUX_NAMESPACE, KINDS, type Machine } from './machine.ts';
import { Queue, type Reconcile } from './queue.ts';
import { claimsOf, ensureStorage, reconcileClaim, reconcileVolume } from './storage.ts';
import { Accounts } from './workloads/accounts.ts';
import { reconcileDeployment, reconcileReplicaSet } from './workloads/deployments.ts';
import { Kubelet, type Addresses } from './workloads/kubelet.ts';
import { hasManyLoopbacks, Listeners } from './workloads/listeners.ts';
import { reconcileDaemonSet, reconcileJob, reconcileStatefulSet } from './workloads/stateful.ts';

/** The log of a container of a pod; `previous` = of the run before the last restart. */
export type SetLog = (
  pod: { readonly namespace: string; readonly name: string },
  container: string,
  previous: boolean,
  text: string,
) => void;

export interface StartOptions extends Omit<PlatformOptions, 'kubernetes'> {
  readonly kubernetes: PlatformOptions['kubernetes'] & { readonly setLog?: SetLog };
  /** Told of every look that failed and is repeated; for finding out what a test did. */
  readonly onFailure?: (where: string, error: unknown) => void;
}

export interface Platform extends EmbeddedPlatform {
  /** `address:port` of every listener of a pod, sorted. */
  listening(): readonly string[];
  /** The machine becomes another one in these respects. */
  setHostFacts(facts: HostFacts): void;
  /** The power was away: the machine has another boot id, and everything on it has to start again. Resolves when the node says so. */
  powerCycle(): Promise<void>;
  /** Who may sign in at the stand-in for the application, and who did. */
  readonly accounts: Accounts;
  /** Addresses that could not be bound, with the reason. */
  readonly failures: readonly string[];
}

const START_MS = 150;
const PACKAGE_MS = 50;
const HOST_AGAIN_MS = 250;

type QueueName =
  | 'source'
  | 'kustomization'
  | 'helmRelease'
  | 'deployment'
  | 'replicaSet'
  | 'statefulSet'
  | 'daemonSet'
  | 'job'
  | 'claim'
  | 'volume'
  | 'pod'
  | 'namespace';

const CONTROLLERS = new Set(['source-controller', 'kustomize-controller', 'helm-controller']);
const OWNERS: Readonly<Record<string, QueueName>> = {
  ReplicaSet: 'replicaSet',
  Deployment: 'deployment',
  StatefulSet: 'statefulSet',
  DaemonSet: 'daemonSet',
  Job: 'job',
};
const OF_KIND: Readonly<Record<string, QueueName>> = {
  ...OWNERS,
  Pod: 'pod',
  PersistentVolumeClaim: 'claim',
  PersistentVolume: 'volume',
  Namespace: 'namespace',
  OCIRepository: 'source',
  Kustomization: 'kustomization',
  HelmRelease: 'helmRelease',
};

class Runner implements Platform {
  fault: WorkloadFault = { kind: 'none' };
  /** Of the machine since it was switched on. */
  #bootId = randomUUID();
  readonly #client: Client;
  readonly #cache: Cache;
  /** On the disk of the machine: pods and power may go. */
  readonly accounts = new Accounts();
  readonly #listeners = new Listeners(this.accounts);
  readonly #artifacts = new Artifacts();
  readonly #ending = new AbortController();
  readonly #host = new HostProgram(this.#ending.signal);
  readonly #kubelet: Kubelet;
  readonly #kustomizer: Kustomizer;
  readonly #queues: Readonly<Record<QueueName, Queue>>;
  readonly #machine: Machine;
  readonly #addresses: Range;
  readonly #loose = new Set<Promise<unknown>>();
  readonly #storage: boolean;
  readonly #onFailure: NonNullable<StartOptions['onFailure']>;

  constructor(options: StartOptions, addresses: Range) {
    const { kubernetes, startMs = START_MS, packageMs = PACKAGE_MS } = options;
    this.#onFailure = options.onFailure ?? (() => undefined);
    this.#addresses = addresses;
    this.#storage = options.storage ?? false;
    this.#client = new Client(kubernetes, 'embedded-platform');
    this.#cache = new Cache(this.#client, (object, change) => this.#changed(object, change));
    const machine: Machine = {
      cache: this.#cache,
      client: this.#client,
      startMs,
      packageMs,
      accounts: this.accounts,
      fault: () => this.fault,
      setLog: ({ metadata }, container, previous, text) =>
        kubernetes.setLog?.(
          { namespace: metadata.namespace ?? '', name: metadata.name },
          container,
          previous,
          text,
        ),
    };
    this.#machine = machine;
    const as = (manager: string): Machine => ({ ...machine, client: this.#clientAs(kubernetes, manager) });
    const manager = as('kube-controller-manager');
    this.#kubelet = new Kubelet(as('kubelet'), this.#listeners, addresses);
    this.#kustomizer = new Kustomizer(as('kustomize-controller'), this.#artifacts);
    const helm = new HelmInstaller(as('helm-controller'), this.#artifacts, this.#ending.signal);
    const source = as('source-controller');
    const queue = (name: string, reconcile: Reconcile): Queue =>
      new Queue(reconcile, (key, error) => this.#onFailure(`${name} ${key}`, error));
    this.#queues = {
      source: queue('OCIRepository', async (key) => reconcileSource(source, this.#artifacts, key)),
      kustomization: queue('Kustomization', async (key) => this.#kustomizer.reconcile(key)),
      helmRelease: queue('HelmRelease', async (key) => helm.reconcile(key)),
      deployment: queue('Deployment', async (key) => reconcileDeployment(manager, key)),
      replicaSet: queue('ReplicaSet', async (key) => reconcileReplicaSet(manager, key)),
      statefulSet: queue('StatefulSet', async (key) => reconcileStatefulSet(manager, key)),
      daemonSet: queue('DaemonSet', async (key) => reconcileDaemonSet(manager, key)),
      job: queue('Job', async (key) => reconcileJob(manager, key)),
      volume: queue('PersistentVolume', async (key) => reconcileVolume(manager, key)),
      claim: queue('PersistentVolumeClaim', async (key) => reconcileClaim(manager, key)),
      namespace: queue('Namespace', async (key) => reconcileNamespace(manager, key)),
      pod: queue('Pod', async (key) => this.#kubelet.reconcile(key)),
    };
  }

  readonly #clients: Client[] = [];

  #clientAs(kubernetes: StartOptions['kubernetes'], manager: string): Client {
    const client = new Client(kubernetes, manager);
    this.#clients.push(client);
    return client;
  }

  get failures(): readonly string[] {
    return this.#listeners.failures;
  }

  listening(): readonly string[] {
    return this.#listeners.names;
  }

  start(): void {
    this.#cache.follow(Object.values(KINDS));
    this.#later(this.#beHost());
  }

  setHostFacts(facts: HostFacts): void {
    this.#host.change(facts);
  }

  async powerCycle(): Promise<void> {
    this.#bootId = randomUUID();
    this.#kubelet.startAnew(Date.now());
    await ensureNode(this.#machine, this.#addresses.node, this.#bootId);
    for (const pod of this.#cache.list(KINDS.pod)) this.#queues.pod.add(nameOf(pod));
  }

  setFault(fault: WorkloadFault): void {
    const before = this.fault;
    this.fault = fault;
    for (const pod of this.#cache.list(KINDS.pod)) this.#queues.pod.add(nameOf(pod));
    for (const claim of this.#cache.list(KINDS.claim)) this.#queues.claim.add(nameOf(claim));
    if (before.kind === 'delivery-stopped' || fault.kind === 'delivery-stopped') this.#wakeFlux();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await Promise.all(Object.values(this.#queues).map(async (queue) => queue.stop()));
    await this.#cache.stop();
    await Promise.allSettled(this.#loose);
    await this.#listeners.close();
    await this.#artifacts.close();
    await this.#addresses.release();
    for (const client of [this.#client, ...this.#clients]) client.close();
  }

  /** Node and Host, as soon as they can be there, and again after the cluster lost them. */
  async #beHost(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        await ensureNode(this.#machine, this.#addresses.node, this.#bootId);
        await this.#host.ensure(this.#machine, this.#addresses.node);
        if (this.#storage) await ensureStorage(this.#machine);
      } catch (error) {
        if (!signal.aborted) this.#onFailure('Host', error);
      }
      await sleep(HOST_AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  #later(work: Promise<unknown>): void {
    const kept = work
      .catch((error: unknown) => this.#onFailure('afterwards', error))
      .finally(() => this.#loose.delete(kept));
    this.#loose.add(kept);
  }

  /** Who has to look when something has changed. */
  #changed(object: Thing, change: Change): void {
    if (this.#ending.signal.aborted) return;
    const own = OF_KIND[object.kind];
    if (own !== undefined) this.#queues[own].add(nameOf(object));
    this.#wakeOwner(object);
    if (change === 'deleted') this.#gone(object);
    const { namespace, name, labels } = object.metadata;
    switch (object.kind) {
      case 'Deployment':
        if (namespace === FLUX_NAMESPACE && CONTROLLERS.has(name)) this.#wakeFlux();
        break;
      case 'Pod':
        for (const claim of claimsOf(object)) this.#queues.claim.add(`${namespace ?? ''}/${claim}`);
        break;
      case 'PersistentVolumeClaim':
        for (const volume of this.#cache.list(KINDS.volume)) this.#queues.volume.add(nameOf(volume));
        break;
      case 'StorageClass':
        for (const claim of this.#cache.list(KINDS.claim)) this.#queues.claim.add(nameOf(claim));
        break;
      case 'OCIRepository':
        this.#wakeUsers(object);
        break;
      case 'Kustomization':
      case 'HelmRelease':
        this.#wakeDependents(object);
        break;
      case 'ConfigMap':
        if (labels?.['reconcile.fluxcd.io/watch'] !== undefined) this.#wakeReaders(object);
        break;
    }
    const helm = helmOwner(object);
    if (helm !== undefined && this.#cache.get(KINDS.helmRelease, ...splitName(helm)) === undefined)
      this.#queues.helmRelease.add(helm);
  }

  #gone(object: Thing): void {
    if (object.kind === 'Pod') this.#later(this.#kubelet.removed(object));
    if (object.kind === 'Kustomization') this.#later(this.#kustomizer.removed(object));
  }

  #wakeOwner(object: Thing): void {
    const owner = controllerOf(object);
    const queue = owner === undefined ? undefined : OWNERS[owner.kind];
    if (owner === undefined || queue === undefined) return;
    const { namespace = '' } = object.metadata;
    this.#queues[queue].add(`${namespace}/${owner.name}`);
    const parent = this.#cache.get({ apiVersion: owner.apiVersion, kind: owner.kind }, namespace, owner.name);
    if (parent !== undefined && object.kind === 'Pod') this.#wakeOwner(parent);
  }

  #wakeUsers(source: Thing): void {
    const name = nameOf(source);
    for (const one of this.#cache.list(KINDS.kustomization)) {
      const place = sourceOf(one);
      if (`${place.namespace}/${place.name}` === name) this.#queues.kustomization.add(nameOf(one));
    }
    for (const one of this.#cache.list(KINDS.helmRelease, source.metadata.namespace))
      if (textAt(one, 'spec', 'chartRef', 'name') === source.metadata.name)
        this.#queues.helmRelease.add(nameOf(one));
  }

  #wakeDependents(object: Thing): void {
    const [kind, queue] =
      object.kind === 'HelmRelease'
        ? ([KINDS.helmRelease, 'helmRelease'] as const)
        : ([KINDS.kustomization, 'kustomization'] as const);
    for (const one of this.#cache.list(kind, object.metadata.namespace))
      if (listAt(one, 'spec', 'dependsOn').some((ref) => textAt(ref, 'name') === object.metadata.name))
        this.#queues[queue].add(nameOf(one));
  }

  #wakeReaders({ metadata }: Thing): void {
    for (const one of this.#cache.list(KINDS.helmRelease, metadata.namespace))
      if (listAt(one, 'spec', 'valuesFrom').some((ref) => textAt(ref, 'name') === metadata.name))
        this.#queues.helmRelease.add(nameOf(one));
  }

  #wakeFlux(): void {
    for (const [kind, queue] of [
      [KINDS.source, 'source'],
      [KINDS.kustomization, 'kustomization'],
      [KINDS.helmRelease, 'helmRelease'],
    ] as const)
      for (const one of this.#cache.list(kind)) this.#queues[queue].add(nameOf(one));
  }
}

function splitName(key: string): readonly [string, string] {
  const [namespace = '', name = ''] = key.split('/');
  return [namespace, name];
}

/** What one world has of the loopback network until it is given back. */
interface Range extends Addresses {
  release(): Promise<void>;
}

/** Port of the listener that keeps a range for one world; no workload uses it. */
const KEEPER_PORT = 44_747;

/** Takes `127.x` for this world alone: other processes on this machine may run worlds as well. @throws Error when all are taken */
async function takePrefix(): Promise<{ readonly prefix: string; readonly keeper: Server }> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const prefix = `127.${randomInt(20, 250)}`;
    const keeper = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      keeper.once('error', () => resolve(false));
      keeper.listen(KEEPER_PORT, `${prefix}.255.254`, () => resolve(true));
    });
    if (isFree) return { prefix, keeper };
  }
  throw new Error('no range of loopback addresses is free for the pods');
}

/** Addresses for pods of one world: a range of its own, so that several worlds can run at once. */
async function addressesOf(): Promise<Range> {
  if (!(await hasManyLoopbacks()))
    return { node: '127.0.0.1', next: () => '127.0.0.1', release: () => Promise.resolve() };
  const { prefix, keeper } = await takePrefix();
  let last = 0;
  return {
    node: `${prefix}.255.1`,
    next: () => {
      last = (last % 50_000) + 1;
      return `${prefix}.${Math.floor(last / 250)}.${(last % 250) + 1}`;
    },
    release: async () => {
      await new Promise((resolve) => keeper.close(resolve));
    },
  };
}

/** Starts delivery controllers, workload controllers and the node against an API server. They stop and start like real ones: all state is in the cluster. */
export async function startPlatform(options: StartOptions): Promise<Platform> {
  const runner = new Runner(options, await addressesOf());
  runner.start();
  return runner;
}
