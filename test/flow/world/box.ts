import { Appliance, Operation, ReleaseObject } from 'host-service/contract/objects.ts';
import type { ApplianceSpec, ApplianceStatus } from 'host-service/contract/appliance.ts';
import { Repository, Version } from 'host-service/contract/names.ts';
import type { Product } from 'host-service/contract/product.ts';
import { runCycle } from 'host-service/engine/cycle.ts';
import { emptyMemory, PATIENCE, type Engine, type Patience } from 'host-service/engine/engine.ts';
import { ensureAppliance } from 'host-service/engine/report.ts';
import type { Log, Ports } from 'host-service/engine/ports.ts';
import { Problem } from 'host-service/contract/problem.ts';
import { makeProduct, NOW, REPOSITORY } from '../../fixtures/documents.ts';
import { ManualClock } from './clock.ts';
import { WorldCluster, type ClientOptions } from './cluster.ts';
import { Platform } from './flux.ts';
import type { StorageWorld } from './storage.ts';
import { TRUST, Vendor } from './vendor.ts';

const quiet = (): void => undefined;
const LOG: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

export const PRODUCT = makeProduct({
  namespaces: [{ name: 'alga-system' }, { name: 'msp' }],
  secrets: [
    {
      name: 'shared-keys',
      namespace: 'msp',
      keys: { AUTH_KEY: { generate: 'hex', bytes: 32 }, MODE: { literal: 'recover' } },
    },
  ],
});

/** A box: cluster, platform, vendor, clock, and as many control planes as a test starts. */
export class Box {
  readonly clock = new ManualClock(NOW);
  vendor = new Vendor();
  readonly cluster = new WorldCluster(() => this.clock.now());
  platform = new Platform(this.cluster, this.vendor);
  readonly signal = new AbortController().signal;
  product: Product = PRODUCT;
  patience: Patience = PATIENCE;
  /** Storage, where the product has some. */
  storage: StorageWorld | undefined;
  /** Whether the application answers its probe, by image digest. */
  private starts = 0;
  private bytes = 0;

