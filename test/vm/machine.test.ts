import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endStateOf } from './support/end-state.ts';
import { ask, behave, override, property, RUN_TEST_PROGRAM, serves, until } from './support/machine.ts';
import { because, NO_VM, Setting } from './support/setting.ts';
import type { Vm } from './support/vm.ts';

const SECONDS = 1000;
const AGENT = 'appliance-agent.service';

describe.skipIf(NO_VM !== undefined)(
  `a whole machine with a kernel of its own${because(NO_VM)}`,
  { timeout: 900_000 },
  () => {
    const setting = new Setting();
    let machine: Vm;
    let whole = '';
    let bootMs = 0;

    beforeAll(async () => {
      machine = await setting.vm();
      const begin = performance.now();
      await machine.on();
      await serves(machine, 600 * SECONDS);
      bootMs = performance.now() - begin;
      whole = await endStateOf(machine);
    }, 900_000);
    afterAll(() => setting.end());

    it('comes up from nothing without a network, and nothing has failed', async () => {
      expect(whole).toContain('outcome\nserving');
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
      await ask(machine, 'rm /etc/appliance/behaviour.json');
    });

    it('comes back by itself when power went in the middle of a boot, and its disk is in order', async () => {
      for (const part of [0.45, 0.8]) {
        await machine.cut();
        const begin = performance.now();
        const coming = machine.on().catch(() => undefined);
        await sleep(part * bootMs - (performance.now() - begin));
        await machine.cut();
        await coming;
      }
      expect(await machine.checkDisk()).toMatchObject({ status: 0 });
      await machine.on();
      await serves(machine, 600 * SECONDS);
      expect(await endStateOf(machine)).toBe(whole);
    });
  },
);
