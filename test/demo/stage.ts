import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { createCluster, type ConnectedCluster } from 'host-service/edges/kubernetes/cluster.ts';
import { loadKubeconfig } from 'host-service/edges/kubernetes/connect/kubeconfig.ts';
import { readBoxWords } from 'host-service/engine/access/box-words.ts';
import { keepSecretAnswers } from 'host-service/engine/answers.ts';
import { readAppliance, readStatus, setIntent } from 'host-service/engine/verbs.ts';
import type { ApplianceStatus } from 'host-service/contract/appliance.ts';
import { ControlPlane } from '../cluster/support/control-plane.ts';
import { LicenceService } from '../world/licence/licence.ts';
import { FAULTS, type DemoFault, type FaultName } from './faults.ts';
import type { DemoWorld } from './demo-world.ts';

/** Install codes of the vendor's e-mail: one is good, and what can be wrong with the others. */
export const CODES = { good: 'DEMO-GOOD-2026', expired: 'DEMO-OLD-2020', used: 'DEMO-USED-2025' } as const;

const Nodes = z.array(
  z.object({ status: z.object({ addresses: z.array(z.object({ address: z.string() })) }) }),
);

/** Answers of the installer, for stories that begin when they are given. */
const ANSWERS = {
  appUrl: 'https://psa.customer.test',
  tenantName: 'Customer Ltd',
  adminFirstName: 'Ada',
  adminLastName: 'Admin',
  adminEmail: 'ada@customer.test',
} as const;

export interface StageOptions {
  /** Makes the world; the folder lives as long as the stage. */
  readonly open: (folder: string) => Promise<DemoWorld>;
  /** Overrides of the control plane's configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Environment of the control plane beside that of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Starts the control plane again this long after it has ended by itself or was killed (milliseconds). */
  readonly restartMs: number;
  /** The same after the fault `control-plane-killed`: long enough for the page to say it. Default `restartMs`. */
  readonly killedMs?: number;
  /** Holds before the control plane starts, so that the first installation meets it. */
  readonly fault?: FaultName;
}

/** A box, its vendor and the world around both: everything that the demo shows and the browser tests use. */
export class Stage {
  readonly world: DemoWorld;
  /** The vendor's licence service. */
  readonly licence: LicenceService;
  readonly controlPlane: ControlPlane;
  readonly #folder: string;
  readonly #cluster: ConnectedCluster;
  readonly #ending = new AbortController();
  readonly #restartMs: number;
  readonly #killedMs: number;
  #nextRestartMs: number;
  #supervised: Promise<void> = Promise.resolve();
  #fault: FaultName | undefined;

