import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { platformPrograms } from '../../boot/support/platform.ts';
import { ensureTools } from '../../cluster/build.ts';
import { buildImages, IMAGES_VARIABLE } from '../../node/support/image-build.ts';
import { realImage, withConfig, type PushedImage } from '../../node/support/images.ts';
import { baseFolder } from '../support/base.ts';
import type { Box } from '../support/box.ts';
import { makeContainer, type Container } from '../support/container.ts';
import { serves, until } from '../support/machine.ts';
import { Market } from './market.ts';
import { platformWords } from './platform.ts';
import { makeRealBox } from './box.ts';
import { deploymentOf, operationsOf, podsOf, statusOf, recordOf } from './state.ts';
import { runFolder } from '../support/run-folder.ts';

const SECONDS = 1000;
const DISK_BYTES = 4 * 2 ** 30;

/** Why no such box can be made on this machine; undefined = it can. Builds what is missing. */
export async function whyNoRealBox(): Promise<string | undefined> {
  const { missing } = await platformPrograms('node');
  if (missing !== undefined) return missing;
  const registry = await ensureTools({ only: ['docker-registry'] });
  if (registry.missing.length > 0) return `docker-registry: ${registry.missing[0]?.reason ?? ''}`;
  const images = await buildImages(() => undefined);
  if ('reason' in images) return images.reason;
  Object.assign(process.env, images.env);
  return undefined;
}

/** One box on which nothing is small, its vendor, and what befell them so far. */
export class Story {
  readonly market: Market;
  readonly box: Box;
  readonly machine: Container;
  readonly first: PushedImage;
  readonly #folder: string;

  private constructor(folder: string, market: Market, box: Box, machine: Container, first: PushedImage) {
    this.#folder = folder;
    this.market = market;
    this.box = box;
    this.machine = machine;
    this.first = first;
  }

  /** The channel names what comes with the box; nothing has ever been started on it. */
  static async open(): Promise<Story> {
    const folder = await runFolder();
    const undo: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
    try {
      const { paths } = await platformPrograms('node');
      const layout = join(process.env[IMAGES_VARIABLE] ?? '', '1.0.0');
      const market = await Market.open(folder);
      undo.push(() => market.close());
      const first = await market.layout(layout, '1.0.0');
      const [box] = await Promise.all([
        makeRealBox(market, layout, paths.get('pause') ?? ''),
        market.release(first).then(() => market.promote(first)),
      ]);
      undo.push(() => box.remove());
      const machine = await makeContainer([box.folder, baseFolder()], {
        diskBytes: DISK_BYTES,
        folders: ['/var/lib/rancher', '/var/lib/kubelet'],
        // Debian's containerd unpacks without syncing and has no `image_pull_with_sync_fs` (containerd 2): a cut would leave images that
        // it takes for whole. This disk gives the order that the setting gives.
        ordered: '/var/lib/rancher/k3s/agent/containerd',
        words: platformWords(paths),
        plugIn: (pid) => market.plugIn(pid),
        unplug: () => market.unplug(),
      });
      return new Story(folder, market, box, machine, first);
    } catch (error) {
      for (const step of undo.toReversed()) await step();
      throw error;
    }
  }

  /** Publishes a release with another build of the same program, or with one that ends at once. */
  async publish(version: string, isBroken = false): Promise<PushedImage> {
    const good = await realImage('1.0.0');
    const ends = ['/usr/local/bin/node', '--eval', 'process.exit(7)', '--'];
    const image = await this.market.build(isBroken ? withConfig(good, { Entrypoint: ends }) : good, version);
    await this.market.release(image);
    return image;
  }

  /** The boot script has come to its end, the host program is ready, and a control plane serves. @returns milliseconds */
  async serves(): Promise<number> {
    const begin = performance.now();
    await serves(this.machine, 240 * SECONDS);
    await until(this.machine, 'a control plane serves', 60 * SECONDS, async () => {
      const path =
        '/api/v1/namespaces/alga-appliance-control-plane/services/http:appliance-control-plane:http/proxy/api/ready';
      return (await this.machine.run(`k3s kubectl get --raw ${path}`)).status === 0;
    });
    return performance.now() - begin;
  }

  /** This build runs alone, and has said itself that it works. */
  async current({ digest, version }: PushedImage): Promise<void> {
    await until(this.machine, `${version} runs and says so itself`, 240 * SECONDS, async () => {
      const status = await statusOf(this.machine);
      const given = status?.controlPlane.failed?.find((one) => one.digest === digest && one.quarantined);
      // Nothing changes any more; why is worth more than the time that is left.
      if (given !== undefined) {
        const evidence = (await recordOf(this.machine)).failed.map((one) => one.evidence).join('\n');
        throw new Error(`${version} is given up: ${JSON.stringify(given)}\n${evidence}`);
      }
      if (status?.controlPlane.digest !== digest || status.controlPlane.roll?.state !== 'current') {
        await sleep(300);
        return false;
      }
      const { ready, others } = await podsOf(this.machine);
      return others === 0 && ready.length === 1 && ready[0] === digest;
    });
    const { marks, digest: named } = await deploymentOf(this.machine);
    if (named !== digest || marks.length > 0) throw new Error(`the Deployment: ${named} ${marks.join(' ')}`);
  }

  /** This build has failed here and the other one runs alone. */
  async putBack(failed: PushedImage, { digest }: PushedImage): Promise<void> {
    await until(this.machine, `${failed.version} is given up`, 240 * SECONDS, async () => {
      const { roll, failed: all = [], digest: runs } = (await statusOf(this.machine))?.controlPlane ?? {};
      const isGivenUp = all.some((one) => one.digest === failed.digest && one.quarantined);
      if (runs !== digest || roll?.state !== 'held' || !isGivenUp) {
        await sleep(300);
        return false;
      }
      const { ready, others } = await podsOf(this.machine);
      return others === 0 && ready.length === 1 && ready[0] === digest;
    });
  }

  /** Outcomes of the rolls towards a build. */
  async rollsTo({ digest }: PushedImage): Promise<readonly (string | undefined)[]> {
    const all = await operationsOf(this.machine);
    return all
      .filter(({ spec }) => spec.verb === 'roll' && spec.to.digest === digest)
      .map(({ status }) => status?.outcome);
  }

  async close(): Promise<void> {
    await this.machine.remove();
    await this.box.remove();
    await this.market.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
