import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, override, property, serves, until, type Machine } from './support/machine.ts';
import { because, NO_CONTAINER, Setting } from './support/setting.ts';

const SECONDS = 1000;

/** Lines of the security report that are still open. */
interface Point {
  readonly set: boolean | null;
  readonly name: string;
}

describe.skipIf(NO_CONTAINER !== undefined)(`the units on a real systemd${because(NO_CONTAINER)}`, () => {
  const setting = new Setting();
  let machine: Machine;

  beforeAll(async () => {
    machine = await setting.container();
    await machine.on();
    await serves(machine, 120 * SECONDS);
  });
  afterAll(() => setting.end());

  it('verify without a word', async () => {
    const { status, out } = await machine.run(
      'systemd-analyze verify --man=no appliance-bootstrap.service appliance-agent.service k3s.service',
    );
    expect(out).toBe('');
    expect(status).toBe(0);
  });

  it.each(['appliance-agent', 'appliance-bootstrap'])(
    'leave %s as open as the document says, with a reason for each point',
    async (name) => {
      const document = await readFile(join(import.meta.dirname, '../../docs/operate-host.md'), 'utf8');
      const unit = `/usr/lib/systemd/system/${name}.service`;
      const score = await ask(
        machine,
        `systemd-analyze security --offline=yes --no-pager ${unit} | sed -n 's/.*service: \\([0-9.]*\\) .*/\\1/p'`,
      );
      expect(document).toContain(`\`${name}\` **${score}**`);
      const points = await ask(
        machine,
        `systemd-analyze security --offline=yes --no-pager --json=short ${unit}`,
      );
      const open = (JSON.parse(points) as Point[])
        .filter((point) => point.set === false)
        .map((point) => point.name.replace(/(CapabilityBoundingSet|RestrictAddressFamilies)=.*/u, '$1='))
        .map((point) => point.replace(/\/.*/u, ''));
      expect(open.length).toBeGreaterThan(5);
      const reasons = document.split('\n').filter((line) => line.startsWith('| `'));
      for (const point of open)
        expect(
          reasons.find((line) => line.includes(point.replace(/^SystemCallFilter=/u, ''))),
          point,
        ).toBeDefined();
    },
  );

  it('start the boot script and the host program at once, and the platform when its settings are there', async () => {
    const at = async (unit: string, name: string): Promise<number> =>
      Number(await property(machine, unit, name));
    const script = await at('appliance-bootstrap.service', 'ExecMainStartTimestampMonotonic');
    const platform = await at('k3s.service', 'InactiveExitTimestampMonotonic');
    const done = await at('appliance-bootstrap.service', 'ExecMainExitTimestampMonotonic');
    const agent = await at('appliance-agent.service', 'InactiveExitTimestampMonotonic');
    expect(script).toBeGreaterThan(0);
    expect(platform).toBeGreaterThan(script);
    expect(done).toBeGreaterThan(await at('k3s.service', 'ActiveEnterTimestampMonotonic'));
    expect(agent).toBeLessThan(platform);
    const log = await ask(
      machine,
      'journalctl -b --no-pager -o cat -u appliance-bootstrap.service -u k3s.service',
    );
    expect(log.indexOf('"stage":"k3s-config","level":"info","detail":"done"')).toBeLessThan(
      log.indexOf('Starting k3s.service'),
    );
    expect(log).toContain('"stage":"serving","level":"info","detail":"done"');
  });

  it('form no cycle, fail nowhere and wait for no network', async () => {
    expect(await ask(machine, 'systemctl is-system-running')).toBe('running');
    const { out } = await machine.run(
      "journalctl -b --no-pager | grep -iE 'ordering cycle|breaking|Unknown (key|lvalue)'",
    );
    expect(out).toBe('');
    expect(await property(machine, 'network-online.target', 'ActiveState')).toBe('inactive');
  });

  it('keep the platform running when the boot script is started again', async () => {
    const before = await property(machine, 'k3s.service', 'MainPID');
    await ask(machine, 'systemctl restart appliance-bootstrap.service');
    await serves(machine, 120 * SECONDS);
    expect(await property(machine, 'k3s.service', 'MainPID')).toBe(before);
  });

  it('never start the platform before the boot script has prepared it', async () => {
    await ask(machine, 'systemctl stop k3s.service appliance-bootstrap.service; ip link delete appl0');
    const { status } = await machine.run('systemctl start k3s.service');
    expect(status).not.toBe(0);
    expect(await property(machine, 'k3s.service', 'ActiveState')).toBe('inactive');
    await ask(machine, 'systemctl start appliance-bootstrap.service');
    await serves(machine, 120 * SECONDS);
  });

  it('R12: try the boot script again, later and later, until it comes to its end', async () => {
    await ask(machine, 'systemctl stop appliance-bootstrap.service');
    // No start that fails is final, whatever the reason; here the script itself cannot run.
    await ask(machine, 'mount --bind /bin/false /usr/lib/appliance/bootstrap.sh');
    await override(
      machine,
      'appliance-bootstrap.service',
      '[Service]\\nExecStartPre=\\nExecStartPre=-/usr/lib/appliance/units/back-off.sh wait 1 4\\n',
    );
    await machine.run('systemctl start --no-block appliance-bootstrap.service');
    const waits = async (): Promise<readonly string[]> => {
      const log = await ask(machine, 'journalctl -b --no-pager -o cat -u appliance-bootstrap.service');
      return [...log.matchAll(/failed (\d+ times in a row; waiting \d+ s)/gu)].map((match) => match[1] ?? '');
    };
    await until(machine, 'five tries', 90 * SECONDS, async () => (await waits()).length >= 5);
    expect((await waits()).slice(0, 5)).toEqual([
      '1 times in a row; waiting 1 s',
      '2 times in a row; waiting 2 s',
      '3 times in a row; waiting 4 s',
      '4 times in a row; waiting 4 s',
      '5 times in a row; waiting 4 s',
    ]);
    await ask(machine, 'umount /usr/lib/appliance/bootstrap.sh');
    await serves(machine, 120 * SECONDS);
    await override(machine, 'appliance-bootstrap.service');
  });
});
