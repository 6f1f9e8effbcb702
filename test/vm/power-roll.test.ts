/* eslint no-console: off -- the seed has to be seen, and when the power went */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PushedImage } from '../node/support/images.ts';
import { chance } from './support/chance.ts';
import { readWhole, recordOf, type Lasting } from './real/state.ts';
import { because, NO_CONTAINER } from './support/setting.ts';
import { Story, whyNoRealBox } from './real/story.ts';

const WHY = NO_CONTAINER ?? (await whyNoRealBox());
/** Decides all moments; `APPLIANCE_POWER_SEED` repeats a run. */
const SEED = Number(process.env['APPLIANCE_POWER_SEED'] ?? Date.now() % 1_000_000);

/** A roll of the vendor's, and where the power goes in it: the quarter of the roll, and whether it goes again while the box comes up. */
interface Roll {
  readonly version: string;
  readonly quarter: number;
  readonly isAlsoInBoot?: true;
  readonly isBroken?: true;
}

/** How long a roll takes, from the channel's move to its end, when a boot takes 1. */
const ROLL = 0.7;
/** With the two cuts of the first boot these are ten. */
const ROLLS: readonly Roll[] = [
  { version: '1.2.0', quarter: 1, isAlsoInBoot: true },
  { version: '1.3.0', quarter: 3 },
  { version: '1.4.0', quarter: 0, isAlsoInBoot: true },
  { version: '1.5.0', quarter: 2 },
  { version: '1.6.0', quarter: 2, isBroken: true, isAlsoInBoot: true },
];

/** One box with a real control plane; told in order. */
describe.skipIf(WHY !== undefined)(
  `power that goes while a whole box boots and rolls${because(WHY)}`,
  { timeout: 600_000 },
  () => {
    let story: Story;
    let lasting: Lasting;
    let running: PushedImage;
    const builds = new Map<string, PushedImage>();
    let cuts = 0;
    let bootMs = 20_000;
    let published: Promise<void>;

    beforeAll(async () => {
      console.log(`APPLIANCE_POWER_SEED=${SEED}`);
      story = await Story.open();
      running = story.first;
      // While the box comes up for the first time.
      published = (async () => {
        for (const { version, isBroken } of ROLLS)
          builds.set(version, await story.publish(version, isBroken));
      })();
    }, 300_000);
    afterAll(async () => story?.close());

    /** Power goes at a random moment of this span. @returns what to say about it */
    async function cutWithin(fromMs: number, lengthMs: number, where: string): Promise<void> {
      cuts += 1;
      const moment = fromMs + chance(SEED * 16 + cuts) * lengthMs;
      await sleep(moment);
      await story.machine.cut();
      console.log(`cut ${cuts}: ${where}, ${(moment / 1000).toFixed(1)} s after its begin`);
    }

    async function comesBack(): Promise<void> {
      await story.machine.on();
      bootMs = await story.serves();
      console.log(`serves ${(bootMs / 1000).toFixed(1)} s after power-on`);
    }

    it('R-17 comes up by itself after power went twice before it had ever served', async () => {
      for (const where of ['first boot', 'second boot']) {
        await story.machine.on();
        await cutWithin(0, bootMs, where);
      }
      await comesBack();
      await story.current(story.first);
      // The host program copies the floor when it comes to it.
      lasting = await vi.waitFor(() => readWhole(story.machine), { timeout: 60_000, interval: 1000 });
      await published;
    });

    it.each(ROLLS)(
      'R-16 R-17 B-55 power that goes in quarter $quarter of the roll to $version costs nothing',
      async ({ version, quarter, isBroken, isAlsoInBoot }) => {
        const wanted = builds.get(version) ?? expect.unreachable();
        const before = running;
        await story.market.promote(wanted);
        await cutWithin((quarter * bootMs * ROLL) / 4, (bootMs * ROLL) / 4, `roll to ${version}`);
        if (isAlsoInBoot === true) {
          await story.machine.on();
          await cutWithin(0, bootMs, `boot in the roll to ${version}`);
        }
        await comesBack();
        if (isBroken === true) {
          await story.putBack(wanted, before);
          const failed = (await recordOf(story.machine)).failed.filter(
            ({ digest }) => digest === wanted.digest,
          );
          expect(failed).toMatchObject([{ quarantined: true, attempts: 1 }]);
          expect(await story.rollsTo(wanted)).toEqual(['failed']);
        } else {
          await story.current(wanted);
          expect(await story.rollsTo(wanted)).toEqual(['succeeded']);
          running = wanted;
        }
        expect(await readWhole(story.machine)).toEqual(lasting);
      },
    );

    it('leaves a file system in order', async () => {
      await story.machine.cut();
      expect(cuts).toBe(10);
      expect(await story.machine.checkDisk()).toMatchObject({ status: 0 });
    });
  },
);
