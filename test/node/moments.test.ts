import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CONTROL_PLANE_RECORD, FailedBuild, ROLL_ANNOTATIONS } from 'host-service/contract/control-plane.ts';
import { eventually, type KubeObject } from '../cluster/kube.ts';
import type { Component } from '../cluster/process.ts';
import { GROUP } from '../cluster/support/scene.ts';
import { agentOf, JUMPS } from './support/agent.ts';
import { ENDS_AS_LEADER, ENDS_AT_ONCE, NEVER_CLEARED } from './support/broken.ts';
import { DEPLOYMENT, imageOf, NAME, NAMESPACE } from './support/box.ts';
import { Gatekeeper } from './support/gatekeeper.ts';
import { pushImage, realImage, withFiles, type Image, type PushedImage } from './support/images.ts';
import { inRoom } from './support/in-room.ts';
import { Kills } from './support/kills.ts';
import { NODE_NAME } from './support/place.ts';
import { Stage } from './support/stage.ts';

const LEADER = `system:serviceaccount:${NAMESPACE}:${NAME}`;

/** Writes at which it dies on both sides. Before each write is after the one before: what is stored is the same. */
const TWICE = /^(operations create|deployments|configmaps appliance-control-plane-record)/;

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

  /** The end that every roll has to come to. */
  async function arrived(image: PushedImage, deadlineMs = 240_000): Promise<void> {
    await stage.current(image, deadlineMs);
    expect((await stage.rollTo(image)).status).toMatchObject({ outcome: 'succeeded' });
    const rolls = (await stage.operations()).filter(
      ({ spec }) => spec.verb === 'roll' && spec.to.digest === image.digest,
    );
    expect(rolls).toHaveLength(1);
    expect((await stage.imagesWritten()).filter((digest) => digest === image.digest)).toHaveLength(1);
  }

  /** The end of a build that failed: the one before runs again, says so, and has written down why, once. */
  async function putBack(image: PushedImage): Promise<FailedBuild> {
    await stage.until(
      `${image.version} is put back and said to have failed`,
      ({ controlPlane: { digest, failed, roll } }) =>
        failed?.some((one) => one.digest === image.digest) === true &&
        digest !== image.digest &&
        roll?.state === 'held',
      420_000,
    );
    const rolls = (await stage.operations()).filter(
      ({ spec }) => spec.verb === 'roll' && spec.to.digest === image.digest,
    );
    expect(rolls).toHaveLength(1);
    expect((await stage.rollTo(image)).status).toMatchObject({ outcome: 'failed' });
    await eventually('only the one before runs', async () =>
      (await stage.box.pods()).every(
        (pod) => pod.metadata['deletionTimestamp'] !== undefined || !imageOf(pod).endsWith(image.digest),
      ),
    );
    const found = (await stage.record()).failed.find(({ digest }) => digest === image.digest);
    expect(found).toMatchObject({ quarantined: true, attempts: 1 });
    return FailedBuild.parse(found);
  }

  /** Numbers of what the platform counts: changes of what is wanted of the Deployment. */
  const generation = async (): Promise<number> => (await stage.deployment()).metadata.generation ?? 0;

  /** Before which and after which writes whoever led was killed. */
  function toldOf({ done }: Kills): {
    readonly before: readonly string[];
    readonly after: readonly string[];
  } {
    const of = (stored: boolean): readonly string[] =>
      done.filter((one) => one.stored === stored).map(({ write }) => write);
    const told = { before: of(false), after: of(true) };
    console.log(`killed ${done.length} times: ${JSON.stringify(told, undefined, 1)}`);
    return told;
  }

  it(
    'B-43 B-55 R-16 R-17 when whoever leads is killed at every write of it: the new one runs, and nothing is done twice',
    { timeout: 900_000 },
    async () => {
      const image = await newer();
      const before = await generation();
      const kills = new Kills(stage, gatekeeper);
      kills.start(
        (words) => words.startsWith('operations create'),
        (words) => TWICE.test(words),
      );
      try {
        await stage.vendor.offer(image, { minReadySeconds: 5 });
        await arrived(image, 840_000);
      } finally {
        await kills.stop();
      }
      const told = toldOf(kills);
      const [old, own] = [stage.first.version, image.version];
      expect(told.before).toEqual(
        expect.arrayContaining([
          `${old} operations create`,
          ...['clusterroles', 'roles', 'services', 'deployments'].map((kind) => `${old} ${kind} ${NAME}`),
          ...['clusterroles', 'deployments'].map((kind) => `${own} ${kind} ${NAME}`),
          `${own} configmaps ${CONTROL_PLANE_RECORD}`,
          `${own} operations/status succeeded Control plane ${own} runs and says so itself`,
        ]),
      );
      // Put in, and later the end of its probation: a Deployment counts changes of its annotations too.
      expect(await generation()).toBe(before + 2);
    },
  );

  it(
    'B-43 B-44 R-09 when the new one ends at once and whoever leads is killed at every write of the way back',
    { timeout: 900_000 },
    async () => {
      const good = images.at(-1);
      const before = await generation();
      const image = await newer(ENDS_AT_ONCE);
      const kills = new Kills(stage, gatekeeper);
      // What comes before it is put in was shown above.
      kills.start(
        (words) => words === `configmaps ${CONTROL_PLANE_RECORD}`,
        () => true,
      );
      try {
        await stage.vendor.offer(image, { minReadySeconds: 5 });
        const { reason, by, evidence } = await putBack(image);
        expect({ code: reason.code, by }).toEqual({
          code: 'roll.crashed',
          by: expect.stringMatching(/^engine:/) as string,
        });
        expect(evidence).toContain('no good');
      } finally {
        await kills.stop();
      }
      const { before: told } = toldOf(kills);
      const from = good?.version ?? '';
      expect(told).toEqual(
        expect.arrayContaining([
          `${from} configmaps ${CONTROL_PLANE_RECORD}`,
          `${from} deployments ${NAME}`,
          expect.stringMatching(`^${from} operations/status failed Failed: `),
        ]),
      );
      expect(await generation()).toBe(before + 2);
      expect((await stage.imagesWritten()).slice(-2)).toEqual([image.digest, good?.digest]);
    },
  );

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

  /** Says when probation ends, as the product's own field: what another one owns it could not take away again. */
  async function endsProbation(at: Date): Promise<void> {
    const { apiVersion, kind, metadata, spec } = (await stage.deployment()) as KubeObject & { spec: object };
    const { name, namespace = '', labels = {} } = metadata;
    const own = Object.entries(metadata.annotations ?? {}).filter(([key]) => !key.includes('kubernetes.io/'));
    const annotations = { ...Object.fromEntries(own), [ROLL_ANNOTATIONS.probationUntil]: at.toISOString() };
    const body = { apiVersion: apiVersion ?? 'apps/v1', kind: kind ?? 'Deployment', spec };
    await stage.world.kube.apply(
      DEPLOYMENT,
      { ...body, metadata: { name, namespace, labels, annotations } },
      'appliance',
    );
  }

  describe('and the host puts back', () => {
    let agent: Component;
    beforeAll(async () => {
      agent = await agentOf(stage.world, JUMPS);
    });
    afterEach(() => agent.stop());

    /** The end that a build comes to which nobody else than the host's guard could put back. */
    async function putBackByHost(image: PushedImage, good: PushedImage | undefined): Promise<void> {
      const failed = await putBack(image).catch((cause: unknown) => {
        throw new Error(agent.logs(60), { cause });
      });
      expect(failed.by).toBe(`guard:${NODE_NAME}`);
      expect((await stage.imagesWritten()).slice(-2)).toEqual([image.digest, good?.digest]);
    }

    it('R-17 B-54 one that dies once the one before is gone', async () => {
      const before = await stage.deployment();
      const good = images.findLast(({ digest }) => imageIn(before)?.endsWith(digest));
      const image = await newer(ENDS_AS_LEADER);
      await agent.start();
      await stage.vendor.offer(image, { minReadySeconds: 5 });
      await putBackByHost(image, good);
      expect(imageIn(await stage.deployment())).toBe(imageIn(before));
      await sleep(10_000);
      expect((await stage.imagesWritten()).filter((digest) => digest === image.digest)).toHaveLength(1);
    });

    it('R-17 B-54 one that serves and leads, and long after its probation has not said that it works', async () => {
      const before = await stage.deployment();
      const good = images.findLast(({ digest }) => imageIn(before)?.endsWith(digest));
      const image = await newer(NEVER_CLEARED);
      await stage.vendor.offer(image, { minReadySeconds: 5 });
      await stage.until(
        'it leads, on probation',
        ({ controlPlane: { digest, roll } }) => digest === image.digest && roll?.state === 'probation',
      );
      // Its ten minutes are over; five more pass on the host's clock as soon as the host has begun to count them.
      await endsProbation(new Date(Date.now() - 60_000));
      await agent.start();
      await eventually('the host has seen it', async () => {
        const host = await stage.world.kube.find(`${GROUP}/hosts/${NODE_NAME}`);
        return JSON.stringify(host?.['status'] ?? {}).includes('has not finished its own update');
      });
      process.kill(agent.pid ?? 0, 'SIGUSR2');
      await putBackByHost(image, good);
      const { reason } = await putBack(image);
      expect(reason.code).toBe('roll.never-ready');
    });
  });
});
