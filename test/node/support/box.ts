import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { packVariables, substitute } from 'host-service/core/publish/pack-variables.ts';
import { knownResource } from 'host-service/edges/kubernetes/kinds.ts';
import { parseAllDocuments } from 'yaml';
import { eventually, type KubeObject } from '../../cluster/kube.ts';
import type { World } from '../../cluster/world.ts';
import type { PushedImage } from './images.ts';
import type { NodeVendor } from './vendor.ts';

export const NAMESPACE = 'alga-appliance-control-plane';
export const NAME = 'appliance-control-plane';
const OWN = `/api/v1/namespaces/${NAMESPACE}`;
export const DEPLOYMENT = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${NAME}`;
const FIRST = ['Namespace', 'PriorityClass', 'ServiceAccount', 'ConfigMap'];

/** A pod as far as tests look at it. */
export interface Pod extends KubeObject {
  readonly spec: { readonly containers: readonly { readonly image: string }[] };
  readonly status: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly startTime?: string;
    readonly conditions?: readonly { type: string; status: string; lastTransitionTime: string }[];
    readonly containerStatuses?: readonly {
      readonly containerID?: string;
      readonly ready: boolean;
      readonly restartCount: number;
      readonly state: { readonly running?: { readonly startedAt: string } };
    }[];
  };
}

/** The objects of `control-plane/` as a bundle of this version carries them. */
async function objectsOf(sources: string, version: string): Promise<KubeObject[]> {
  const folder = join(sources, 'control-plane');
  const objects: KubeObject[] = [];
  for (const name of (await readdir(folder, { recursive: true })).filter((one) => one.endsWith('.yaml'))) {
    const text = substitute(name, await readFile(join(folder, name), 'utf8'), packVariables(version, {}));
    if (!text.ok) throw new Error(text.problem.detail);
    objects.push(...parseAllDocuments(text.value).map((one) => one.toJS() as KubeObject));
  }
  const order = ({ kind = '' }: KubeObject): number =>
    kind === 'Deployment' ? 99 : FIRST.indexOf(kind) + 1 || 50;
  return objects.toSorted((a, b) => order(a) - order(b));
}

/** What the boot script does on a new box, said with the test's own client: the control plane of the first release, and its files. */
export class Box {
  readonly #world: World;
  readonly #vendor: NodeVendor;

  constructor(world: World, vendor: NodeVendor) {
    this.#world = world;
    this.#vendor = vendor;
  }

  async #apply(object: KubeObject): Promise<void> {
    const { apiVersion = '', kind = '' } = object;
    const known = knownResource(apiVersion, kind);
    if (known === undefined) throw new Error(`no resource is known for ${kind} of ${apiVersion}`);
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { namespace, name } = object.metadata;
    const place = namespace === undefined ? '' : `/namespaces/${namespace}`;
    await this.#world.kube.apply(`${base}${place}/${known.plural}/${name}`, object, 'appliance');
  }

  /** Applies everything and answers when the Deployment is written; nothing is waited for. */
  async install(image: PushedImage): Promise<void> {
    const objects = await objectsOf(this.#vendor.sources, image.version);
    const product = await readFile(this.#vendor.vendor.product, 'utf8');
    const trust = await readFile(this.#vendor.vendor.trust, 'utf8');
    const configMap = (name: string, data: Readonly<Record<string, string>>): KubeObject => ({
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: NAMESPACE }, data },
    });
    for (const object of objects) {
      if (object.kind !== 'Deployment') await this.#apply(object);
    }
    await this.#apply(configMap(`appliance-product-${image.version}`, { 'product.yaml': product }));
    await this.#apply(configMap('appliance-trust', { 'trust.yaml': trust }));
    await eventually('the namespace has its own authority', async () =>
      this.#world.kube.find(`${OWN}/configmaps/kube-root-ca.crt`),
    );
    const deployment = objects.find(({ kind }) => kind === 'Deployment');
    if (deployment === undefined) throw new Error('the bundle has no Deployment');
    const filled = JSON.stringify(deployment).replace(
      /"image":"[^"]*"/,
      () => `"image":"${image.repository}@${image.digest}"`,
    );
    await this.#apply(JSON.parse(filled) as KubeObject);
  }

  pods(): Promise<readonly Pod[]> {
    return this.#world.kube.list<Pod>(`${OWN}/pods?labelSelector=app.kubernetes.io/name=${NAME}`);
  }

  /** `host:port` of the Service. */
  async service(): Promise<string> {
    const service = await this.#world.kube.get<KubeObject & { spec: { clusterIP: string } }>(
      `${OWN}/services/${NAME}`,
    );
    return `${service.spec.clusterIP}:8080`;
  }

  /** Waits until a pod of this digest is Ready; the error says what every pod and its log say. */
  async ready(digest: string, deadlineMs = 120_000): Promise<Pod> {
    return eventually(
      `a pod of ${digest} is Ready`,
      async () => (await this.pods()).find((pod) => isReady(pod) && imageOf(pod).endsWith(digest)),
      deadlineMs,
    ).catch(async (cause: unknown) => {
      throw new Error(`no pod of ${digest} is Ready\n${await this.told()}`, { cause });
    });
  }

  /** What pods, events and logs say, for error messages. */
  async told(): Promise<string> {
    const pods = await this.pods();
    const logs = pods.map(async ({ metadata, status }) => {
      const log = await this.#world.kube
        .text('GET', `${OWN}/pods/${metadata.name}/log?tailLines=40`)
        .catch(String);
      return `== ${metadata.name}\n${JSON.stringify(status)}\n${log}`;
    });
    const events = await this.#world.kube.list(`${OWN}/events`);
    const lines = events.map((event) => `${String(event['reason'])}: ${String(event['message'])}`);
    return [...(await Promise.all(logs)), ...lines.slice(-30)].join('\n');
  }
}

export const imageOf = (pod: Pod): string => pod.spec.containers[0]?.image ?? '';

export const isReady = (pod: Pod): boolean =>
  pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
