import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A program that this tier uses, where Debian puts it, and the package that brings it. */
export interface Need {
  readonly path: string;
  readonly package: string;
}

export const MMDEBSTRAP: Need = { path: '/usr/bin/mmdebstrap', package: 'mmdebstrap' };
export const NSPAWN: Need = { path: '/usr/bin/systemd-nspawn', package: 'systemd-container' };
export const QEMU: Need = { path: '/usr/bin/qemu-system-x86_64', package: 'qemu-system-x86' };
export const ANALYZE: Need = { path: '/usr/bin/systemd-analyze', package: 'systemd' };

async function isThere(need: Need): Promise<boolean> {
  return access(need.path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Why the real systemd cannot be had on this machine, whatever is installed; undefined = it can. */
export function machineObstacle(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'needs Linux on x64';
  if (process.getuid?.() !== 0) return 'needs root, for mounts and control groups';
  return undefined;
}

/** Which of these are missing, as text; undefined = none. */
export async function missing(needs: readonly Need[]): Promise<string | undefined> {
  const there = await Promise.all(needs.map(isThere));
  const absent = needs.filter((_, index) => there[index] !== true);
  return absent.length === 0
    ? undefined
    : `needs the Debian packages ${absent.map((need) => need.package).join(', ')}`;
}

/** Installs what is missing. @throws Error with apt's last words */
export async function install(needs: readonly Need[]): Promise<void> {
  const there = await Promise.all(needs.map(isThere));
  const packages = needs.filter((_, index) => there[index] !== true).map((need) => need.package);
  if (packages.length === 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, timeout: 300_000, maxBuffer: 64 << 20 };
  const words = ['install', '-y', '--no-install-recommends', ...packages];
  await run('apt-get', words, options).catch(async () => {
    await run('apt-get', ['update', '-q'], options);
    await run('apt-get', words, options);
  });
}
