import {
  CONTRACT_LABEL,
  CONTROL_PLANE_NAME,
  CONTROL_PLANE_RECORD,
  ControlPlaneRecord,
} from 'host-service/contract/control-plane.ts';
import type { ApplianceStatus } from 'host-service/contract/appliance.ts';
import { CONTROL_PLANE_NAMESPACE, Version } from 'host-service/contract/names.ts';
import type { Operation } from 'host-service/contract/objects.ts';
import { packVariables, substitute } from 'host-service/core/publish/pack-variables.ts';
import { recordOf } from 'host-service/core/json.ts';
import { readControlPlane, type ControlPlaneParts } from 'host-service/core/roll/manifests.ts';
import { EMPTY_RECORD } from 'host-service/core/roll/record.ts';
import { withImage } from 'host-service/core/roll/template.ts';
import type { Engine } from 'host-service/engine/engine.ts';
import type { KubeObject } from 'host-service/engine/ports.ts';
import { ensureAppliance } from 'host-service/engine/report.ts';
import { digestFor, HOST } from '../fixtures/documents.ts';
import { fluxBase } from './flux-base-files.ts';
import { Box } from './world/box.ts';
import { Killed, type ClientOptions } from './world/cluster.ts';
import {
  digestOfImage,
  imageIn,
  readySince,
  RollPlatform,
  type BuildBehaviour,
} from './world/roll-platform.ts';
import type { Json } from './world/store.ts';
import type { Published } from './world/vendor.ts';

export const NAMESPACE = CONTROL_PLANE_NAMESPACE;
/** Every build of this world, by its version. */
export const cpDigest = (version: string): string => digestFor(`control plane ${version}`);
const FILES = [...fluxBase()].filter(([path]) => path.startsWith('control-plane/'));

/** `control-plane/` of a bundle as it is packed for a release. */
export function controlPlaneFiles(version: string): ReadonlyMap<string, Uint8Array> {
  return new Map(
    FILES.map(([path, text]) => {
      const filled = substitute(path, text, packVariables(version, {}));
      if (!filled.ok) throw new Error(filled.problem.detail);
      return [path, Buffer.from(filled.value)];
    }),
  );
}

export function partsFor(version: string): ControlPlaneParts {
  const parts = readControlPlane(controlPlaneFiles(version), NAMESPACE);
  if (!parts.ok) throw new Error(parts.problem.detail);
  return parts.value;
}

export interface BuildOptions {
  readonly behaviour?: BuildBehaviour;
  /** Labels of its image. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly architectures?: readonly string[];
  /** Members of the release document. */
  readonly over?: Json;
  /** Changes the files of `control-plane/`. */
  readonly files?: (files: Map<string, Uint8Array>) => void;
  readonly digest?: string;
}

type Process = Engine & { readonly writes: () => number };
type Kill = ClientOptions['kill'];

/** A box whose control plane runs as pods of the real manifests: each ready pod is a program, the oldest one leads. */
export class RollBox {
  readonly box: Box;
  readonly platform: RollPlatform;
  private readonly versions = new Map<string, string>();
  private readonly processes = new Map<string, Process>();
  /** Programs that died, and how much they had written. */
  deaths = 0;
  kill: Kill;
  /** Writes of all programs. */
  writes = 0;

  constructor(box = new Box()) {
    this.box = box;
    this.platform = new RollPlatform(box.cluster);
  }

  /** The same world a second time; its programs start anew. */
  fork(): RollBox {
    const copy = new RollBox(this.box.fork());
    for (const [digest, behaviour] of this.platform.behaviour) copy.platform.behaviour.set(digest, behaviour);
    for (const [digest, version] of this.versions) copy.versions.set(digest, version);
    return copy;
  }

  /** Publishes a release of the application with a build of the control plane. */
  publish(version: string, build: string, options: BuildOptions = {}): Published {
    const { behaviour = 'good', labels = { [CONTRACT_LABEL]: '1' }, architectures = ['amd64'] } = options;
    const digest = options.digest ?? cpDigest(build);
    const pin = { repository: `${HOST}/vendor/control-plane`, digest, version: build, size: 1000 };
    const published = this.box.vendor.publish(version, 'good', { controlPlane: pin, ...options.over });
    const { registry } = this.box.vendor;
    const files = new Map([
      ...(registry.bundles.get(published.config) ?? []),
      ...controlPlaneFiles(version),
      ['product.yaml', Buffer.from('schema: appliance.product/v1\n')] as const,
    ]);
    options.files?.(files);
    registry.bundles.set(published.config, files);
    registry.images.set(digest, { labels, architectures });
    this.platform.behaviour.set(digest, behaviour);
    this.versions.set(digest, build);
    return published;
  }

