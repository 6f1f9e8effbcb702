import { fluxArtifact, helmArtifact, type Artifact } from 'host-service/core/publish/artifact.ts';
import { pack } from 'host-service/edges/archive/pack.ts';
import { createClient } from 'oci-client-lite/client.ts';
import { parseReference } from 'oci-client-lite/reference.ts';
import { parseAllDocuments } from 'yaml';
import { eventually } from '../cluster/kube.ts';
import { fluxDefinitions } from './flux-definitions.ts';
import { Client, type Ref } from './platform/client.ts';
import { conditionOf, isTrue } from './platform/conditions.ts';
import { at, recordAt, type Thing } from './platform/fields.ts';
import { FLUX_NAMESPACE, KINDS } from './platform/machine.ts';
import { startEmbeddedWorld, type EmbeddedWorld, type WorldOptions } from './world.ts';

const DEADLINE_MS = 20_000;

type Files = Readonly<Record<string, string>>;

/** The embedded world with hands to put things into it: what the engine and the publisher do in the whole story. */
export class Testbed {
  readonly world: EmbeddedWorld;
  readonly kube: Client;

  private constructor(world: EmbeddedWorld) {
    this.world = world;
    this.kube = new Client(world.kubernetes, 'testbed');
  }

  static async open(options: WorldOptions = {}): Promise<Testbed> {
    return new Testbed(await startEmbeddedWorld({ startMs: 40, packageMs: 10, storage: false, ...options }));
  }

  async close(): Promise<void> {
    this.kube.close();
    await this.world.stop();
  }

  async apply(...objects: readonly object[]): Promise<void> {
    for (const object of objects) await this.kube.apply(object as Thing);
  }

  async namespace(...names: readonly string[]): Promise<void> {
    await this.apply(...names.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));
  }

  /** Definitions and Deployments of the delivery controllers, as the engine's step installs them. */
  async installFlux(): Promise<void> {
    await this.namespace(FLUX_NAMESPACE);
    await this.apply(...parseAllDocuments(fluxDefinitions()).map((document) => document.toJS() as object));
    for (const name of ['source-controller', 'kustomize-controller', 'helm-controller'])
      await this.apply(deployment(FLUX_NAMESPACE, name, { ports: [] }));
    for (const kind of [KINDS.source, KINDS.kustomization, KINDS.helmRelease])
      await eventually(`${kind.kind} is served`, async () => (await this.kube.list(kind)).items, DEADLINE_MS);
  }

  /** Pushes a bundle; answers the digest of its manifest. */
  async pushBundle(repository: string, files: Files, annotations: Files = {}): Promise<string> {
    const { bytes, tar } = await packed(files);
    return this.#push(repository, fluxArtifact({ content: bytes, tar, annotations }));
  }

  async pushChart(repository: string, files: Files): Promise<string> {
    const name = repository.slice(repository.lastIndexOf('/') + 1);
    const under = Object.entries(files).map(([path, text]) => [`${name}/${path}`, text] as const);
    const { bytes } = await packed(Object.fromEntries(under));
    return this.#push(repository, helmArtifact({ content: bytes, metadata: { name }, annotations: {} }));
  }

  async #push(repository: string, artifact: Artifact): Promise<string> {
    const client = createClient({});
    try {
      const ref = parseReference(`${this.world.registry.host}/${repository}`);
      for (const blob of artifact.blobs) await client.pushBlob(ref, blob.bytes);
      return await client.pushManifest(ref, artifact.manifest, artifact.mediaType);
    } finally {
      await client.close();
    }
  }

  get(ref: Ref): Promise<Thing | undefined> {
    return this.kube.get(ref);
  }

  /** The object as soon as it says what is asked; the error shows how it was last. */
  async until(what: string, ref: Ref, ask: (object: Thing) => boolean): Promise<Thing> {
    let last: Thing | undefined;
    const found = eventually(
      what,
      async () => {
        last = await this.kube.get(ref);
        return last !== undefined && ask(last) ? last : undefined;
      },
      DEADLINE_MS,
    );
    return found.catch((error: unknown) => {
      throw new Error(`${what}: ${JSON.stringify(last, undefined, 1)}`, { cause: error });
    });
  }

  /** All objects of a kind as soon as they are as asked. */
  async untilAll(
    what: string,
    kind: (typeof KINDS)[keyof typeof KINDS],
    ask: (objects: readonly Thing[]) => boolean,
  ): Promise<readonly Thing[]> {
    let last: readonly Thing[] = [];
    const found = eventually(
      what,
      async () => {
        last = (await this.kube.list(kind)).items;
        return ask(last) ? last : undefined;
      },
      DEADLINE_MS,
    );
    return found.catch((error: unknown) => {
      throw new Error(`${what}: ${JSON.stringify(last, undefined, 1)}`, { cause: error });
    });
  }
}

async function packed(files: Files): ReturnType<typeof pack> {
  const entries = Object.entries(files).map(
    ([path, text]) => [path, new TextEncoder().encode(text)] as const,
  );
  return pack(new Map(entries.map(([path, bytes]) => [path, { bytes, mode: 0o644 }])));
}

interface Shape {
  readonly image?: string;
  readonly ports?: readonly number[];
  readonly env?: Readonly<Record<string, string>>;
  readonly strategy?: 'Recreate' | 'RollingUpdate';
  readonly replicas?: number;
  readonly more?: object;
  readonly container?: object;
}

/** A pod template whose labels are the workload's name. */
export const templateOf = (name: string, shape: Shape = {}): object => ({
  metadata: { labels: { app: name } },
  spec: {
    containers: [
      {
        name: 'main',
        image: shape.image ?? 'registry.test/app:1',
        ports: (shape.ports ?? [8080]).map((containerPort) => ({ containerPort })),
        env: Object.entries(shape.env ?? {}).map(([key, value]) => ({ name: key, value })),
        ...shape.container,
      },
    ],
  },
});

export const deployment = (namespace: string, name: string, shape: Shape = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace },
  spec: {
    replicas: shape.replicas ?? 1,
    selector: { matchLabels: { app: name } },
    ...(shape.strategy === undefined ? {} : { strategy: { type: shape.strategy } }),
    template: templateOf(name, shape),
    ...shape.more,
  },
});

/** An object of the namespace that tests use. */
export const refTo = (
  kind: keyof typeof KINDS,
  name: string,
  namespace = 'app',
): { apiVersion: string; kind: string; namespace: string; name: string } => ({
  ...KINDS[kind],
  namespace,
  name,
});

/** The Ready condition. */
export const ready = (object: Thing | undefined): Readonly<Record<string, unknown>> =>
  recordAt(conditionOf(object, 'Ready'));

export const isCurrent = (object: Thing): boolean =>
  at(object, 'status', 'observedGeneration') === object.metadata.generation && isTrue(object, 'Ready');

export const CHART_LAYER = {
  layerSelector: { mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', operation: 'copy' },
};

/** An OCIRepository pinned by digest. */
export const sourceObject = (
  bed: Testbed,
  name: string,
  repository: string,
  digest: string,
  more: object = {},
): object => ({
  ...KINDS.source,
  metadata: { name, namespace: 'app' },
  spec: {
    url: `oci://${bed.world.registry.host}/${repository}`,
    ref: { digest },
    insecure: true,
    interval: '1h',
    ...more,
  },
});
