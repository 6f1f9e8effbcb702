import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bakedReader } from 'host-service/edges/host/baked.ts';
import { clockSight } from 'host-service/edges/host/clock-sight.ts';
import { createMachine } from 'host-service/edges/host/machine.ts';
import { nodeName } from 'host-service/edges/host/node-name.ts';
import { createStateFolder } from 'host-service/edges/host/state-folder.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BAKED, deploymentOf, NEW, REPOSITORY } from '../flow/guard-world.ts';

const signal = new AbortController().signal;
let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'agent-host-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(path: string, text: string, mode = 0o644): Promise<void> {
  const at = join(root, path);
  await mkdir(dirname(at), { recursive: true });
  await writeFile(at, text);
  await chmod(at, mode);
}
const machine = (processor = 'x64') =>
  createMachine({
    root,
    disks: ['/', '/var/lib/rancher', '/none'],
    bootReport: join(root, 'boot.json'),
    processor,
  });

describe('the name of a host', () => {
  const NAME = 'etc/rancher/k3s/config.yaml.d/20-appliance-node.yaml';
  const name = (hostName: string): string => nodeName(join(root, NAME), hostName);

  it('is the one that its first start has pinned, whatever the host is called since', async () => {
    expect(name('box-1')).toBe('box-1');
    await put(NAME, 'node-name: box-1\n', 0o600);
    expect(name('renamed')).toBe('box-1');
  });

  it('is what the boot script will make of the host’s name as long as nothing is pinned, and when that is damaged', async () => {
    const names = ['Box_1.Lan', '--x--', '_', 'localhost'];
    expect(names.map(name)).toEqual(['box-1.lan', 'x', 'appliance', 'localhost']);
    for (const text of ['', 'node-name: UPPER\n', 'node-name: a\nnode-ip: 1.2.3.4\n', 'x'.repeat(10_000)]) {
      await put(NAME, text);
      expect(name('Box_1')).toBe('box-1');
    }
  });
});

describe('what is known about the clock of a host', () => {
  it('is the time of the build and whether a time server has set it; nothing where neither is there', async () => {
    const sight = clockSight({ root, buildTime: join(root, 'build-time') });
    expect(sight()).toEqual({ built: 0, isInStep: false });
    await put('build-time', '1700000000\n');
    await put('run/systemd/timesync/synchronized', '');
    expect(sight()).toEqual({ built: 1_700_000_000, isInStep: true });
    for (const text of ['12', 'yesterday', '-1700000000', '9'.repeat(40)]) {
      await put('build-time', text);
      expect(sight().built).toBe(0);
    }
  });
});