  /** Puts a build in as the boot script does, without a roll. */
  install(build: string): void {
    const { store } = this.box.cluster;
    const { deployment, rights, definitions } = partsFor('1.0.0');
    for (const object of [...definitions, ...rights]) store.apply(object, 'appliance');
    const spec = recordOf(deployment['spec']);
    const image = `${HOST}/vendor/control-plane@${cpDigest(build)}`;
    const template = withImage(recordOf(spec['template']), image, Version.parse(build));
    store.apply({ ...deployment, spec: { ...spec, replicas: 1, template } }, 'appliance');
    store.seed({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'box' } });
    this.versions.set(cpDigest(build), build);
    for (let second = 0; second < 40; second += 1) {
      this.platform.tick();
      this.box.clock.advance(1_000);
    }
  }

  /** The program that has the Lease: of the oldest pod that is ready or was. */
  private leader(): Process | undefined {
    const pod = this.platform.pods().find((one) => readySince(one) !== undefined);
    if (pod === undefined) return undefined;
    const { name } = pod.metadata;
    const found = this.processes.get(name);
    if (found !== undefined) return found;
    const version = Version.parse(this.versions.get(digestOfImage(imageIn(pod['spec']))) ?? '0.0.0');
    const bare = this.box.engine(this.kill === undefined ? {} : { kill: this.kill });
    const made: Process = { ...bare, pod: name, identity: { name, version, build: `${version}-test` } };
    this.processes.set(name, made);
    return made;
  }

  /** One second of this world. */
  async second(): Promise<ApplianceStatus | undefined> {
    const leader = this.leader();
    let status: ApplianceStatus | undefined;
    const before = leader?.writes() ?? 0;
    try {
      status = leader === undefined ? undefined : await this.box.tryCycle(leader);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.deaths += 1;
      // The platform starts the container again: a program that remembers nothing.
      this.kill = undefined;
      this.processes.clear();
    }
    this.writes += (leader?.writes() ?? 0) - before;
    this.box.platform.tick();
    this.platform.tick();
    this.box.clock.advance(1_000);
    return status;
  }

  /** Until nothing is left to do. Answers the last status. */
  async settle(limit = 400): Promise<ApplianceStatus> {
    let calm = 0;
    for (let round = 0; round < limit && calm < 3; round += 1) {
      const { version } = this.box.cluster.store;
      const status = await this.second();
      const isQuiet = this.box.cluster.store.version === version && this.box.open() === undefined;
      calm = isQuiet && status !== undefined ? calm + 1 : 0;
    }
    const status = this.box.status();
    if (status === undefined || calm < 3)
      throw new Error(`not settled: ${JSON.stringify(status?.controlPlane)} ${this.box.outcomes().join()}`);
    return status;
  }

  async seconds(count: number): Promise<void> {
    for (let passed = 0; passed < count; passed += 1) await this.second();
  }

  deployment(): KubeObject {
    return this.box.cluster.must('Deployment', CONTROL_PLANE_NAME, NAMESPACE);
  }

  /** Version of the build that the Deployment names. */
  deployed(): string | undefined {
    const template = recordOf(recordOf(this.deployment()['spec'])['template']);
    return this.versions.get(digestOfImage(imageIn(template['spec'])));
  }

  /** Versions of the pods that are there. */
  running(): readonly (string | undefined)[] {
    return this.platform.pods().map((pod) => this.versions.get(digestOfImage(imageIn(pod['spec']))));
  }

  record(): ControlPlaneRecord {
    const ref = { kind: 'ConfigMap', namespace: NAMESPACE, name: CONTROL_PLANE_RECORD };
    const found = this.box.cluster.store.get(ref);
    if (found === undefined) return EMPTY_RECORD;
    return ControlPlaneRecord.parse(JSON.parse(String(recordOf(found['data'])['record.json'])));
  }

  rolls(): readonly Operation[] {
    return this.box.operations().filter(({ spec }) => spec.verb === 'roll');
  }

  /** `roll 0.2.0 succeeded` and so on, in the order of their start. */
  outcomes(): readonly string[] {
    return this.rolls().map(({ spec, status }) => `${spec.to.version} ${status?.outcome ?? 'none'}`);
  }
}

/** A box that runs release 1.0.0 under control plane 0.1.0, by policy `auto`. */
export async function runningBox(): Promise<RollBox> {
  const world = new RollBox();
  world.publish('1.0.0', '0.1.0');
  world.box.edit((spec) => ({ ...spec, updatePolicy: { update: 'auto' } }));
  world.install('0.1.0');
  await ensureAppliance(world.box.engine(), world.box.signal);
  await world.settle();
  return world;
}

/** The vendor moves the channel, and the box hears of it. */
export function offer(world: RollBox, build: string, options: BuildOptions = {}): Published {
  const published = world.publish('1.1.0', build, options);
  world.box.request('check-now', `check-${build.replaceAll('.', '-')}-${world.box.clock.port.monotonic()}`);
  return published;
}
