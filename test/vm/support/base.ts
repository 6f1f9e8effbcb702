import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MMDEBSTRAP } from './needs.ts';

const run = promisify(execFile);

const PACKAGES = [
  'systemd-sysv',
  'dbus',
  'iproute2',
  'kmod',
  'udev',
  'libstdc++6',
  'e2fsprogs',
  'linux-image-cloud-amd64',
  'initramfs-tools',
];
const LEFT_OUT = ['/usr/share/man/*', '/usr/share/locale/*', '/usr/share/doc/*', '/usr/share/info/*'];
/** Everything that a machine without a person in front of it does not start. */
const MASKED = [
  ...[
    'apt-daily.timer',
    'apt-daily-upgrade.timer',
    'dpkg-db-backup.timer',
    'e2scrub_all.timer',
    'fstrim.timer',
  ],
  ...['e2scrub_reap.service', 'getty@tty1.service', 'console-getty.service', 'serial-getty@ttyS0.service'],
  ...['systemd-update-utmp.service', 'systemd-update-utmp-runlevel.service', 'systemd-pstore.service'],
];

/** Writes into the new root, `$1`: kernel and initrd where the VM finds them, one shell for tests, a journal that is read while it runs. */
const CUSTOMIZE = `set -e
printf 'MODULES=list\\nCOMPRESS=gzip\\nRESUME=none\\n' > "$1/etc/initramfs-tools/conf.d/appliance"
printf 'virtio_pci\\nvirtio_blk\\next4\\n' >> "$1/etc/initramfs-tools/modules"
chroot "$1" update-initramfs -u
mv "$1"/boot/vmlinuz-* "$1/boot/vmlinuz"
mv "$1"/boot/initrd.img-* "$1/boot/initrd"
printf 'appliance\\n' > "$1/etc/hostname"
printf '/dev/vda / ext4 rw,errors=remount-ro 0 1\\n' > "$1/etc/fstab"
: > "$1/etc/machine-id"
mkdir -p "$1/etc/systemd/journald.conf.d" "$1/usr/local/bin"
printf '[Journal]\\nStorage=volatile\\nRateLimitIntervalSec=0\\n' > "$1/etc/systemd/journald.conf.d/test.conf"
for unit in ${MASKED.join(' ')}; do ln -sf /dev/null "$1/etc/systemd/system/$unit"; done
rm -f "$1/etc/resolv.conf"`;

/** Folder of the machine's root file system, named after the recipe. */
export function baseFolder(): string {
  const root =
    process.env['APPLIANCE_TEST_CACHE'] ??
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'appliance-control-plane', 'test-bin');
  const recipe = JSON.stringify([process.arch, PACKAGES, LEFT_OUT, CUSTOMIZE]);
  return join(root, `vm-root-${createHash('sha256').update(recipe).digest('hex').slice(0, 16)}`);
}

/** Makes a small Debian once, or finds it in the cache. @returns its folder @throws Error with the last words of mmdebstrap */
export async function ensureBase(): Promise<string> {
  const folder = baseFolder();
  if (await isComplete(folder)) return folder;
  const fresh = `${folder}.${process.pid}`;
  await mkdir(join(folder, '..'), { recursive: true });
  try {
    const words = [
      ...['--quiet', '--variant=apt', `--include=${PACKAGES.join(',')}`],
      '--aptopt=Acquire::Languages "none"',
      ...LEFT_OUT.map((path) => `--dpkgopt=path-exclude=${path}`),
      `--customize-hook=${CUSTOMIZE}`,
      ...['bookworm', `${fresh}.tar`],
    ];
    await run(MMDEBSTRAP.path, words, { timeout: 480_000, maxBuffer: 64 << 20 });
    await mkdir(fresh);
    // The machine makes its devices itself.
    await run('tar', [
      '--extract',
      '--preserve-permissions',
      '--exclude=./dev/*',
      '-f',
      `${fresh}.tar`,
      '-C',
      fresh,
    ]);
    await rename(fresh, folder);
  } finally {
    await rm(`${fresh}.tar`, { force: true });
    await rm(fresh, { recursive: true, force: true });
  }
  return folder;
}

export async function isComplete(folder: string): Promise<boolean> {
  return access(join(folder, 'boot/initrd')).then(
    () => true,
    () => false,
  );
}
