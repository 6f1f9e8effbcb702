import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, type KubeObject } from '../cluster/kube.ts';
import { agentOf } from './support/agent.ts';
import { ENDS_AS_LEADER } from './support/broken.ts';
import { imageOf, NAME, NAMESPACE, type Pod } from './support/box.ts';
import { Gatekeeper, type PendingWrite } from './support/gatekeeper.ts';
import { pushImage, realImage, withFiles, type Image, type PushedImage } from './support/images.ts';
import { inRoom } from './support/in-room.ts';
import { pidsOf } from './support/memory.ts';
import { NODE_NAME } from './support/place.ts';
import { Stage } from './support/stage.ts';

const LEADER = `system:serviceaccount:${NAMESPACE}:${NAME}`;

/** A write of the leader, which is killed while the API server has it in hand; the write itself is done all the same. */
interface Moment {
  readonly what: string;
  readonly fits: (write: PendingWrite, image: PushedImage) => boolean;
}

const names = ({ object }: PendingWrite, text: string): boolean =>
  JSON.stringify(object ?? '').includes(text);

/** In the order of rolling (design §6.2). */
const MOMENTS: readonly Moment[] = [
  {
    what: 'begins the journal',
    fits: (write, { digest }) =>
      write.resource.resource === 'operations' && write.operation === 'CREATE' && names(write, digest),
  },
  { what: 'writes rights', fits: ({ resource }) => resource.resource === 'clusterroles' },
  {
    what: 'writes the Deployment',
    fits: (write, { digest }) => write.resource.resource === 'deployments' && names(write, digest),
  },
];

const imageIn = (deployment: KubeObject): string | undefined =>
  /"image":"([^"]*)"/.exec(JSON.stringify(deployment['spec']))?.[1];

/** One box that rolls again and again, each time to a newer build of the same program; something dies in the middle. Told in order. */
describe.skipIf(!inRoom)('rolling a control plane on a real node goes on', () => {
  let stage: Stage;
  let gatekeeper: Gatekeeper;
  let count = 0;
  const images: PushedImage[] = [];
  beforeAll(async () => {
    stage = await Stage.open();
    gatekeeper = await Gatekeeper.open(stage.world, LEADER);
  });
  afterAll(async () => {
    await gatekeeper?.close();
    await stage?.close();
  });

  /** The real program in an image of its own, for a version that is higher each time. */
  async function newer(
    change: (good: Image) => Image | Promise<Image> = (good) => good,
  ): Promise<PushedImage> {
    count += 1;
    const version = `1.${count}.0`;
    const build = new Map([['test/build', { bytes: Buffer.from(version) }]]);
    const image = await change(await withFiles(await realImage('1.1.0'), build));
    const pushed = await pushImage(stage.world.registry, image, version, `build-${version}`);
    images.push(pushed);
    return pushed;
  }

  const podOf = async (name: string): Promise<Pod | undefined> =>
    (await stage.box.pods()).find(({ metadata }) => metadata.name === name);

  async function leader(): Promise<string> {
    const lease = await stage.world.kube.get<{ spec: { holderIdentity?: string } }>(
      `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/${NAME}`,
    );
    return lease.spec.holderIdentity ?? '';
  }

  async function kill(name: string): Promise<void> {
    const pod = await podOf(name);
    const pids = pod === undefined ? [] : await pidsOf(pod);
    expect(pids.length).toBeGreaterThan(0);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
  }

  /** The end that every roll has to come to. */
  async function arrived(image: PushedImage): Promise<void> {
    await stage.current(image, 240_000);
    expect((await stage.rollTo(image)).status).toMatchObject({ outcome: 'succeeded' });
    const rolls = (await stage.operations()).filter(
      ({ spec }) => spec.verb === 'roll' && spec.to.digest === image.digest,
    );
    expect(rolls).toHaveLength(1);
    expect((await stage.imagesWritten()).filter((digest) => digest === image.digest)).toHaveLength(1);
  }

  it.each(MOMENTS)('R-16 R-17 B-55 when the leader is killed while it $what', async ({ fits }) => {
    const image = await newer();
    const before = await leader();
    const killed = gatekeeper.during(
      (write) => fits(write, image),
      () => kill(before),
    );
    await stage.vendor.offer(image, { minReadySeconds: 5 });
    await killed;
    await arrived(image);
  });

  it('B-55 when the container runtime is killed while the new one starts', async () => {
    const image = await newer();
    await stage.vendor.offer(image, { minReadySeconds: 5 });
    await eventually('the new pod is there', async () =>
      (await stage.box.pods()).some((pod) => imageOf(pod).endsWith(image.digest)),
    );
    await stage.node.component('containerd').stop('SIGKILL');
    await stage.node.component('containerd').start();
    await arrived(image);
  });

  it('R-17 B-54 when the new one dies once the one before is gone: the host puts that back', async () => {
    const before = await stage.deployment();
    const good = count;
    const image = await newer(ENDS_AS_LEADER);
    const agent = await agentOf(stage.world);
    await agent.start();
    try {
      await stage.vendor.offer(image, { minReadySeconds: 5 });
      const { controlPlane } = await stage
        .until(
          'it is put back and said to have failed',
          ({ controlPlane: { version, failed, roll } }) =>
            failed?.some(({ digest }) => digest === image.digest) === true &&
            version === '1.1.0' &&
            roll?.state === 'held',
          240_000,
        )
        .catch((cause: unknown) => {
          throw new Error(agent.logs(60), { cause });
        });
      expect(controlPlane.digest).toBe(images[good - 1]?.digest);
      const failed = controlPlane.failed?.find(({ digest }) => digest === image.digest);
      expect(failed).toMatchObject({ by: `guard:${NODE_NAME}`, quarantined: true, attempts: 1 });
      expect(imageIn(await stage.deployment())).toBe(imageIn(before));
      expect((await stage.rollTo(image)).status).toMatchObject({ outcome: 'failed' });
      await sleep(10_000);
      expect((await stage.imagesWritten()).filter((digest) => digest === image.digest)).toHaveLength(1);
    } finally {
      await agent.stop();
    }
  });
});
