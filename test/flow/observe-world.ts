import { Problem } from 'host-service/contract/problem.ts';
import { GROUP_VERSION } from 'host-service/contract/names.ts';
import type { Cluster, KubeObject, Prober } from 'host-service/engine/ports.ts';
import { SETTINGS } from './plan-world.ts';

type Json = Record<string, unknown>;

/** A cluster that only answers questions, and counts them. */
export class ReadOnlyCluster {
  readonly asked: string[] = [];
  served = new Set([
    'source.toolkit.fluxcd.io/v1/ocirepositories',
    'kustomize.toolkit.fluxcd.io/v1/kustomizations',
    'helm.toolkit.fluxcd.io/v2/helmreleases',
  ]);
  readonly objects: KubeObject[];

  constructor(objects: readonly KubeObject[]) {
    this.objects = [...objects];
  }

  readonly #unused = (): never => {
    throw new Problem('internal.bug', 'OBSERVE writes nothing');
  };

  readonly port: Cluster = {
    get: async ({ kind, name, namespace }) => {
      await Promise.resolve();
      this.asked.push(`get ${kind} ${namespace ?? ''}/${name}`);
      return this.objects.find(
        (object) =>
          object.kind === kind &&
          object.metadata.name === name &&
          (object.metadata.namespace ?? '') === (namespace ?? ''),
      );
    },
    list: async ({ kind }, { namespace, labelSelector }) => {
      await Promise.resolve();
      this.asked.push(`list ${kind} ${namespace ?? ''}`);
      const [label, value] = labelSelector?.split('=') ?? [];
      return this.objects.filter(
        (object) =>
          object.kind === kind &&
          (namespace === undefined || object.metadata.namespace === namespace) &&
          (label === undefined || object.metadata.labels?.[label] === value),
      );
    },
    version: async () => Promise.resolve('v1.36.3+k3s1'),
    serves: async (groupVersion, plural) => Promise.resolve(this.served.has(`${groupVersion}/${plural}`)),
    apply: this.#unused,
    create: this.#unused,
    replace: this.#unused,
    replaceStatus: this.#unused,
    remove: this.#unused,
    watch: this.#unused,
    log: this.#unused,
  };
}

/** A prober that answers the same to everybody and remembers whom it asked. */
export function makeProber(ok = true): {
  readonly port: Prober;
  readonly asked: string[];
  most: () => number;
} {
  const asked: string[] = [];
  let running = 0;
  let most = 0;
  const port: Prober = {
    probe: async ({ ip, port: number }) => {
      asked.push(`${ip}:${number}`);
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      return { ok, detail: ok ? '200' : '500' };
    },
  };
  return { port, asked, most: () => most };
}

export const kube = (
  kind: string,
  name: string,
  namespace: string | undefined,
  rest: Json = {},
  metadata: Json = {},
): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...metadata },
  ...rest,
});

export const appliance = (spec: Json = { settings: SETTINGS }, rest: Json = {}): KubeObject => ({
  ...kube('Appliance', 'appliance', undefined, { spec, ...rest }, { uid: 'uid-1', generation: 7 }),
  apiVersion: GROUP_VERSION,
});

const owned = (kind: string, name: string): Json => ({ ownerReferences: [{ kind, name, controller: true }] });
export const readyCondition = { type: 'Ready', status: 'True', reason: 'Succeeded', message: '' };

/** A Deployment with its ReplicaSets and one ready pod, as Kubernetes writes them. */
export function deploymentObjects(
  name: string,
  image: string,
  over: { ready?: boolean; ip?: string } = {},
): readonly KubeObject[] {
  const { ready = true, ip = '10.0.0.7' } = over;
  const count = ready ? 1 : 0;
  const set = (revision: number): KubeObject =>
    kube(
      'ReplicaSet',
      `${name}-${revision}`,
      'msp',
      {},
      {
        ...owned('Deployment', name),
        annotations: { 'deployment.kubernetes.io/revision': String(revision) },
      },
    );
  return [
    kube(
      'Deployment',
      name,
      'msp',
      {
        spec: { replicas: 1 },
        status: { observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: count },
      },
      { generation: 2 },
    ),
    set(9),
    set(10),
    kube(
      'Pod',
      `${name}-10-a`,
      'msp',
      {
        spec: { containers: [{ name, image }], initContainers: [{ name: 'init', image: 'r/init:1' }] },
        status: {
          phase: 'Running',
          podIP: ip,
          conditions: [{ ...readyCondition, status: ready ? 'True' : 'False' }],
          containerStatuses: [{ name, ready, restartCount: 0, imageID: '', state: { running: {} } }],
          initContainerStatuses: [
            {
              name: 'init',
              ready: true,
              restartCount: 0,
              imageID: '',
              state: { terminated: { exitCode: 0, reason: 'Completed' } },
            },
          ],
        },
      },
      owned('ReplicaSet', `${name}-10`),
    ),
  ];
}
