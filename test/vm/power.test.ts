import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chance } from './support/chance.ts';
import { endStateOf } from './support/end-state.ts';
import { ask, serves, type Machine } from './support/machine.ts';
import { because, NO_CONTAINER, Setting } from './support/setting.ts';

const SECONDS = 1000;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** How far the boot script was. */
async function stageOf(machine: Machine): Promise<string> {
  const { out } = await machine.run(
    'journalctl -b --no-pager -o cat -u appliance-bootstrap.service | tail -n 1',
  );
  return /"stage":"([a-z0-9-]+)"/u.exec(out)?.[1] ?? 'start';
}

describe.skipIf(NO_CONTAINER !== undefined)(
  `power that goes while the box boots${because(NO_CONTAINER)}`,
  () => {
    const setting = new Setting();
    let whole = '';
    let bootMs = 0;

    beforeAll(async () => {
      const machine = await setting.container();
      const begin = performance.now();
      await machine.on();
      await serves(machine, 120 * SECONDS);
      bootMs = performance.now() - begin;
      whole = await endStateOf(machine);
      await setting.remove(machine);
    });
    afterAll(() => setting.end());

    it('is compared with a box that has something to lose', () => {
      expect(whole).toContain('deployment');
      expect(whole).toContain('outcome\nserving');
      expect(whole).toMatch(/units\nexited\n+running\n+running/u);
    });

    it.each(SEEDS)(
      'costs nothing at moment %i: the box comes back by itself and ends the same',
      async (seed) => {
        const machine = await setting.container();
        const begin = performance.now();
        await machine.on();
        const moment = chance(seed) * bootMs;
        await sleep(Math.max(0, moment - (performance.now() - begin)));
        const stage = await stageOf(machine);
        await machine.cut();
        await machine.on();
        await serves(machine, 120 * SECONDS);
        expect(await endStateOf(machine), `cut after ${Math.round(moment)} ms, in stage ${stage}`).toBe(
          whole,
        );
        await setting.remove(machine);
      },
    );

    it('costs nothing when it goes right after the box came up, or while it shuts down', async () => {
      const machine = await setting.container();
      for (const before of ['true', 'systemctl poweroff --no-block']) {
        await machine.on();
        await serves(machine, 120 * SECONDS);
        await machine.run(before);
        // Nothing of ours runs inside meanwhile: a shutdown stops everything for a moment.
        await sleep(300);
        await machine.cut();
      }
      await machine.on();
      await serves(machine, 120 * SECONDS);
      expect(await endStateOf(machine)).toBe(whole);
      await setting.remove(machine);
    });

    it('really goes: what was not flushed is not there afterwards', async () => {
      const machine = await setting.container();
      await machine.on();
      await ask(machine, 'echo kept > /var/kept && sync && echo lost > /var/lost');
      await machine.cut();
      await machine.on();
      expect(await ask(machine, 'cat /var/kept')).toBe('kept');
      expect((await machine.run('cat /var/lost')).out).not.toContain('lost\n');
      await setting.remove(machine);
    });
  },
);
