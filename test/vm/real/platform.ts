import { execFile } from 'node:child_process';
import { access, chmod, copyFile, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PAUSE } from '../../boot/support/pause.ts';
import { baseFolder } from '../support/base.ts';

const run = promisify(execFile);
const K3S = join(import.meta.dirname, '../../boot/k3s');
/** Where the programs of the platform are seen inside the machine. */
const PROGRAMS = '/usr/local/lib/platform';
/** Programs of Debian packages that are not part of the small Debian of this tier. */
const DEBIAN = [
  ...['/usr/bin/containerd', '/usr/bin/containerd-shim-runc-v2', '/usr/bin/ctr', '/usr/sbin/runc'],
  ...['/usr/sbin/conntrack', '/usr/sbin/xtables-nft-multi', '/usr/bin/openssl'],
];
const IPTABLES = ['', '-save', '-restore'].flatMap((end) => [`iptables${end}`, `ip6tables${end}`]);

/** Lies in front of the launcher that stands for k3s: says where its programs are. */
const LAUNCHER = `#!/bin/bash
export K3S_STANDIN_BIN=${PROGRAMS} K3S_STANDIN_PAUSE=${PAUSE}
exec /usr/local/lib/k3s/k3s "$@"
`;

/**
 * What a machine with hardware has by itself: control groups that can be written, and kernel settings. These are the whole machine's: the
 * kubelet is shown files that say what it wants to read.
 */
const READY_FOR_PODS = `#!/bin/bash
set -eu
for folder in /sys/fs/cgroup/*/; do
  if mountpoint -q "$folder"; then mount -o remount,rw,bind "$folder"; fi
done
mkdir -p /run/kernel
while read -r name value; do
  echo "$value" >"/run/kernel/\${name//\\//-}"
  mount --bind "/run/kernel/\${name//\\//-}" "/proc/sys/$name"
done <<'SETTINGS'
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
SETTINGS
[[ -e /dev/kmsg ]] || ln -s /dev/null /dev/kmsg
`;
const READY_UNIT = `[Unit]
DefaultDependencies=no
Before=sysinit.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/lib/k3s/ready-for-pods
`;

/** Writes the platform of the boot tier into the files of a machine with systemd: launcher, runtime and what they call. */
export async function writePlatform(folder: string): Promise<void> {
  const own = join(folder, 'usr/local/lib/k3s');
  await mkdir(own, { recursive: true });
  for (const name of ['k3s', 'node.sh']) await copyFile(join(K3S, name), join(own, name));
  await mkdir(join(folder, 'usr/local/bin'), { recursive: true });
  await put(join(folder, 'usr/local/bin/k3s'), LAUNCHER, 0o755);
  await put(join(own, 'ready-for-pods'), READY_FOR_PODS, 0o755);
  await put(join(folder, 'etc/systemd/system/ready-for-pods.service'), READY_UNIT);
  await mkdir(join(folder, 'etc/systemd/system/sysinit.target.wants'), { recursive: true });
  await symlink(
    '/etc/systemd/system/ready-for-pods.service',
    join(folder, 'etc/systemd/system/sysinit.target.wants/ready-for-pods.service'),
  );
  // No name is known in this network.
  for (const name of ['resolv.conf', 'hosts']) await put(join(folder, 'etc', name), '');
  for (const path of DEBIAN) await copyProgram(path, folder);
  for (const name of IPTABLES) await symlink('xtables-nft-multi', join(folder, 'usr/sbin', name));
  await mkdir(join(folder, 'usr/lib/ssl'), { recursive: true });
  await mkdir(join(folder, 'etc/ssl'), { recursive: true });
  await copyFile('/etc/ssl/openssl.cnf', join(folder, 'etc/ssl/openssl.cnf'));
  await symlink('/etc/ssl/openssl.cnf', join(folder, 'usr/lib/ssl/openssl.cnf'));
}

async function put(path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, mode);
}

/** A program with those of its libraries that the small Debian does not have. */
async function copyProgram(path: string, folder: string): Promise<void> {
  await mkdir(join(folder, dirname(path)), { recursive: true });
  await copyFile(path, join(folder, path));
  const { stdout } = await run('ldd', [path]).catch(() => ({ stdout: '' }));
  const libraries = [...stdout.matchAll(/=> \/(?:usr\/)?(lib\/\S+)/gu)].map(([, at]) => `usr/${at ?? ''}`);
  for (const library of libraries) {
    if (await isThere(join(baseFolder(), library))) continue;
    await mkdir(join(folder, dirname(library)), { recursive: true });
    await copyFile(join('/', library), join(folder, library));
  }
  if (path.endsWith('xtables-nft-multi')) {
    const modules = (await run('sh', ['-c', 'echo /usr/lib/*/xtables'])).stdout.trim();
    await cp(modules, join(folder, modules), { recursive: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** How systemd-nspawn makes the machine one that can run pods. @param paths programs that were built, by name */
export function platformWords(paths: ReadonlyMap<string, string>): readonly string[] {
  const copied = new Set([...DEBIAN.map((path) => basename(path)), 'iptables', 'pause']);
  const shown = [...paths].filter(([name]) => !copied.has(name));
  return [
    ...shown.map(([name, path]) => `--bind-ro=${path}:${PROGRAMS}/${name}`),
    ...['--capability=all', '--system-call-filter=@keyring bpf'],
  ];
}
