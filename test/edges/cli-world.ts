import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { appliance } from 'host-service/cli/program.ts';
import { compose, type Parts } from 'host-service/compose.ts';
import { createDirectEngine } from 'host-service/direct-engine.ts';
import type { Digest } from 'host-service/contract/names.ts';
import { readConfig } from 'host-service/edges/files/config.ts';
import { readManifests } from 'host-service/edges/files/manifests.ts';
import type { ConnectedCluster } from 'host-service/edges/kubernetes/cluster.ts';
import { addUser } from 'host-service/engine/access/users.ts';
import { ensureKinds, ensureNamespace } from 'host-service/engine/lead/prepare.ts';
import type { KubeInput, KubeObject } from 'host-service/engine/ports.ts';
import { serve, type Server } from 'host-service/serve.ts';
import { vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { CHEAP, NAMESPACE } from '../flow/access-world.ts';
import { ASKING } from '../flow/handle-world.ts';
import { Box } from '../flow/world/box.ts';
import { TRUST } from '../flow/world/vendor.ts';
import { createHasher } from 'host-service/edges/hasher/hasher.ts';
import { createClock } from 'host-service/edges/clock/clock.ts';
import { fluxDefinitions } from '../world/flux-definitions.ts';
import { startKubernetes } from '../world/kubernetes/kubernetes.ts';
import type { EmbeddedKubernetes } from '../world/ports.ts';

const DEFINITIONS = fileURLToPath(new URL('../../flux-base/control-plane/crds/', import.meta.url));
const never = new AbortController().signal;
export const PASSWORD = 'violet anvil 93 teapots';

/** What a command printed and what it ended with. */
export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly exit: number | string;
}

/** Runs a command of the real program in this process. One after the other: what is printed belongs to the process. */
export async function run(...argv: readonly string[]): Promise<Ran> {
  const printed = { out: '', err: '' };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((printed.out += String(text)), true)),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((printed.err += String(text)), true)),
  ];
  process.exitCode = undefined;
  try {
    await appliance(argv, { direct: createDirectEngine });
    return { ...printed, exit: process.exitCode ?? 0 };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = undefined;
  }
}

/** Objects of a box that runs 1.0.0, was offered 1.1.0 and knows one operation; made by the engine itself. */
async function objectsOfBox(): Promise<readonly KubeObject[]> {
  const box = new Box();
  box.product = ASKING;
  box.vendor.publish('1.0.0');
  await box.run();
  box.vendor.publish('1.1.0');
  box.clock.advance(600_000);
  await box.run();
  const { store } = box.cluster;
  return ['OCIRepository', 'Release', 'Operation', 'Appliance'].flatMap((kind) =>
    kind === 'OCIRepository' ? store.list(kind, 'flux-system') : store.list(kind),
  );
}

/** A cluster with a box in it, users, and a control plane that serves its API and acts on nothing. */
export class CliWorld {
  readonly folder: string;
  readonly kubernetes: EmbeddedKubernetes;
  readonly config: string;
  readonly #parts: Parts;
  readonly #stop = new AbortController();
  #server: Server | undefined;

  private constructor(folder: string, kubernetes: EmbeddedKubernetes, config: string) {
    this.folder = folder;
    this.kubernetes = kubernetes;
    this.config = config;
    this.#parts = compose(readConfig(config));
  }

  static async open(): Promise<CliWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'cli-world-'));
    const kubernetes = await startKubernetes({ folder });
    const world = new CliWorld(folder, kubernetes, await configIn(folder, kubernetes.kubeconfig));
    try {
      await world.#fill();
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  get cluster(): ConnectedCluster {
    return this.#parts.cluster;
  }

  async #fill(): Promise<void> {
    const { cluster } = this;
    const { clock, log } = this.#parts;
    for (const namespace of [NAMESPACE, 'flux-system']) await ensureNamespace(cluster, namespace, never);
    for (const document of parseAllDocuments(fluxDefinitions()))
      await cluster.apply(document.toJS() as KubeInput, { signal: never });
    await ensureKinds({ cluster, clock, log }, readManifests(DEFINITIONS), never);
    for (const object of await objectsOfBox()) await put(cluster, object);
    const users = { cluster, namespace: NAMESPACE, clock: createClock(), hasher: createHasher(CHEAP) };
    await addUser(users, { user: 'ada', role: 'admin', password: PASSWORD }, never);
    await addUser(users, { user: 'vic', role: 'viewer', password: PASSWORD }, never);
    await writeFile(join(this.folder, 'password'), `${PASSWORD}\n`, { mode: 0o600 });
  }

  /** Serves the API; answers its address. */
  async serve(): Promise<string> {
    const { live } = this.#parts.handle;
    void live.run(this.#stop.signal);
    while (live.current() === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    this.#server = await serve(this.#parts, () => ({ draining: false, ready: true }));
    return `http://${this.#server.address}`;
  }

  /** Waits until the API shows what was written last. */
  async settled(): Promise<void> {
    const ref = { apiVersion: 'appliance.nineminds.com/v1alpha1', kind: 'Appliance', name: 'appliance' };
    const written = (await this.cluster.get(ref, never))?.metadata.generation;
    const { live } = this.#parts.handle;
    while (live.current()?.view.intentRevision !== written)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Options by which somebody signs in with a password. */
  as(user: string): readonly string[] {
    return ['--user', user, '--password-file', join(this.folder, 'password')];
  }

  async spec(): Promise<Record<string, unknown>> {
    const ref = { apiVersion: 'appliance.nineminds.com/v1alpha1', kind: 'Appliance', name: 'appliance' };
    return Object((await this.cluster.get(ref, never))?.['spec']) as Record<string, unknown>;
  }

  /** What a command by the API must not leave behind: the value of a secret answer, and nothing else. */
  async secretAnswers(): Promise<Record<string, unknown>> {
    const ref = { apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name: 'appliance-draft' };
    return Object((await this.cluster.get(ref, never))?.['data']) as Record<string, unknown>;
  }

  digestOf(version: string): Promise<Digest> {
    return this.#parts.handle.releases(never).then(({ releases }) => {
      const found = releases.find((one) => one.version === version);
      if (found === undefined) throw new Error(`no release ${version}`);
      return found.digest;
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#server?.close();
    await this.#parts.close();
    await this.kubernetes.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The control plane's file. Its registry is a port where nothing listens: no command has to ask it. */
async function configIn(folder: string, kubeconfig: string): Promise<string> {
  const [product, trust, config] = ['product.yaml', 'trust.yaml', 'control-plane.yaml'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  await writeFile(product, JSON.stringify(ASKING));
  await writeFile(trust, JSON.stringify(TRUST));
  const text = {
    ...{ schema: 'appliance.config/v1', kubernetes: { kubeconfig }, product, trust },
    registries: [{ host: 'registry.example.com', mirrors: ['http://127.0.0.1:9'] }],
    ...{ listen: '127.0.0.1:0', cookies: 'plain', logLevel: 'error' },
  };
  await writeFile(config, JSON.stringify(text));
  return config;
}

/** Puts an object as it was somewhere else, with its status. */
async function put(cluster: ConnectedCluster, object: KubeObject): Promise<void> {
  const { name, namespace, labels, annotations } = object.metadata;
  const metadata = { name, namespace, labels, annotations };
  const { status, ...rest } = object;
  const made = await cluster.create({ ...rest, metadata }, never);
  if (status !== undefined) await cluster.replaceStatus({ ...made, metadata: made.metadata, status }, never);
}
