import { spawn, type ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHasher } from 'host-service/edges/hasher/hasher.ts';
import { createCluster, type ConnectedCluster } from 'host-service/edges/kubernetes/cluster.ts';
import { loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import { addUser } from 'host-service/engine/access/users.ts';
import { keepSecretAnswers } from 'host-service/engine/answers.ts';
import { readStatus, setIntent } from 'host-service/engine/verbs.ts';
import { START } from '../../../scripts/build/image-layout.ts';
import { eventually } from '../../cluster/kube.ts';
import { freePort } from '../../cluster/process.ts';
import { Client } from '../../world/platform/client.ts';
import { openVendor } from '../../world/publish.ts';
import { startEmbeddedWorld, type EmbeddedWorld } from '../../world/world.ts';

const PASSWORD = 'violet kettle marches northward';
const ANSWERS = {
  ...{ appUrl: 'https://psa.customer.test', tenantName: 'Customer Ltd' },
  ...{ adminFirstName: 'Ada', adminLastName: 'Admin', adminEmail: 'ada@customer.test' },
};
/** As the image starts Node: docs/performance.md, start. */
const FLAGS = START.entrypoint.filter((one) => one.startsWith('--'));

export interface BenchBox {
  readonly url: string;
  readonly port: number;
  readonly kube: Client;
  readonly cluster: ConnectedCluster;
  /** Signs in; answers the Cookie header. */
  signIn(): Promise<string>;
  /** Changes something small that every view shows: the reason of the intent. */
  say(reason: string): Promise<void>;
  /** A line of /proc/PID/status of the control plane, in MB: VmRSS, RssAnon. */
  memory(name: string): Promise<number>;
  /** User and system time of the control plane so far, in milliseconds. */
  cpuMs(): Promise<number>;
  /** Milliseconds for which its main thread could have run so far and another program did; undefined where the kernel does not count that. */
  starvedMs(): Promise<number | undefined>;
  /** Figures by their line in /metrics, labels included. Asking begins a new measurement of the event loop's delay. */
  figures(cookie: string): Promise<ReadonlyMap<string, number>>;
  close(): Promise<void>;
}

export interface BoxOptions {
  /** Folder of the built page. */
  readonly ui?: string | undefined;
  /** Most room of Node's old generation in MB; as Node likes it when undefined. */
  readonly heapMb?: number | undefined;
  /** Milliseconds between cycles and between looks at the channel; as the product has them when undefined. */
  readonly pace?: { readonly resyncMs: number; readonly pollMs: number } | undefined;
}

/** A box that runs release 1.0.0 in the embedded world; the control plane is the program as it ships, in a process of its own. */
export async function openBenchBox(program: string, options: BoxOptions = {}): Promise<BenchBox> {
  const folder = await mkdtemp(join(tmpdir(), 'appliance-bench-box-'));
  const ends: (() => Promise<unknown>)[] = [
    () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  ];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end().catch(console.error);
  };
  try {
    const world = await startEmbeddedWorld({ folder: join(folder, 'world'), startMs: 50, packageMs: 20 });
    ends.push(() => world.stop());
    const { child, port } = await startPlane(world, folder, program, options);
    ends.push(() => stop(child));
    const kube = new Client(world.kubernetes, 'bench');
    ends.push(() => Promise.resolve(kube.close()));
    const cluster = createCluster({ auth: loadKubeconfig(world.kubernetes.kubeconfig), userAgent: 'bench' });
    ends.push(() => cluster.close());
    const url = `http://127.0.0.1:${port}`;
    await eventually('ready', async () => (await fetch(`${url}/api/ready`)).ok || undefined);
    await install(cluster);
    return {
      ...{ url, port, kube, cluster, close },
      signIn: () => signIn(url),
      say: async (reason) => {
        await setIntent(
          cluster,
          {},
          { actor: { by: 'bench', via: 'cli', reason } },
          AbortSignal.timeout(30_000),
        );
      },
      memory: async (name) => {
        const text = await readFile(`/proc/${child.pid}/status`, 'utf8');
        return (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024) / 1e6;
      },
      cpuMs: async () => {
        const text = await readFile(`/proc/${child.pid}/stat`, 'utf8');
        const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
        return (Number(fields[11]) + Number(fields[12])) * 10;
      },
      starvedMs: async () => {
        const text = await readFile(`/proc/${child.pid}/schedstat`, 'utf8').catch(() => undefined);
        return text === undefined ? undefined : Number(text.split(' ')[1]) / 1e6;
      },
      figures: (cookie) => figures(url, cookie),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startPlane(
  { kubernetes, registry }: EmbeddedWorld,
  folder: string,
  program: string,
  { ui, heapMb, pace }: BoxOptions,
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const vendor = await openVendor(join(folder, 'vendor'), registry.host);
  await vendor.release('1.0.0');
  await vendor.promote('stable', '1.0.0');
  const port = await freePort();
  const config = {
    ...{ schema: 'appliance.config/v1', kubernetes: { kubeconfig: kubernetes.kubeconfig } },
    ...{ product: vendor.product, trust: vendor.trust, releaseRepository: vendor.repository },
    ...{ listen: `127.0.0.1:${port}`, cookies: 'plain', ui: ui ?? join(folder, 'no-page') },
    ...pace,
  };
  const path = join(folder, 'config.yaml');
  await writeFile(path, JSON.stringify(config));
  const heap = heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`];
  const log = openSync(join(folder, 'control-plane.log'), 'a');
  const child = spawn(process.execPath, [...FLAGS, ...heap, program, '--config', path], {
    env: { ...process.env, MALLOC_ARENA_MAX: '1', POD_NAME: 'bench' },
    stdio: ['ignore', log, log],
  });
  return { child, port };
}

/** Answers the product's questions, makes the owner, and waits until the application runs. */
async function install(cluster: ConnectedCluster): Promise<void> {
  const signal = AbortSignal.timeout(120_000);
  const ready = async (): Promise<boolean | undefined> =>
    (await readStatus(cluster, signal)) !== undefined || undefined;
  await eventually('a first status', ready);
  await keepSecretAnswers(cluster, { adminPassword: 'correct horse battery staple' }, signal);
  await setIntent(
    cluster,
    { settings: ANSWERS },
    { actor: { by: 'bench', via: 'cli', reason: 'start' } },
    signal,
  );
  const clock = { now: () => new Date(), monotonic: () => performance.now(), sleep: () => Promise.resolve() };
  const parts = { cluster, namespace: 'alga-appliance-control-plane', hasher: createHasher(), clock };
  await addUser(parts, { user: 'ada', role: 'admin', password: PASSWORD }, signal);
  await eventually(
    'release 1.0.0 runs',
    async () => (await readStatus(cluster, signal))?.phase === 'running' || undefined,
    120_000,
  );
}

let logins = 0;

async function signIn(url: string): Promise<string> {
  logins += 1;
  const answer = await fetch(`${url}/api/login`, {
    ...{ method: 'POST', body: JSON.stringify({ user: 'ada', password: PASSWORD }) },
    headers: { 'content-type': 'application/json', origin: url },
  });
  if (answer.status !== 200) throw new Error(`sign-in ${logins}: ${await answer.text()}`);
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

async function figures(url: string, cookie: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${url}/metrics`, { headers: { cookie } })).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