  private constructor(world: DemoWorld, licence: LicenceService, folder: string, options: StageOptions) {
    this.world = world;
    this.licence = licence;
    const { vendor } = world;
    this.#folder = folder;
    this.#restartMs = options.restartMs;
    this.#killedMs = options.killedMs ?? options.restartMs;
    this.#nextRestartMs = options.restartMs;
    this.#cluster = createCluster({
      auth: loadKubeconfig(world.kubeconfig),
      userAgent: 'appliance-demo',
    });
    this.controlPlane = new ControlPlane({
      folder: join(folder, 'box'),
      name: 'appliance-control-plane-demo',
      kubeconfig: world.kubeconfig,
      trust: vendor.trust,
      product: vendor.product,
      releaseRepository: vendor.repository,
      ...(options.env === undefined ? {} : { env: options.env }),
      config: {
        pollMs: 2000,
        registrationUrl: licence.url,
        claimCodeFile: this.#claimCodeFile,
        cookies: 'plain',
        logLevel: 'info',
        ...options.config,
      },
    });
  }

  /** Starts world and vendor, publishes 1.0.0 and starts the control plane. */
  static async open(options: StageOptions): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'appliance-demo-'));
    let world: DemoWorld | undefined;
    const licence = await openLicence();
    try {
      world = await options.open(folder);
      await world.vendor.release('1.0.0');
      await world.vendor.promote('stable', '1.0.0');
      const stage = new Stage(world, licence, folder, options);
      if (options.fault !== undefined) await stage.setFault(options.fault);
      await stage.controlPlane.start();
      stage.#supervised = stage.#supervise();
      return stage;
    } catch (error) {
      await licence.stop();
      await world?.stop();
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get vendor(): DemoWorld['vendor'] {
    return this.world.vendor;
  }

  /** The fault that holds now. */
  get fault(): FaultName | undefined {
    return this.#fault;
  }

  async setFault(name: FaultName | undefined): Promise<void> {
    const fault: DemoFault | undefined = name === undefined ? undefined : FAULTS[name];
    await this.world.setFault(fault);
    const isKill = fault?.kill === true;
    this.#fault = isKill ? undefined : name;
    if (!isKill || !this.controlPlane.isRunning) return;
    this.#nextRestartMs = this.#killedMs;
    await this.controlPlane.kill();
  }

  /** The power of the whole box is cut and comes back: control plane, platform and application at once. */
  async cutPower(): Promise<void> {
    if (this.world.powerCycle === undefined) throw new Error('the power of these parts cannot be cut');
    await this.controlPlane.kill();
    await this.world.powerCycle();
  }

  /** The claim code, once the control plane has made it. */
  async claimCode(): Promise<string> {
    const text = await this.#eventually('the claim code', () =>
      readFile(this.#claimCodeFile, 'utf8').catch(() => undefined),
    );
    return text.trim();
  }

  /** The six words of the box, as its console would show them; not asked of the page's own server. */
  async words(): Promise<string> {
    const words = await readBoxWords(this.#cluster, AbortSignal.timeout(5000));
    return (words ?? []).join(' ');
  }

  /** Answers the questions of the product as an installer would. */
  async answer(): Promise<void> {
    const signal = AbortSignal.timeout(30_000);
    await keepSecretAnswers(this.#cluster, { adminPassword: 'correct horse battery staple' }, signal);
    const actor = { by: 'installer', via: 'ui', reason: 'first installation' } as const;
    await setIntent(this.#cluster, { settings: ANSWERS }, { actor }, signal);
  }

  /** Whether an installer has taken the box. */
  async isClaimed(): Promise<boolean> {
    const answer = await fetch(`${this.controlPlane.url}/api/session`, {
      signal: AbortSignal.timeout(5000),
    }).catch(() => undefined);
    const body: unknown = answer?.ok === true ? await answer.json() : undefined;
    return typeof body === 'object' && body !== null && 'claimed' in body && body.claimed === true;
  }

  status(): Promise<ApplianceStatus | undefined> {
    return readStatus(this.#cluster, AbortSignal.timeout(5000)).catch(() => undefined);
  }

  async intentRevision(): Promise<number | undefined> {
    return (await readAppliance(this.#cluster, AbortSignal.timeout(5000))).metadata.generation;
  }

  /** Waits until the status says what is asked. */
  until(
    what: string,
    ask: (status: ApplianceStatus) => boolean,
    deadlineMs = 90_000,
  ): Promise<ApplianceStatus> {
    return this.#eventually(
      what,
      async () => {
        const status = await this.status();
        return status !== undefined && ask(status) ? status : undefined;
      },
      deadlineMs,
    );
  }

  /** Where the application answers on the box itself. */
  async applicationUrl(): Promise<string> {
    const nodes = await this.#cluster.list(
      { apiVersion: 'v1', kind: 'Node' },
      { signal: AbortSignal.timeout(10_000) },
    );
    const [address] = Nodes.parse(nodes).flatMap(({ status }) => status.addresses);
    if (address === undefined) throw new Error('the node has no address');
    return `http://${address.address}:3000`;
  }

  async close(): Promise<void> {
    this.#ending.abort();
    if (this.controlPlane.isRunning) await this.controlPlane.kill();
    await this.#supervised;
    await this.#cluster.close();
    await this.licence.stop();
    await this.world.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #claimCodeFile(): string {
    return join(this.#folder, 'box', 'claim-code');
  }

  /** As the kubelet: what ends is started again. */
  async #supervise(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await this.controlPlane.exited();
      const afterMs = this.#nextRestartMs;
      this.#nextRestartMs = this.#restartMs;
      await sleep(afterMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted && !this.controlPlane.isRunning) await this.controlPlane.start();
    }
  }

  async #eventually<T>(what: string, ask: () => Promise<T | undefined>, deadlineMs = 30_000): Promise<T> {
    const until = performance.now() + deadlineMs;
    for (;;) {
      const found = await ask();
      if (found !== undefined) return found;
      if (performance.now() > until || this.#ending.signal.aborted)
        throw new Error(
          `${what}: not within ${deadlineMs} ms\n${(await this.controlPlane.log()).slice(-4000)}`,
        );
      await sleep(100);
    }
  }
}

async function openLicence(): Promise<LicenceService> {
  const service = await LicenceService.start();
  service.codes.set(CODES.good, 'open').set(CODES.expired, 'expired').set(CODES.used, 'consumed');
  return service;
}
