import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eachEarly, linesOf, program } from './support/early.ts';
import type { Machine } from './support/machine.ts';

const isRoot = process.getuid?.() === 0;
let machine: Machine;

eachEarly((made) => {
  machine = made;
});

const at = (path: string): string => join(machine.root, path);
const put = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(at(path)), { recursive: true });
  await writeFile(at(path), text);
};
const settings = 'etc/rancher/k3s/config.yaml.d';
/** Everything that the platform reads, by its path. */
const config = (): Promise<string> =>
  machine.inside(
    'bash',
    '-c',
    `cd '${at('etc/rancher/k3s')}' && find . -type f | sort | xargs -d '\\n' sha256sum`,
  );

describe.skipIf(!isRoot)(isRoot ? 'the inner network at boot' : 'the inner network (needs root)', () => {
  it('is there once, however often the script runs', async () => {
    await machine.boot();
    await machine.boot();
    const addresses = await machine.inside('ip', '-o', '-4', 'address', 'show', 'dev', 'appl0');
    expect(addresses.match(/198\.19\.255\.1\/32/g)).toHaveLength(1);
    expect(await machine.inside('ip', 'route', 'show', 'default')).toBe(
      'default dev appl0 scope link metric 4294967295 \n',
    );
  });

  it('steps behind every other network, and no lease of one changes what the platform is told (R-34)', async () => {
    await machine.inside('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'far');
    for (const link of ['eth0', 'far']) await machine.inside('ip', 'link', 'set', link, 'up');
    await machine.inside('ip', 'address', 'add', '192.0.2.10/24', 'dev', 'eth0');
    await machine.inside('ip', 'route', 'add', 'default', 'via', '192.0.2.1', 'metric', '100');
    await machine.boot();
    expect(await machine.inside('ip', 'route', 'get', '203.0.113.1')).toContain('via 192.0.2.1 dev eth0');
    const before = await config();
    await machine.inside('ip', 'address', 'flush', 'dev', 'eth0');
    await machine.inside('ip', 'address', 'add', '198.51.100.7/24', 'dev', 'eth0');
    await machine.boot();
    expect(await config()).toBe(before);
    expect(await machine.inside('ip', 'route', 'get', '203.0.113.1')).toContain('dev appl0');
  });

  it('ends the run with boot.network when it cannot be made', async () => {
    await program(machine, 'ip', 'echo "RTNETLINK answers: Operation not permitted" >&2; exit 2');
    const run = await machine.boot();
    expect(run.ended).toBe(12);
    expect(run.lines.at(-1)).toMatchObject({ stage: 'network', code: 'boot.network' });
    expect(run.lines.at(-1)?.detail).toContain('Operation not permitted');
  });
});

describe.skipIf(!isRoot)(isRoot ? "the platform's settings" : "the platform's settings (need root)", () => {
  it('are written once, for root alone, and left alone while they are right', async () => {
    await machine.boot();
    const path = at(`${settings}/10-appliance.yaml`);
    const first = await stat(path);
    expect(first.mode & 0o777).toBe(0o600);
    await machine.boot();
    expect((await stat(path)).ino).toBe(first.ino);
  });

  it('are put right when somebody has changed, halved or opened them; what others have put there stays', async () => {
    await machine.boot();
    const before = await config();
    await writeFile(at(`${settings}/10-appliance.yaml`), 'cluster-init: tr');
    await chmod(at(`${settings}/15-appliance-hardening.yaml`), 0o644);
    await put(`${settings}/.10-appliance.yaml.part`, 'half');
    await put(`${settings}/12-appliance-former.yaml`, 'disable: [coredns]');
    await machine.boot();
    expect(await config()).toBe(before);
    await put(`${settings}/90-of-a-person.yaml`, 'node-label: [a=b]');
    await machine.boot();
    expect(await readFile(at(`${settings}/90-of-a-person.yaml`), 'utf8')).toBe('node-label: [a=b]');
  });

  it('keep the mirrors that were set on the page of the box', async () => {
    await put('etc/rancher/k3s/registries.yaml', 'mirrors: { example.com: { endpoint: [https://mirror] } }');
    await machine.boot();
    expect(await readFile(at('etc/rancher/k3s/registries.yaml'), 'utf8')).toContain('https://mirror');
  });

  it('keep the name of the node when the machine is called otherwise', async () => {
    await program(machine, 'uname', 'echo Box_One.local');
    await machine.boot();
    const name = (): Promise<string> => readFile(at(`${settings}/20-appliance-node.yaml`), 'utf8');
    expect(await name()).toBe('node-name: box-one.local\n');
    await program(machine, 'uname', 'echo other');
    await machine.boot();
    expect(await name()).toBe('node-name: box-one.local\n');
    await writeFile(at(`${settings}/20-appliance-node.yaml`), 'node-na');
    await machine.boot();
    expect(await name()).toBe('node-name: other\n');
  });

  it('end the run with boot.files and the name of the file when the disk is full; with room it goes on', async () => {
    await mkdir(at('etc/rancher'), { recursive: true });
    await machine.inside('mount', '-t', 'tmpfs', '-o', 'size=8k', 'full', at('etc/rancher'));
    const run = await machine.boot();
    expect(run.ended).toBe(11);
    expect(run.lines.at(-1)).toMatchObject({ stage: 'k3s-config', code: 'boot.files' });
    expect(run.lines.at(-1)?.detail).toMatch(/^\/etc\/rancher\/k3s.*No space left on device/);
    await machine.inside('mount', '-o', 'remount,size=1m', at('etc/rancher'));
    expect(linesOf(await machine.boot(), 'k3s-config').at(-1)).toMatchObject({ detail: 'done' });
  });

  it('do not stop a box whose disk has filled up since: what is there already need not be written', async () => {
    await machine.boot();
    const full = 'x'.repeat(4096);
    await mkdir(at('var/lib/appliance'), { recursive: true });
    await machine.inside('mount', '-t', 'tmpfs', '-o', 'size=4k', 'full', at('var/lib/appliance'));
    await machine.inside('bash', '-c', `printf ${full} >'${at('var/lib/appliance/filled')}'`);
    const run = await machine.boot();
    expect(linesOf(run, 'k3s-config').at(-1)).toMatchObject({ level: 'info', detail: 'done' });
    const told = run.lines.filter(({ code }) => code === 'boot.files');
    expect(told.map(({ level }) => level)).toEqual(['warn', 'warn']);
  });
});

describe.skipIf(!isRoot)(
  isRoot ? 'a run of the boot script' : 'a run of the boot script (needs root)',
  () => {
    it('waits while another one is at it, and leaves when that takes too long', async () => {
      await machine.inside('mkdir', '-p', at('run/appliance'));
      await machine.begin('holder', 'flock', at('run/appliance/bootstrap.lock'), 'sleep', '600');
      await expect.poll(() => machine.inside('pgrep', '-x', 'sleep').catch(() => '')).not.toBe('');
      const run = await machine.boot();
      expect(run.ended).toBe(75);
      expect(run.lines.at(-1)?.detail).toContain('another run');
      // Killed without a chance to tidy up: nothing of its lock is left (B-43, B-44).
      await machine.inside('pkill', '-KILL', '-x', 'sleep');
      await machine.inside('pkill', '-KILL', '-x', 'flock').catch(() => undefined);
      expect((await machine.boot()).ended).toBe(14);
    });

    it('believes nothing that lies about: locks with numbers, reports, halves of files (R-16, B-43, B-44)', async () => {
      const clean = await machine.boot();
      const before = await config();
      await machine.inside(
        'bash',
        '-c',
        `mkdir -p '${at('run/appliance')}' && echo 1 >'${at('run/appliance/bootstrap.lock')}'`,
      );
      await machine.inside('bash', '-c', `echo done >'${at('run/appliance/k3s-settings')}'`);
      await put('var/lib/appliance/boot.json', '{"outcome":"serving","stages":[]}');
      await put('var/lib/appliance/.boot.json.part', '{"half');
      await put('var/lib/appliance/update.failed', 'yes');
      const run = await machine.boot();
      expect(run.ended).toBe(clean.ended);
      expect(await config()).toBe(before);
      const report = JSON.parse(await readFile(at('var/lib/appliance/boot.json'), 'utf8')) as object;
      expect(report).toMatchObject({ schema: 'appliance.boot/v1', outcome: 'failed' });
    });

    it('says in one file, for everybody to read, where it is and what is wrong', async () => {
      const run = await machine.boot();
      const text = await readFile(at('var/lib/appliance/boot.json'), 'utf8');
      const report = JSON.parse(text) as { stages: readonly unknown[]; boot: string };
      expect(report.stages.at(-1)).toEqual(run.lines.at(-1));
      expect(run.lines.at(-1)).toMatchObject({ code: 'boot.platform', stage: 'k3s' });
      expect(report.boot).toBe((await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim());
      expect(((await stat(at('var/lib/appliance/boot.json'))).mode & 0o777).toString(8)).toBe('644');
    });

    it('tells a fault of its own as one, with its place', async () => {
      await program(machine, 'sha256sum', 'exit 3');
      const run = await machine.boot();
      expect(run.lines.at(-1)).toMatchObject({ level: 'error', code: 'internal.bug' });
      expect(run.ended).toBe(70);
    });
  },
);