describe('the facts of a machine', () => {
  it('are read from where the system tells them; what it does not tell is left out', async () => {
    await put('proc/uptime', '1234.56 999.9\n');
    await put('proc/sys/kernel/random/boot_id', '0f0e0d0c-0000-4000-8000-000000000001\n');
    await put('proc/sys/kernel/hostname', 'Box-1\n');
    await put('proc/meminfo', 'MemTotal:        8000000 kB\nMemFree: 1 kB\nMemAvailable:    4000000 kB\n');
    await put('proc/loadavg', '0.42 0.10 0.05 1/100 1\n');
    await put('etc/os-release', 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\nVERSION_ID="12"\n');
    await put('var/lib/rancher/x', '');
    await put(
      'usr/local/bin/k3s',
      '#!/bin/sh\necho "k3s version v1.36.3+k3s1 (abc)"\necho "go version go1.26"\n',
      0o755,
    );
    const { architecture, values } = await machine().facts(signal);
    expect(architecture).toBe('amd64');
    expect(values).toMatchObject({
      ...{ uptimeSeconds: 1235, bootId: '0f0e0d0c-0000-4000-8000-000000000001', load1: 0.42 },
      ...{ memoryMiB: 7813, memoryAvailableMiB: 3906, os: 'debian', osVersion: '12' },
      k3s: 'v1.36.3+k3s1',
    });
    expect(values['diskRootMiB']).toBeGreaterThan(0);
    expect(values['diskVarLibRancherFreeMiB']).toBeGreaterThan(0);
    expect(Object.keys(values).filter((name) => /None|containerd|kernel/.test(name))).toEqual([]);
    expect(machine().uptimeMs()).toBe(1_234_560);
    expect(machine().hostName()).toBe('box-1');
  });

  it('come also from an empty machine, and from a program that hangs or lies', async () => {
    await put('usr/bin/containerd', '#!/bin/sh\nexit 1\n', 0o755);
    await put('usr/local/bin/k3s', '#!/bin/sh\necho unknown\n', 0o755);
    const { architecture, values } = await machine('mips').facts(signal);
    expect(architecture).toBeUndefined();
    expect(Object.keys(values).toSorted()).toEqual(['diskRootFreeMiB', 'diskRootMiB', 'uptimeSeconds']);
  });

  it('asks a program for its version once, and again when it is another file', async () => {
    const script = (version: string): string =>
      `#!/bin/sh\necho x >>${join(root, 'asked')}\necho v${version}\n`;
    await put('usr/local/bin/k3s', script('1.36.3'), 0o755);
    const one = machine();
    expect((await one.facts(signal)).values['k3s']).toBe('v1.36.3');
    await one.facts(signal);
    expect(await readFile(join(root, 'asked'), 'utf8')).toBe('x\n');
    await rm(join(root, 'usr/local/bin/k3s'));
    await put('usr/local/bin/k3s', script('1.36.40'), 0o755);
    expect((await one.facts(signal)).values['k3s']).toBe('v1.36.40');
  });

  it('R-16 tells what the boot script told of this boot only', async () => {
    await put('proc/sys/kernel/random/boot_id', 'this\n');
    const line = (stage: string, level: string, code?: string) => ({
      ...{ time: '2026-03-01T10:00:00Z', stage, level, detail: `about ${stage}`, ms: 1 },
      ...(code === undefined ? {} : { code }),
    });
    const stages = [
      line('clock', 'info'),
      line('images', 'warn', 'boot.images'),
      line('k3s', 'error', 'no.such-code'),
    ];
    const report = (boot: string) => JSON.stringify({ schema: 'appliance.boot/v1', boot, stages });
    await put('boot.json', report('this'));
    expect(machine().bootProblems()).toEqual([
      { code: 'boot.images', detail: 'about images', subject: 'boot: images', since: '2026-03-01T10:00:00Z' },
    ]);
    for (const other of [report('another'), '{"schema"', '[]', 'x'.repeat(100_000)]) {
      await put('boot.json', other);
      expect(machine().bootProblems()).toEqual([]);
    }
  });
});

describe('the texts that outlive the program', () => {
  it('R-17 are replaced in one piece, for their owner alone, and leave nothing behind', async () => {
    const folder = join(root, 'deep/state');
    const state = createStateFolder(folder);
    expect(state.read('floor.json')).toBeUndefined();
    await state.write('floor.json', 'one');
    await state.write('floor.json', 'two');
    expect(state.read('floor.json')).toBe('two');
    expect(await readdir(folder)).toEqual(['floor.json']);
    expect((await stat(join(folder, 'floor.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('say config.unreadable when they cannot be written, keeping the old one', async () => {
    const state = createStateFolder(root);
    await state.write('floor.json', 'one');
    await rm(join(root, 'x'), { force: true });
    await symlink('/proc/none', join(root, 'link'));
    await expect(createStateFolder(join(root, 'link/deeper')).write('a', 'b')).rejects.toMatchObject({
      code: 'config.unreadable',
    });
    await mkdir(join(root, 'taken'));
    await expect(state.write('taken', 'x')).rejects.toMatchObject({ code: 'config.unreadable' });
    expect(state.read('floor.json')).toBe('one');
    expect((await readdir(root)).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(() => state.read('../x')).toThrow('is no name of a state');
  });
});

describe('what came with a host', () => {
  const said: string[] = [];
  const log = {
    ...{ debug: () => undefined, info: () => undefined, warn: () => undefined },
    error: (message: string, fields: Record<string, unknown> = {}) =>
      void said.push(`${message}: ${String(fields['detail'])}`),
  };
  beforeEach(() => {
    said.length = 0;
  });
  const reader = () => bakedReader(join(root, 'baked'), log);

  it('is read in the order of its files, with the build that its Deployment names, and again when it changes', async () => {
    const read = reader();
    expect(read()).toBeUndefined();
    await put(
      'baked/10-config.yaml',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, labels: {a: b}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n',
    );
    await put('baked/90-deployment.json', JSON.stringify(deploymentOf(BAKED)));
    const first = read();
    expect(first?.objects.map(({ kind }) => kind)).toEqual(['ConfigMap', 'Service', 'Deployment']);
    expect(first?.objects[0]?.metadata.labels).toEqual({ a: 'b' });
    expect(first?.build).toEqual({ repository: REPOSITORY, digest: BAKED, version: '0.9.0' });
    expect(read()).toBe(first);
    await put('baked/90-deployment.json', JSON.stringify(deploymentOf(NEW), undefined, 1));
    expect(read()?.build.digest).toBe(NEW);
    expect(said).toEqual([]);
  });

  it.each([
    ['no Deployment', 'apiVersion: v1\nkind: Service\nmetadata: {name: s}\n', /not exactly one Deployment/],
    [
      'an image without a digest',
      JSON.stringify(deploymentOf(BAKED)).replace(/@sha256:\w+/, ':1'),
      /not named by digest/,
    ],
    ['something that is no object', '- 1\n', /no object/],
    ['broken text', '{"apiVersion', /not YAML|no object/],
  ])('counts as none with %s, and says so once', async (_, text, reason) => {
    await put('baked/x.json', text);
    const read = reader();
    expect(read()).toBeUndefined();
    expect(read()).toBeUndefined();
    expect(said).toEqual([expect.stringMatching(reason)]);
  });
});
