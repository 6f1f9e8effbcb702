import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApplianceStatus } from 'host-service/contract/appliance.ts';
import { eventually, type Kube, type KubeObject } from '../kube.ts';
import { startWorkloads, type Workloads } from '../workloads.ts';
import { startWorld, type World, type WorldOptions } from '../world.ts';
import { ControlPlane } from './control-plane.ts';
import { Vendor } from './vendor.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const GROUP = '/apis/appliance.nineminds.com/v1alpha1';
export const SOURCE =
  '/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/ocirepositories/alga-appliance';
export const ROOT_KUSTOMIZATION =
  '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/alga-appliance';
export const HELM_RELEASES = '/apis/helm.toolkit.fluxcd.io/v2/namespaces/alga-system/helmreleases';

export const SETTINGS: Readonly<Record<string, string>> = {
  appUrl: 'https://psa.customer.test',
  tenantName: 'Customer',
  adminFirstName: 'Ada',
  adminLastName: 'Admin',
  adminEmail: 'ada@customer.test',
};

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Verbs that work on the cluster's Secrets and know no other way. */
const ACCESS_VERBS: ReadonlySet<string> = new Set(['users', 'claim-code', 'webhook-secret']);

/** What a box says of itself; undefined while there is nothing that can be read. */
export async function statusOf(kube: Kube): Promise<ApplianceStatus | undefined> {
  const found = await kube.find(`${GROUP}/appliances/appliance`);
  const parsed = ApplianceStatus.safeParse(found?.['status']);
  return parsed.success ? parsed.data : undefined;
}

/** World, vendor, box: everything of one story. */
export class Scene {
  readonly world: World;
  readonly vendor: Vendor;
  readonly workloads: Workloads;
  readonly controlPlanes: ControlPlane[] = [];

  private constructor(world: World, vendor: Vendor, workloads: Workloads) {
    this.world = world;
    this.vendor = vendor;
    this.workloads = workloads;
  }

  static async open(options: WorldOptions = {}): Promise<Scene> {
    const world = await startWorld(options);
    try {
      const vendor = await new Vendor(join(world.folder, 'vendor'), world.registry).open();
      return new Scene(world, vendor, startWorkloads(world));
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  /** A scene in a world that stands already; close() ends that too. */
  static over(world: World, vendor: Vendor, workloads: Workloads): Scene {
    return new Scene(world, vendor, workloads);
  }

  /** A control plane of this box; not started yet. */
  controlPlane(
    name: string,
    config: Readonly<Record<string, unknown>> = {},
    kubeconfig?: string,
  ): ControlPlane {
    const made = new ControlPlane({
      folder: join(this.world.folder, 'box'),
      name,
      kubeconfig: kubeconfig ?? this.world.kubeconfig,
      trust: this.vendor.trust,
      product: this.vendor.product,
      releaseRepository: this.vendor.repository,
      config,
    });
    this.controlPlanes.push(made);
    return made;
  }

  /** Runs `appliance VERB ... --kubeconfig F`: on the objects, unless `--api` says where to ask. */
  async appliance(...argv: readonly string[]): Promise<Ran> {
    const program = join(ROOT, 'host-service/bin/appliance.ts');
    const isDirect = !argv.includes('--api') && !ACCESS_VERBS.has(argv[0] ?? '');
    const way = isDirect ? ['--direct', '--config', await this.cliConfig()] : [];
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [program, ...argv, '--kubeconfig', this.world.kubeconfig, ...way],
        (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
        },
      );
    });
  }

  /** The control plane's configuration, as a command without control plane reads it. */
  private async cliConfig(): Promise<string> {
    const path = join(this.world.folder, 'cli.yaml');
    const { product, trust, repository } = this.vendor;
    const text = JSON.stringify({
      schema: 'appliance.config/v1',
      kubernetes: { kubeconfig: this.world.kubeconfig },
      ...{ product, trust, releaseRepository: repository },
    });
    await writeFile(path, text);
    return path;
  }

  async must(...argv: readonly string[]): Promise<string> {
    const ran = await this.appliance(...argv);
    if (ran.code !== 0)
      throw new Error(`appliance ${argv.join(' ')}: ${ran.code} ${ran.stdout}${ran.stderr}`);
    return ran.stdout;
  }

  /** Answers the installer's questions. */
  async answer(settings: Readonly<Record<string, string>> = SETTINGS): Promise<void> {
    const pairs = Object.entries(settings).flatMap(([key, value]) => ['--setting', `${key}=${value}`]);
    const password = join(this.world.folder, 'admin-password');
    await writeFile(password, 'correct horse battery staple\n', { mode: 0o600 });
    const secret = ['--secret', `adminPassword=${password}`];
    await this.must('intent', ...secret, ...pairs, '--reason', 'first installation', '--by', 'installer');
  }

  async status(): Promise<ApplianceStatus | undefined> {
    return statusOf(this.world.kube);
  }

  /** Waits until the status says what is asked; the error says what it said last. */
  async until(
    what: string,
    ask: (status: ApplianceStatus) => boolean,
    deadlineMs = 90_000,
  ): Promise<ApplianceStatus> {
    let last: ApplianceStatus | undefined;
    try {
      return await eventually(
        what,
        async () => {
          last = await this.status();
          return last !== undefined && ask(last) ? last : undefined;
        },
        deadlineMs,
      );
    } catch (error) {
      const shown =
        last === undefined
          ? 'no status'
          : JSON.stringify(
              {
                ...last,
                trace: undefined,
                components: last.components.filter(({ state }) => state !== 'ready'),
              },
              undefined,
              1,
            );
      const logs = await Promise.all(this.controlPlanes.map(async (one) => (await one.log()).slice(-3000)));
      throw new Error(`${what}: not within ${deadlineMs} ms\n${shown}\n${logs.join('\n')}`, { cause: error });
    }
  }

  running(version: string): Promise<ApplianceStatus> {
    return this.until(
      `${version} runs`,
      (status) =>
        status.phase === 'running' &&
        status.running?.version === version &&
        status.lastGood?.version === version,
    );
  }

  get(path: string): Promise<KubeObject> {
    return this.world.kube.get(path);
  }

  async close(): Promise<void> {
    for (const one of this.controlPlanes) if (one.isRunning) await one.kill();
    await this.workloads.stop();
    await this.world.stop();
  }
}
