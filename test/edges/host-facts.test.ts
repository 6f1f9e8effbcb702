import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HostFacts, hostFactsOf } from 'host-service/contract/host/facts.ts';
import { diskFacts } from 'host-service/edges/host/facts/disk.ts';
import { measureHost } from 'host-service/edges/host/facts/measure.ts';
import { networkFacts, resolverFacts } from 'host-service/edges/host/facts/network.ts';
import { listenersIn, portFacts } from 'host-service/edges/host/facts/ports.ts';
import { platformFacts, reader, systemFacts } from 'host-service/edges/host/facts/system.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selfSigned } from './kubernetes-server.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'host-facts-'));
});
afterEach(async () => rm(root, { recursive: true, force: true }));

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

const ROUTES = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
appl0\t00000000\t00000000\t0001\t0\t0\t4294967\t00000000\t0\t0\t0
eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
cni0\t000012C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
`;

describe('this machine', () => {
  it('tells what checks need, within seconds, and nothing is left behind', async () => {
    const facts = await measureHost({ disks: ['/nowhere', '/'], folder: root });
    expect(hostFactsOf(facts)).toEqual(HostFacts.parse(facts));
    const told = [
      'hostName',
      'cpus',
      'memoryMiB',
      'kernel',
      'overlay',
      'diskTotalBytes',
      'diskFreeBytes',
    ] as const;
    for (const name of told) expect([name, facts[name] === undefined]).toEqual([name, false]);
    expect([facts.diskWritable, (facts.diskSyncMs ?? -1) >= 0]).toEqual([true, true]);
    expect(await readdir(root)).toEqual([]);
  });

  it('that tells nothing has no facts, and no check thinks better of it for that', async () => {
    const facts = await measureHost({ root, disks: ['/nowhere'], folder: join(root, 'nowhere') });
    expect(facts).toEqual({ previous: 'none', datastore: 'none' });
  });
});

describe('the facts of a machine', () => {
  it('say what the system is', async () => {
    await put('proc/cpuinfo', 'processor\t: 0\nmodel name\t: x\nprocessor\t: 1\n');
    await put('proc/meminfo', 'MemTotal:       16384000 kB\n');
    await put('proc/sys/kernel/hostname', 'BOX-7\n');
    await put('sys/fs/cgroup/cgroup.controllers', 'cpu memory pids\n');
    await put('proc/filesystems', 'nodev\tproc\n\text4\n');
    await put('opt/alga-appliance/version', '1');
    expect(systemFacts(root)).toEqual({
      ...{
        cpus: 2,
        memoryMiB: 16_000,
        hostName: 'box-7',
        cgroupVersion: 2,
        cgroupControllers: 'cpu memory pids',
      },
      ...{ overlay: false, previous: '/opt/alga-appliance' },
    });
  });

  it('R-39 name the certificate that ends first, and where the state lies', async () => {
    const { cert } = await selfSigned('soon');
    await put('var/lib/rancher/k3s/server/tls/soon.crt', cert);
    await put('var/lib/rancher/k3s/server/tls/broken.crt', 'no certificate');
    await put('var/lib/rancher/k3s/server/db/etcd/config', '');
    const { certificateUntil, ...facts } = platformFacts(root);
    expect(facts).toEqual({ datastore: 'etcd', certificateName: 'soon.crt' });
    const days = (Date.parse(certificateUntil ?? '') - Date.now()) / 86_400_000;
    expect([days > 1, days < 3]).toEqual([true, true]);
  });

  it('R-32 follow the way out of the network, past the inner one, to a gateway that answers or does not', async () => {
    await put('proc/net/route', ROUTES);
    await put('sys/class/net/eth0/carrier', '0\n');
    await put(
      'proc/net/arp',
      'IP address  HW type  Flags\n192.0.2.1  0x1  0x2  02:00:00:00:00:01  *  eth0\n',
    );
    expect(networkFacts(reader(root))).toMatchObject({
      ...{ networkDevice: 'eth0', gateway: '192.0.2.1', gatewayAnswers: true, linkUp: false },
      overlappingRoute: 'none',
    });
    await put(
      'proc/net/arp',
      'IP address  HW type  Flags\n192.0.2.1  0x1  0x0  00:00:00:00:00:00  *  eth0\n',
    );
    await put('proc/net/route', `${ROUTES}eth1\t000013C6\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n`);
    expect(networkFacts(reader(root))).toMatchObject({
      ...{ gatewayAnswers: false, overlappingRoute: '198.19.0.0/16 on eth1' },
    });
    await put('proc/net/route', ROUTES.split('\n').slice(0, 2).join('\n'));
    expect(networkFacts(reader(root))).toMatchObject({ networkDevice: 'none', gateway: 'none' });
  });

  it('B-35 keep every name server, the last one without an end of line too, and look behind the stub', async () => {
    await put('etc/resolv.conf', '# nameserver 10.0.0.1\nnameserver 192.0.2.53\n nameserver\t2001:db8::1');
    expect(resolverFacts(reader(root))).toEqual({ resolvers: '192.0.2.53 2001:db8::1' });
    await put('etc/resolv.conf', 'nameserver 127.0.0.53\n');
    expect(resolverFacts(reader(root))).toEqual({ resolvers: '127.0.0.53' });
    await put('run/systemd/resolve/resolv.conf', 'nameserver 192.0.2.99');
    expect(resolverFacts(reader(root))).toEqual({ resolvers: '192.0.2.99' });
    await put('etc/resolv.conf', 'search example.com\n');
    expect(resolverFacts(reader(root))).toEqual({ resolvers: 'none' });
  });

  it('tell who else holds a port that the box needs', async () => {
    const row = (port: number, inode: number, state = '0A'): string =>
      `   0: 00000000:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 ${state} 0:0 0:0 0 0 0 ${inode} 1`;
    const table = ['sl local rem st', row(443, 7), row(80, 8), row(9999, 9), row(6443, 10, '01')].join('\n');
    expect(listenersIn(table)).toEqual([
      ['7', 443],
      ['8', 80],
    ]);
    await put('proc/net/tcp', table);
    const holds = async (pid: number, name: string, unit: string, inode: number): Promise<void> => {
      await put(`proc/${pid}/comm`, `${name}\n`);
      await put(`proc/${pid}/cgroup`, `0::${unit}\n`);
      await mkdir(join(root, `proc/${pid}/fd`), { recursive: true });
      await symlink(`socket:[${inode}]`, join(root, `proc/${pid}/fd/3`));
    };
    await holds(11, 'node', '/system.slice/appliance-front.service', 7);
    await holds(12, 'nginx', '/system.slice/nginx.service', 8);
    expect(await portFacts(root, reader(root))).toEqual({ portsTaken: '80=nginx' });
  });

  it('say nothing about writes where there is no folder to write to', async () => {
    expect(await diskFacts(root, ['/'], join(root, 'absent'))).not.toHaveProperty('diskWritable');
  });
});
