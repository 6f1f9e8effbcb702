import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { ApplianceStatus } from 'host-service/contract/appliance.ts';
import {
  CONTROL_PLANE_RECORD,
  CONTROL_PLANE_RECORD_KEY,
  ControlPlaneRecord,
} from 'host-service/contract/control-plane.ts';
import { Operation } from 'host-service/contract/objects.ts';
import { eventually, type KubeObject } from '../../cluster/kube.ts';
import { GROUP, statusOf } from '../../cluster/support/scene.ts';
import type { AuditEvent, World } from '../../cluster/world.ts';
import { Box, DEPLOYMENT, imageOf, isReady, NAME, NAMESPACE } from './box.ts';
import { pushImage, realImage, type PushedImage } from './images.ts';
import { startNodeWorld, type NodeWorld } from './node.ts';
import { NodeVendor } from './vendor.ts';
import { Visitor } from './visitors.ts';

const ROOT = join(import.meta.dirname, '../../..');
const run = promisify(execFile);
const USER = 'ada';
const PASSWORD = 'quarrel lantern mosaic tundra 71';

/** A real node, a vendor and a box whose control plane is 1.0.0 and has said so itself. */
export class Stage {
  readonly node: NodeWorld;
  readonly vendor: NodeVendor;
  readonly box: Box;
  /** The control plane that the box began with. */
  readonly first: PushedImage;

  private constructor(node: NodeWorld, vendor: NodeVendor, first: PushedImage) {
    this.node = node;
    this.vendor = vendor;
    this.first = first;
    this.box = new Box(node.world, vendor);
  }

  get world(): World {
    return this.node.world;
  }

  static async open(): Promise<Stage> {
    const node = await startNodeWorld();
    try {
      const vendor = await NodeVendor.open(node.world);
      const image = await pushImage(node.world.registry, await realImage('1.0.0'), '1.0.0', 'real-1.0.0');
      const stage = new Stage(node, vendor, image);
      await vendor.offer(image);
      await stage.box.install(image);
      await stage.box.ready(image.digest);
      await stage.current(image);
      return stage;
    } catch (error) {
      await node.stop();
      throw error;
    }
  }

  async status(): Promise<ApplianceStatus | undefined> {
    return statusOf(this.world.kube);
  }

  /** Waits until the status says what is asked; the error says what box and pods say. */
  async until(
    what: string,
    ask: (status: ApplianceStatus) => boolean,
    deadlineMs = 180_000,
  ): Promise<ApplianceStatus> {
    return eventually(
      what,
      async () => {
        const status = await this.status();
        return status !== undefined && ask(status) ? status : undefined;
      },
      deadlineMs,
    ).catch(async (cause: unknown) => {
      const [said, seen] = [await this.status(), await this.world.kube.find(DEPLOYMENT)];
      const told = [said?.controlPlane, said?.problems, seen?.metadata.annotations, seen?.['status']];
      throw new Error(`${what}\n${JSON.stringify(told, undefined, 1)}\n${await this.box.told()}`, { cause });
    });
  }

  /** This build runs alone, and has said itself that it works. */
  async current({ digest, version }: PushedImage, deadlineMs = 180_000): Promise<ApplianceStatus> {
    const status = await this.until(
      `${version} runs and says so itself`,
      ({ controlPlane }) => controlPlane.digest === digest && controlPlane.roll?.state === 'current',
      deadlineMs,
    );
    await eventually(`only ${version} runs`, async () => {
      const pods = await this.box.pods();
      return pods.length === 1 && pods.every((pod) => imageOf(pod).endsWith(digest) && isReady(pod));
    });
    return status;
  }

  async operations(): Promise<readonly Operation[]> {
    const found = await this.world.kube.list(`${GROUP}/operations`);
    return found.map((one) => Operation.parse(one));
  }

  /** What is written down about builds of the control plane. */
  async record(): Promise<ControlPlaneRecord> {
    const path = `/api/v1/namespaces/${NAMESPACE}/configmaps/${CONTROL_PLANE_RECORD}`;
    const object = await this.world.kube.get<KubeObject & { data: Record<string, string> }>(path);
    return ControlPlaneRecord.parse(JSON.parse(object.data[CONTROL_PLANE_RECORD_KEY] ?? ''));
  }

  /** The roll towards a build, once it is over. */
  async rollTo(image: PushedImage): Promise<Operation> {
    return eventually(`the roll to ${image.version} is over`, async () =>
      (await this.operations()).find(
        ({ spec, status }) =>
          spec.verb === 'roll' && spec.to.digest === image.digest && status?.outcome !== 'running',
      ),
    );
  }

  /** Writes that changed the image of the Deployment, in their order: the digests that it named. */
  async imagesWritten(): Promise<readonly string[]> {
    const digests: string[] = [];
    for (const { objectRef, requestObject, responseStatus } of await this.writes()) {
      if (objectRef?.resource !== 'deployments' || objectRef.name !== NAME) continue;
      if (objectRef.subresource !== undefined || (responseStatus?.code ?? 500) > 299) continue;
      const digest = /"image":"[^"]*@(sha256:[0-9a-f]{64})"/.exec(JSON.stringify(requestObject))?.[1];
      if (digest !== undefined && digest !== digests.at(-1)) digests.push(digest);
    }
    return digests;
  }

  async writes(): Promise<readonly AuditEvent[]> {
    const all = await this.world.readAudit();
    return all.filter(({ verb }) => ['create', 'update', 'patch', 'delete'].includes(verb));
  }

  deployment(): Promise<KubeObject> {
    return this.world.kube.get(DEPLOYMENT);
  }

  /** Runs `appliance VERB ...` on the cluster's objects. */
  async appliance(...argv: readonly string[]): Promise<string> {
    const program = join(ROOT, 'host-service/bin/appliance.ts');
    const { stdout } = await run(process.execPath, [program, ...argv, '--kubeconfig', this.world.kubeconfig]);
    return stdout;
  }

  /** An admin of this box, and visitors with sessions of theirs. */
  async visitors(addresses: readonly string[]): Promise<readonly Visitor[]> {
    const file = join(this.world.folder, 'password');
    await writeFile(file, `${PASSWORD}\n`, { mode: 0o600 });
    await this.appliance('users', 'add', USER, '--role', 'admin', '--password-file', file);
    const server = await this.box.service();
    const visitors = addresses.map((address) => new Visitor(server, address));
    for (const visitor of visitors) {
      await eventually(
        'the Service answers',
        async () => (await visitor.ask('GET', '/api/version')).status === 200,
      );
      await visitor.signIn(USER, PASSWORD);
    }
    return visitors;
  }

  async close(): Promise<void> {
    await this.node.stop();
  }
}
