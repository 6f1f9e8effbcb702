import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Replays the journal as a mount would, then looks at everything: what the file system checker says, 0 = in order. */
export async function checkDisk(disk: string): Promise<{ status: number; out: string }> {
  await exec('e2fsck', ['-p', disk]).catch(() => undefined);
  return exec('e2fsck', ['-f', '-n', disk]).then(
    ({ stdout }) => ({ status: 0, out: stdout }),
    (error: unknown) => ({
      status: 1,
      out: error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error),
    }),
  );
}

/** EXT4_IOC_SHUTDOWN with "no log flush": the file system stops in the middle of what it does, as when power goes. */
export const POWER_CUT =
  'my $how = pack("L", 2); open(F, "<", $ARGV[0]) or die $!; ioctl(F, 0x8004587d, $how) or die $!';

export async function formatDisk(file: string, bytes: number): Promise<void> {
  await writeFile(file, '');
  await truncate(file, bytes);
  await exec('mkfs.ext4', ['-q', '-F', '-E', 'lazy_itable_init=1,lazy_journal_init=1', file]);
}

/** A disk that is mounted beside the machine's own. */
export interface Disk {
  /** What the machine sees of it. */
  readonly place: string;
  mount(): Promise<void>;
  /** Power goes: from here on nothing reaches it. */
  cut(): Promise<void>;
  detach(): Promise<void>;
  remove(): Promise<void>;
}

/** Makes a disk whose data is written before what is told about it in the journal: who syncs one file has everything before it as well. */
export async function makeDisk(folder: string, name: string, bytes: number): Promise<Disk> {
  const [file, top] = [join(folder, `${name}.disk`), join(folder, name)];
  const place = join(top, 'files');
  await mkdir(top);
  await formatDisk(file, bytes);
  let device = '';
  const detach = async (): Promise<void> => {
    if (device === '') return;
    await exec('umount', [top]);
    for (let left = 500; left > 0 && existsSync(`/sys/fs/ext4/${basename(device)}`); left -= 1)
      await sleep(20);
    await exec('losetup', ['--detach', device]);
    device = '';
  };
  return {
    place,
    detach,
    async mount() {
      device = (await exec('losetup', ['--find', '--show', file])).stdout.trim();
      await exec('mount', ['-o', 'nodelalloc', device, top]);
      await mkdir(place, { recursive: true });
      await writeFile(join(top, 'power'), '');
    },
    async cut() {
      await exec('perl', ['-e', POWER_CUT, join(top, 'power')]);
    },
    remove: () => detach(),
  };
}
