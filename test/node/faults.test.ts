import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../cluster/kube.ts';
import { imageOf } from './support/box.ts';
import { BROKEN } from './support/broken.ts';
import { pullFrom } from './support/containerd.ts';
import { pushImage, realImage } from './support/images.ts';
import { inRoom } from './support/in-room.ts';
import { ADDRESS, VISITORS } from './support/place.ts';
import { Stage } from './support/stage.ts';
import { Load, type Visitor } from './support/visitors.ts';

const HALF = process.env['APPLIANCE_TEST_HALF'] === '1';

/** One box and a vendor who publishes one broken control plane after the other, told in order. */
describe.skipIf(!inRoom)('a control plane on a real node', () => {
  let stage: Stage;
  let visitors: readonly Visitor[] = [];
  /** Images that the Deployment has named since the box began. */
  const named: string[] = [];
  beforeAll(async () => {
    stage = await Stage.open();
    named.push(stage.first.digest);
    visitors = await stage.visitors(VISITORS);
  });
  afterAll(async () => {
    for (const visitor of visitors) visitor.close();
    await stage?.close();
  });

  const builds = BROKEN.filter(({ isLike }) => !HALF || isLike === undefined);
  it.each(builds.map((broken, index) => ({ ...broken, version: `1.${index + 1}.0` })))(
    'R-09 R-10 B-54 B-55 $what ($code)',
    async ({ version, code, make, edition, isCutOff, isRefused, wasReady }) => {
      const image = await make(await realImage('1.1.0'));
      const pushed = await pushImage(stage.world.registry, image, version, `broken-${version}`);
      // Nothing listens on the port of no service.
      await pullFrom(stage.world, isCutOff === true ? `${ADDRESS}:9` : stage.world.registry);
      const load = new Load(visitors);
      try {
        await stage.vendor.offer(pushed, edition);
        if (isRefused === true) {
          const { controlPlane } = await stage.until(
            `${version} is held`,
            ({ controlPlane: { roll } }) => roll?.wanted?.digest === pushed.digest && roll.state === 'held',
          );
          expect(controlPlane.roll?.problem?.code).toBe(code);
        } else {
          const { controlPlane } = await stage.until(
            `${version} has failed`,
            ({ controlPlane: { roll, failed } }) =>
              roll?.state === 'held' && failed?.some(({ digest }) => digest === pushed.digest) === true,
          );
          const failed = controlPlane.failed?.find(({ digest }) => digest === pushed.digest);
          expect(failed).toMatchObject({
            reason: { code },
            attempts: 1,
            quarantined: isCutOff !== true,
          });
          const { status } = await stage.rollTo(pushed);
          expect(status).toMatchObject({ outcome: 'failed', problem: { code } });
          named.push(pushed.digest, stage.first.digest);
        }
        await eventually('only the one before runs', async () => {
          const pods = (await stage.box.pods()).filter(
            ({ metadata }) => metadata['deletionTimestamp'] === undefined,
          );
          return pods.length === 1 && pods.every((pod) => imageOf(pod).endsWith(stage.first.digest));
        });
      } finally {
        const { asked, retried, lost, slowestMs } = await load.stop();
        console.log(
          `${version} ${code}: ${asked} requests, ${lost.length} lost, ${retried} retried, slowest ${slowestMs} ms`,
        );
        // One that has been ready was spoken to: whoever it left is served by the other at the second try, or soon.
        if (wasReady === true) expect(lost.length).toBeLessThan(asked / 20);
        else expect(lost).toEqual([]);
      }
      expect(await stage.imagesWritten()).toEqual(named);
    },
  );

  it('R-09 none of them is tried a second time by itself', async () => {
    // Any number of looks at the channel, which still names the last of them.
    await sleep(10_000);
    expect(await stage.imagesWritten()).toEqual(named);
    const pods = await stage.box.pods();
    const first = pods.find((pod) => imageOf(pod).endsWith(stage.first.digest));
    expect(first?.status.containerStatuses?.[0]?.restartCount).toBe(0);
  });
});
