import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ask,
  behave,
  override,
  property,
  RUN_TEST_PROGRAM,
  serves,
  until,
  type Machine,
} from './support/machine.ts';
import { because, NO_CONTAINER, Setting } from './support/setting.ts';

const SECONDS = 1000;
const UNIT = 'appliance-agent.service';

describe.skipIf(NO_CONTAINER !== undefined)(
  `the unit of the host program on a real systemd${because(NO_CONTAINER)}`,
  () => {
    const setting = new Setting();
    let machine: Machine;

    beforeAll(async () => {
      machine = await setting.container();
      await machine.on();
      await serves(machine, 120 * SECONDS);
    });
    afterAll(() => setting.end());
    beforeEach(async () => {
      await override(machine, UNIT, RUN_TEST_PROGRAM);
      await ask(
        machine,
        `systemctl stop ${UNIT}; rm -f /run/appliance/program-ready /run/appliance/now; systemctl reset-failed`,
      );
      await behave(machine, {});
    });

    it('is ready when the program says so and never before', async () => {
      await behave(machine, { readyAfterMs: 4000 });
      await ask(machine, `systemctl start --no-block ${UNIT}`);
      const seen = new Set<string>();
      await until(machine, 'the program is ready', 60 * SECONDS, async () => {
        // The program makes the file, then says it: in this order nothing can be active without the file.
        const state = await ask(machine, `systemctl show -p ActiveState --value ${UNIT}`);
        seen.add(
          `${state}, ${(await machine.run('test -e /run/appliance/program-ready')).status === 0 ? 'ready' : 'not ready'}`,
        );
        return state === 'active';
      });
      expect(seen).toContain('activating, not ready');
      expect(seen).not.toContain('active, not ready');
      expect(seen).toContain('active, ready');
    });

    it('shows what the program sees, while it starts and afterwards', async () => {
      await behave(machine, { readyAfterMs: 3000 });
      await ask(machine, `systemctl start --no-block ${UNIT}`);
      const text = (): Promise<string> => property(machine, UNIT, 'StatusText');
      await until(
        machine,
        'the first status',
        30 * SECONDS,
        async () => (await text()) === 'looking at this host',
      );
      await until(
        machine,
        'the second status',
        30 * SECONDS,
        async () => (await text()) === 'sees one control plane',
      );
      expect(await ask(machine, `systemctl status --no-pager ${UNIT}`)).toContain(
        'Status: "sees one control plane"',
      );
    });

    it('gives more time to start when the program asks for it, and starts it again when it does not', async () => {
      await override(machine, UNIT, `${RUN_TEST_PROGRAM}TimeoutStartSec=2\\nTimeoutStopSec=1\\n`);
      await behave(machine, { readyAfterMs: 5000, extendMs: 60_000 });
      await ask(machine, `systemctl start ${UNIT}`);
      expect(await property(machine, UNIT, 'NRestarts')).toBe('0');
      await ask(machine, `systemctl stop ${UNIT}`);
      await behave(machine, { readyAfterMs: 60_000 });
      await machine.run(`systemctl start --no-block ${UNIT}`);
      await until(
        machine,
        'started again',
        60 * SECONDS,
        async () => Number(await property(machine, UNIT, 'NRestarts')) > 0,
      );
    });

    it('is started again when its loop stands still', async () => {
      await override(machine, UNIT, `${RUN_TEST_PROGRAM}WatchdogSec=4\\n`);
      await behave(machine, { blockWhen: '/run/appliance/now' });
      await ask(machine, `systemctl start ${UNIT}`);
      const before = await property(machine, UNIT, 'MainPID');
      // Longer than the watchdog's time: signs of life are what keeps it.
      await ask(machine, 'sleep 6');
      expect(await property(machine, UNIT, 'MainPID')).toBe(before);
      await ask(machine, 'touch /run/appliance/now');
      await until(
        machine,
        'ended by the watchdog',
        60 * SECONDS,
        async () => (await property(machine, UNIT, 'MainPID')) !== before,
      );
      await ask(machine, 'rm /run/appliance/now');
      await until(
        machine,
        'ready again',
        60 * SECONDS,
        async () => (await property(machine, UNIT, 'SubState')) === 'running',
      );
      expect(await ask(machine, `journalctl -b --no-pager -o cat -u ${UNIT}`)).toContain('Watchdog timeout');
    });

    it('stops in order when asked, and within its time when the program does not hear', async () => {
      await ask(machine, `systemctl start ${UNIT} && systemctl stop ${UNIT}`);
      expect(await property(machine, UNIT, 'Result')).toBe('success');
      await override(machine, UNIT, `${RUN_TEST_PROGRAM}TimeoutStopSec=2\\n`);
      await behave(machine, { deaf: true });
      await ask(machine, `systemctl start ${UNIT} && systemctl stop ${UNIT}`);
      expect(await property(machine, UNIT, 'Result')).toBe('timeout');
      expect(await property(machine, UNIT, 'MainPID')).toBe('0');
    });

    it('waits longer before each start while it keeps failing, and not at all when a person has mended it', async () => {
      await behave(machine, { fails: true });
      const all = async (): Promise<readonly string[]> => {
        const log = await ask(machine, `journalctl -b --no-pager -o cat -u ${UNIT}`);
        return [...log.matchAll(/in a row; waiting (\d+) s/gu)].map((match) => match[1] ?? '');
      };
      const former = (await all()).length;
      const waits = async (): Promise<readonly string[]> => (await all()).slice(former);
      await machine.run(`systemctl start --no-block ${UNIT}`);
      await until(machine, 'four waits', 90 * SECONDS, async () => (await waits()).length >= 4);
      expect((await waits()).slice(0, 4)).toEqual(['1', '2', '4', '8']);
      await behave(machine, {});
      await ask(machine, `systemctl restart ${UNIT}`);
      expect(await property(machine, UNIT, 'ActiveState')).toBe('active');
      expect(await ask(machine, 'cut -d " " -f 1 /run/appliance-back-off/agent/failures')).toBe('0');
      expect(await waits()).toHaveLength(4);
    });

    describe('with the program that it is for', () => {
      beforeEach(() => override(machine, UNIT));

      it('is ready after the first look although nothing answers, and says what it sees', async () => {
        await ask(machine, `systemctl start ${UNIT}`);
        expect(await property(machine, UNIT, 'ActiveState')).toBe('active');
        await until(
          machine,
          'a status',
          30 * SECONDS,
          async () => (await property(machine, UNIT, 'StatusText')) !== '',
        );
      });

      it('lives on under the watchdog, and is started again when it stands still', async () => {
        await override(machine, UNIT, '[Service]\\nWatchdogSec=5\\nTimeoutAbortSec=1\\n');
        await ask(machine, `systemctl start ${UNIT}`);
        const before = await property(machine, UNIT, 'MainPID');
        await ask(machine, 'sleep 8');
        expect(await property(machine, UNIT, 'MainPID')).toBe(before);
        await ask(machine, `kill -STOP ${before}`);
        await until(machine, 'another process', 60 * SECONDS, async () => {
          const { out } = await machine.run(`systemctl show -p SubState -p MainPID --value ${UNIT}`);
          return out.includes('running') && !out.split('\n').includes(before);
        });
      });

      it('stops in order within its time', async () => {
        await ask(machine, `systemctl start ${UNIT} && systemctl stop ${UNIT}`);
        expect(await property(machine, UNIT, 'Result')).toBe('success');
        expect(await ask(machine, `journalctl -b --no-pager -o cat -u ${UNIT} | tail -n 4`)).toContain(
          'host program stopped',
        );
      });

      it('keeps the program in: no capability, no writing, no devices, nobody else to be', async () => {
        await ask(machine, `systemctl start ${UNIT}`);
        const pid = await property(machine, UNIT, 'MainPID');
        const status = await ask(machine, `cat /proc/${pid}/status`);
        for (const set of ['CapPrm', 'CapEff', 'CapBnd'])
          expect(status).toContain(`${set}:\t0000000000000000`);
        expect(status).toContain('NoNewPrivs:\t1');
        expect(status).toContain('Seccomp:\t2');
        // As the program sees it: its mounts, its users.
        const inside = async (command: string): Promise<number> =>
          (await machine.run(`nsenter -t ${pid} -m -U --preserve-credentials sh -c '${command}'`)).status;
        expect(await inside('touch /var/lib/appliance/x && rm /var/lib/appliance/x')).toBe(0);
        expect(await inside('cat /etc/appliance/trust.yaml')).toBe(0);
        for (const command of [
          'touch /etc/x',
          'touch /usr/x',
          'touch /var/lib/rancher/x',
          'ls /root/*',
          'test -e /dev/tty1',
        ])
          expect(await inside(command), command).not.toBe(0);
      });
    });
  },
);
