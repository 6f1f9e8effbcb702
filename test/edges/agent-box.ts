import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCluster, type ConnectedCluster } from 'host-service/edges/kubernetes/cluster.ts';
import { loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import { readManifests } from 'host-service/edges/files/manifests.ts';
import type { KubeObject } from 'host-service/engine/ports.ts';
import { AGENT_CALLS } from '../../scripts/build/agent-calls.ts';
import { rulesOf } from '../../scripts/build/rbac.ts';
import { startKubernetes, type InnerKubernetes } from '../world/kubernetes/kubernetes.ts';
import { deploymentOf, NAMESPACE } from '../flow/guard-world.ts';
import type { Digest } from 'host-service/contract/names.ts';
import { openDoor, type RightsDoor } from './agent-door.ts';

const ROOT = join(import.meta.dirname, '../..');
export const PROGRAM = join(ROOT, 'host-service/bin/appliance-agent.ts');
const CRDS = join(ROOT, 'flux-base/control-plane/crds');
export const signal = new AbortController().signal;
export const RIGHTS = {
  cluster: rulesOf(AGENT_CALLS.cluster),
  own: rulesOf(AGENT_CALLS.own),
  namespace: NAMESPACE,
};

/** A host with an API server that gives its program the rights of the generated file and no others. */
export class AgentBox {
  readonly folder: string;
  readonly kubernetes: InnerKubernetes;
  readonly door: RightsDoor;
  readonly admin: ConnectedCluster;
  private readonly running = new Set<AgentProcess>();

  private constructor(folder: string, kubernetes: InnerKubernetes, door: RightsDoor) {
    this.folder = folder;
    this.kubernetes = kubernetes;
    this.door = door;
    this.admin = createCluster({ auth: loadKubeconfig(kubernetes.kubeconfig), userAgent: 'test/1' });
  }

  static async open(): Promise<AgentBox> {
    const folder = await mkdtemp(join(tmpdir(), 'agent-box-'));
    const kubernetes = await startKubernetes({ folder });
    const box = new AgentBox(folder, kubernetes, await openDoor(kubernetes.url, RIGHTS));
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
    for (const object of [namespace, ...readManifests(CRDS)]) await box.admin.create(object, signal);
    await box.writeKubeconfig(box.door.url);
    return box;
  }

  /** The identity of the program: a token here, where a real platform has a certificate. */
  async writeKubeconfig(server: string, token: string = this.kubernetes.token): Promise<void> {
    await mkdir(join(this.folder, 'agent'), { recursive: true });
    const file = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'host' },
      clusters: [{ name: 'host', cluster: { server } }],
      users: [{ name: 'host', user: { token } }],
      contexts: [{ name: 'host', context: { cluster: 'host', user: 'host' } }],
    };
    await writeFile(join(this.folder, 'agent/kubeconfig'), JSON.stringify(file), { mode: 0o600 });
  }

  async config(more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const path = join(this.folder, 'agent.yaml');
    const config = {
      ...{ schema: 'appliance.agent/v1', node: 'box' },
      kubeconfig: join(this.folder, 'agent/kubeconfig'),
      adminKubeconfig: join(this.folder, 'none'),
      state: join(this.folder, 'agent'),
      ...{ kept: join(this.folder, 'kept'), buildTime: join(this.folder, 'build-time') },
      baked: join(this.folder, 'baked'),
      bootReport: join(this.folder, 'boot.json'),
      ...{ disks: ['/'], reportMs: 1_000, floorMs: 1_000, identityMs: 1_000, logLevel: 'debug' },
      ...more,
    };
    await writeFile(path, JSON.stringify(config));
    return path;
  }

  start(
    args: readonly string[],
    program: string = PROGRAM,
    env: Readonly<Record<string, string>> = {},
  ): AgentProcess {
    const process = new AgentProcess([program, ...args], env);
    this.running.add(process);
    return process;
  }

  async deploy(of: Digest, annotations: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.admin.apply(deploymentOf(of, annotations), { signal });
  }

  host(): Promise<KubeObject | undefined> {
    return this.admin.get(
      { apiVersion: 'appliance.nineminds.com/v1alpha1', kind: 'Host', name: 'box' },
      signal,
    );
  }

  async close(): Promise<void> {
    for (const process of this.running) await process.kill();
    await this.admin.close();
    await this.door.close();
    await this.kubernetes.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The program as a process of its own. */
export class AgentProcess {
  output = '';
  private readonly child: ChildProcess;
  readonly ended: Promise<number | undefined>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    const { PATH = '' } = process.env;
    this.child = spawn(process.execPath, [...args], {
      env: { PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (bytes: Buffer) => void (this.output += bytes.toString('utf8')));
    this.ended = once(this.child, 'exit').then(([code]) => (typeof code === 'number' ? code : undefined));
  }

  send(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Exit code and how long the stop took. */
  async stop(): Promise<{ readonly code: number | undefined; readonly tookMs: number }> {
    const from = performance.now();
    this.send('SIGTERM');
    const code = await this.ended;
    return { code, tookMs: performance.now() - from };
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

export { NAMESPACE };

/** Asks until it is so. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  limitMs = 20_000,
): Promise<T> {
  const until = performance.now() + limitMs;
  for (;;) {
    const found = await ask();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > until) throw new Error(`${what} did not come within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
