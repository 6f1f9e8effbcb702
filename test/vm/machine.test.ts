import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chance } from './support/chance.ts';
import { endStateOf } from './support/end-state.ts';
import { ask, behave, override, property, RUN_TEST_PROGRAM, serves, until } from './support/machine.ts';
import { because, NO_CONTAINER, NO_VM, Setting } from './support/setting.ts';
import type { Vm } from './support/vm.ts';

const SECONDS = 1000;
const AGENT = 'appliance-agent.service';
const WHY = NO_VM ?? NO_CONTAINER;

describe.skipIf(WHY !== undefined)(
  `a whole machine with a kernel of its own${because(WHY)}`,
  { timeout: 900_000 },
  () => {
    const setting = new Setting();
    let machine: Vm;

    beforeAll(async () => {
      machine = await setting.vm();
    }, 120_000);
    afterAll(() => setting.end());

    it('comes up by itself after power went twice in the middle of a boot, as a box whose power never went', async () => {
      const box = await setting.container();
      await box.on();
      await serves(box, 120 * SECONDS);
      const whole = await endStateOf(box);
      expect(whole).toContain('outcome\nserving');
      await setting.remove(box);
      for (const seed of [11, 12]) {
        const begin = performance.now();
        await machine.on();
        // From the first shell to the end of the boot script it is about three times as long.
        await sleep(chance(seed) * 3 * (performance.now() - begin));
        await machine.cut();
      }
      expect(await machine.checkDisk()).toMatchObject({ status: 0 });
      await machine.on();
      await serves(machine, 600 * SECONDS);
      expect(await endStateOf(machine)).toBe(whole);
    });

    it('waits for no network, and nothing has failed', async () => {
      expect(await ask(machine, 'systemctl is-system-running --wait')).toBe('running');
      expect(await ask(machine, 'ip -4 -brief address show dev appl0')).toContain('198.19.255.1/32');
      expect(await property(machine, 'network-online.target', 'ActiveState')).toBe('inactive');
    });

    it('ends a host program that takes all memory before anybody else has too little, and starts it again', async () => {
      await override(machine, AGENT, `${RUN_TEST_PROGRAM}WatchdogSec=120\\nTimeoutStartSec=300\\n`);
      await behave(machine, { leakWhen: '/run/appliance/now' });
      await ask(machine, `systemctl restart ${AGENT}`);
      const before = await property(machine, AGENT, 'MainPID');
      await ask(machine, 'touch /run/appliance/now');
      await until(
        machine,
        'another process',
        240 * SECONDS,
        async () => (await property(machine, AGENT, 'MainPID')) !== before,
      );
      await ask(machine, 'rm /run/appliance/now');
      await until(
        machine,
        'ready again',
        240 * SECONDS,
        async () => (await property(machine, AGENT, 'SubState')) === 'running',
      );
      expect(await ask(machine, `journalctl -b --no-pager -o cat -u ${AGENT}`)).toContain('oom-kill');
      expect(await property(machine, 'k3s.service', 'SubState')).toBe('running');
    });
  },
);