  constructor() {
    this.cluster.store.seed({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
    this.edit((spec) => ({ ...spec, settings: { appUrl: 'https://psa.example.com' } }));
  }

  /** The same box a second time, as it is now: what happens to one does not touch the other. The vendor is shared. */
  fork(): Box {
    const box = new Box();
    box.vendor = this.vendor;
    box.cluster.store.copyFrom(this.cluster.store);
    box.cluster.logText = this.cluster.logText;
    box.platform = new Platform(box.cluster, box.vendor);
    box.product = this.product;
    box.patience = this.patience;
    box.storage = this.storage;
    box.clock.advance(this.clock.port.monotonic());
    return box;
  }

  ports(
    options: Omit<ClientOptions, 'by'> & { by?: string } = {},
  ): Ports & { readonly writes: () => number } {
    this.starts += 1;
    const client = this.cluster.client({ by: `engine-${this.starts}`, ...options });
    return {
      cluster: client.port,
      writes: client.writes,
      registry: this.vendor.registry.port,
      clock: this.clock.port,
      log: LOG,
      prober: { probe: () => Promise.resolve(this.probe()) },
    };
  }

  /** A control plane that has just started: it knows nothing. */
  engine(options: Omit<ClientOptions, 'by'> = {}): Engine & { readonly writes: () => number } {
    const ports = this.ports(options);
    return {
      ports,
      writes: ports.writes,
      random: { bytes: (count) => new Uint8Array(count).fill((this.bytes += 1)) },
      product: this.product,
      trust: () => TRUST,
      releaseRepository: Repository.parse(REPOSITORY),
      registries: [],
      architecture: 'amd64',
      namespace: 'alga-appliance-control-plane',
      identity: { name: `engine-${this.starts}`, version: Version.parse('0.1.0'), build: 'test' },
      patience: this.patience,
      baked: undefined,
      bakedParts: undefined,
      memory: emptyMemory(),
    };
  }

  /** Cycles of one engine with the platform moving in between, until nothing is left to do. Answers the last status. */
  async settle(engine: Engine, limit = 120): Promise<ApplianceStatus> {
    let status: ApplianceStatus | undefined;
    let calm = 0;
    for (let round = 0; round < limit && calm < 2; round += 1) {
      const { version } = this.cluster.store;
      status = await this.tryCycle(engine);
      this.platform.tick();
      this.storage?.tick(this.cluster);
      this.clock.advance(1_100);
      const isQuiet = this.cluster.store.version === version && this.open() === undefined;
      const settled = status !== undefined && isQuiet;
      calm = settled ? calm + 1 : 0;
    }
    if (status === undefined || calm < 2)
      throw new Error(
        `not settled: ${JSON.stringify(this.status()?.problems)} ${JSON.stringify(this.open()?.status)}`,
      );
    return this.status() ?? status;
  }

  /** One cycle; a fault is what the loop would see. */
  async tryCycle(engine: Engine): Promise<ApplianceStatus | undefined> {
    try {
      return await runCycle(engine, this.signal);
    } catch (error) {
      if (error instanceof Problem && error.code !== 'internal.bug') return undefined;
      throw error;
    }
  }

  /** A person changes the spec. */
  edit(change: (spec: Record<string, unknown>) => Record<string, unknown>): void {
    const found = this.cluster.store.get({ kind: 'Appliance', name: 'appliance' });
    const head = {
      apiVersion: 'appliance.nineminds.com/v1alpha1',
      kind: 'Appliance',
      metadata: { name: 'appliance' },
    };
    const spec = change({ ...(found?.['spec'] as ApplianceSpec | undefined) });
    if (found === undefined) this.cluster.store.create({ ...head, spec });
    else this.cluster.store.replace({ ...head, spec });
  }

  intent(intent: Record<string, unknown>): void {
    this.edit((spec) => ({ ...spec, intent: { ...(spec['intent'] as object | undefined), ...intent } }));
  }

  request(verb: string, id: string, over: Record<string, unknown> = {}): void {
    const request = {
      id,
      verb,
      at: this.clock.now().toISOString(),
      actor: { by: 'test', via: 'cli' },
      ...over,
    };
    this.edit((spec) => ({
      ...spec,
      requests: [...((spec['requests'] as unknown[] | undefined) ?? []), request],
    }));
  }

  /** Starts a control plane and lets it come to rest. */
  async run(options: Omit<ClientOptions, 'by'> = {}): Promise<ApplianceStatus> {
    const engine = this.engine(options);
    await ensureAppliance(engine, this.signal);
    return this.settle(engine);
  }

  status(): ApplianceStatus | undefined {
    return Appliance.parse(this.cluster.must('Appliance', 'appliance')).status;
  }

  operations(): readonly Operation[] {
    return this.cluster.store.list('Operation').map((raw) => Operation.parse(raw));
  }

  open(): Operation | undefined {
    return this.operations().find(({ status }) => status === undefined || status.outcome === 'running');
  }

  outcomes(): readonly string[] {
    return this.operations().map(
      ({ spec, status }) => `${spec.verb} ${spec.to.version} ${status?.outcome ?? 'none'}`,
    );
  }

  release(digest: string): ReleaseObject | undefined {
    return this.cluster.store
      .list('Release')
      .map((raw) => ReleaseObject.parse(raw))
      .find(({ spec }) => spec.digest === digest);
  }

  /** Digest of the bundle that the source points to. */
  pointsTo(): string | undefined {
    const [source] = this.cluster.store.list('OCIRepository');
    const spec = source?.['spec'] as { ref?: { digest?: string } } | undefined;
    return spec?.ref?.digest;
  }

  private probe(): { ok: boolean; detail: string } {
    const image = JSON.stringify(
      this.cluster.store.get({ kind: 'Deployment', namespace: 'msp', name: 'web' })?.['spec'] ?? '',
    );
    const mute = [...this.vendor.behaviour].some(
      ([digest, behaviour]) => behaviour === 'mute' && image.includes(digest),
    );
    return mute ? { ok: false, detail: 'HTTP 500' } : { ok: true, detail: 'HTTP 200' };
  }
}
