import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SessionView } from 'host-service/contract/api/session.ts';
import { createHasher } from 'host-service/edges/hasher/hasher.ts';
import { createCluster } from 'host-service/edges/kubernetes/cluster.ts';
import { loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import { addUser } from 'host-service/engine/access/users.ts';
import { eventually } from '../../cluster/kube.ts';
import { ControlPlane } from '../../cluster/support/control-plane.ts';
import { makeProduct } from '../../fixtures/documents.ts';
import { makeKey, makeTrust, trustKey } from '../../fixtures/sign.ts';
import { startKubernetes, type InnerKubernetes } from '../../world/kubernetes/kubernetes.ts';

const DEADLINE_MS = 60_000;
const NAMESPACE = 'alga-appliance-control-plane';
/** Lies beside the page and is none of its files. */
export const OUTSIDE = 'beside-the-page-4c11';
export const PASSWORD = 'violet kettle marches northward';

/** A real control plane with a page on an embedded API server; nobody owns it yet. */
export class Box {
  readonly plane: ControlPlane;
  readonly #folder: string;
  readonly #kubernetes: InnerKubernetes;

  private constructor(folder: string, kubernetes: InnerKubernetes) {
    this.#folder = folder;
    this.#kubernetes = kubernetes;
    this.plane = new ControlPlane({
      ...{ folder, name: 'hostile', kubeconfig: kubernetes.kubeconfig },
      releaseRepository: '127.0.0.1:1/vendor/release',
      ...{ trust: join(folder, 'trust.yaml'), product: join(folder, 'product.yaml') },
      config: { claimCodeFile: 'claim-code', cookies: 'plain', pollMs: 60_000, ui: join(folder, 'page') },
    });
  }

  static async open(): Promise<Box> {
    const folder = await mkdtemp(join(tmpdir(), 'appliance-hostile-'));
    const kubernetes = await startKubernetes({ folder });
    const box = new Box(folder, kubernetes);
    try {
      await writeFile(join(folder, 'product.yaml'), JSON.stringify(makeProduct()));
      await writeFile(join(folder, 'trust.yaml'), JSON.stringify(makeTrust([trustKey(makeKey())])));
      await mkdir(join(folder, 'page/assets'), { recursive: true });
      await writeFile(join(folder, 'page/index.html'), '<!doctype html><script nonce="__NONCE__"></script>');
      await writeFile(join(folder, 'page/build.json'), '{"build":"hostile-page"}');
      await writeFile(join(folder, 'page/assets/index-AAAAAAAA.js'), 'export {};\n'.repeat(200));
      await writeFile(join(folder, 'outside.txt'), OUTSIDE);
      await withSmallHeap(() => box.plane.start());
      await eventually(
        'the control plane is ready',
        async () => (await fetch(`${box.plane.url}/api/ready`)).status === 200 || undefined,
        DEADLINE_MS,
      );
      return box;
    } catch (error) {
      await box.close();
      throw error;
    }
  }

  get port(): number {
    return Number(new URL(this.plane.url).port);
  }

  claimCode(): Promise<string> {
    const path = join(this.#folder, 'claim-code');
    const read = (): Promise<string | undefined> =>
      readFile(path, 'utf8').then(
        (text) => text.trim(),
        () => undefined,
      );
    return eventually('the claim code', read, DEADLINE_MS);
  }

  async session(): Promise<SessionView> {
    const answer = await fetch(`${this.plane.url}/api/session`, { signal: AbortSignal.timeout(DEADLINE_MS) });
    return SessionView.parse(await answer.json());
  }

  /** As the command line on the host does it: wrong codes of strangers cannot stand in the way of the owner. */
  async own(users: Readonly<Record<string, 'admin' | 'viewer'>>): Promise<void> {
    const cluster = createCluster({ auth: loadKubeconfig(this.#kubernetes.kubeconfig), userAgent: 'test' });
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const parts = { cluster, namespace: NAMESPACE, hasher: createHasher(), clock };
    try {
      for (const [user, role] of Object.entries(users))
        await addUser(parts, { user, role, password: PASSWORD }, signal);
    } finally {
      await cluster.close();
    }
    await eventually(
      'the owner is known',
      async () => (await this.session()).claimed || undefined,
      DEADLINE_MS,
    );
  }

  /** The Cookie header of somebody who has signed in. */
  async signIn(user: string): Promise<string> {
    const answer = await fetch(`${this.plane.url}/api/login`, {
      ...{ method: 'POST', body: JSON.stringify({ user, password: PASSWORD }) },
      headers: { 'content-type': 'application/json', origin: this.plane.url },
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    if (answer.status !== 200 || cookie === '')
      throw new Error(`${user} cannot sign in: ${await answer.text()}`);
    return cookie;
  }

  /** A figure of `/metrics`. */
  async figure(name: string, cookie: string): Promise<number> {
    const answer = await fetch(`${this.plane.url}/metrics`, {
      headers: { cookie },
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const line = (await answer.text()).split('\n').find((one) => one.startsWith(`${name} `));
    if (line === undefined) throw new Error(`no figure ${name}`);
    return Number(line.slice(name.length + 1));
  }

  async close(): Promise<void> {
    await this.plane.kill();
    await this.#kubernetes.stop();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A young generation as on a box, and so little room that what is kept for strangers ends the process instead of hiding in a lazy heap. */
async function withSmallHeap(start: () => Promise<void>): Promise<void> {
  const before = process.env['NODE_OPTIONS'];
  process.env['NODE_OPTIONS'] = '--max-semi-space-size=2 --max-old-space-size=96';
  try {
    await start();
  } finally {
    if (before === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = before;
  }
}

const clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
};
