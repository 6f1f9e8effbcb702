import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Machine } from './machine.ts';
import { NSPAWN } from './needs.ts';
import { ownGroups, removeGroups, runFolder } from './run-folder.ts';

const exec = promisify(execFile);
/** EXT4_IOC_SHUTDOWN with "no log flush": the file system stops in the middle of what it does, as when power goes. */
const POWER_CUT =
  'my $how = pack("L", 2); open(F, "<", $ARGV[0]) or die $!; ioctl(F, 0x8004587d, $how) or die $!';
/** Milliseconds that a machine may take to be gone after its end. */
const GONE_MS = 60_000;
const STORE_BYTES = 768 << 20;

/**
 * A machine in a container: systemd boots in half a second, so that it can be switched off many times. What it writes lies on a file system of
 * its own, which loses at a cut what was not flushed.
 *
 * @param layers folders, the topmost first; they stay as they are
 */
export async function makeContainer(layers: readonly string[]): Promise<Machine> {
  const folder = await runFolder();
  const name = basename(folder);
  const [root, store, disk] = [join(folder, 'root'), join(folder, 'store'), join(folder, 'disk')];
  for (const part of [root, store]) await mkdir(part);
  await writeFile(disk, '');
  await truncate(disk, STORE_BYTES);
  await exec('mkfs.ext4', ['-q', '-F', '-E', 'lazy_itable_init=1,lazy_journal_init=1', disk]);
  let running: { readonly child: ChildProcess; readonly pid: number } | undefined;
  let device = '';

  const mount = async (): Promise<void> => {
    device = (await exec('losetup', ['--find', '--show', disk])).stdout.trim();
    await exec('mount', [device, store]);
    for (const part of ['upper', 'work']) await mkdir(join(store, part), { recursive: true });
    await writeFile(join(store, 'power'), '');
    const parts = `upperdir=${join(store, 'upper')},workdir=${join(store, 'work')}`;
    await exec('mount', ['-t', 'overlay', 'overlay', '-o', `lowerdir=${layers.join(':')},${parts}`, root]);
  };
  // A mount goes when the last of those who saw it has gone, a moment after the kill.
  const detach = async (): Promise<void> => {
    const mounted = `/sys/fs/ext4/${basename(device)}`;
    for (let left = 500; left > 0 && existsSync(mounted); left -= 1) await sleep(20);
    await exec('losetup', ['--detach', device]);
    device = '';
  };
  const cut = async (): Promise<void> => {
    if (running === undefined) return;
    const { child, pid } = running;
    running = undefined;
    const gone = ended(child);
    // The first process goes, and by the kernel everything in its PID namespace with it.
    end(pid);
    await gone;
    await removeGroups(name);
    // Nothing is flushed any more: what was written and not yet on the disk is lost.
    await exec('perl', ['-e', POWER_CUT, join(store, 'power')]);
    await exec('umount', [root]);
    await exec('umount', [store]);
    await detach();
  };
  const inside = (command: string): Promise<{ status: number; out: string }> =>
    new Promise((resolve) => {
      if (running === undefined) return resolve({ status: 255, out: 'switched off' });
      // It stops itself when what it runs is stopped, as at a shutdown: only the hardest signal ends it then.
      const words = ['-t', String(running.pid), '-a', '/bin/sh', '-c', `exec 2>&1; ${command}`];
      execFile(
        'nsenter',
        words,
        { timeout: 60_000, killSignal: 'SIGKILL', maxBuffer: 64 << 20, env: { PATH } },
        (error, out) =>
          resolve({ status: error === null ? 0 : typeof error.code === 'number' ? error.code : 255, out }),
      );
    });
  return {
    run: inside,
    cut,
    async on() {
      await mount();
      running = await switchOn(folder, name);
      while ((await inside('systemctl show -p Version')).status !== 0) {
        if (running.child.exitCode !== null) throw new Error(await readFile(join(folder, 'console'), 'utf8'));
        await sleep(20);
      }
    },
    async remove() {
      await cut();
      await removeGroups(name);
      for (const part of [root, store]) await exec('umount', ['-l', part]).catch(() => undefined);
      if (device !== '') await detach();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

async function switchOn(folder: string, name: string): Promise<{ child: ChildProcess; pid: number }> {
  const groups = await ownGroups(name);
  const console = await open(join(folder, 'console'), 'a');
  const words = [
    ...['--quiet', `--directory=${join(folder, 'root')}`, `--machine=${name}`, '--boot', '--console=pipe'],
    // There is no systemd around it that would know of it.
    ...['--register=no', '--keep-unit', '--private-network', '--link-journal=no'],
    ...['--resolv-conf=off', '--timezone=off'],
  ];
  // In control groups of its own, so that two machines are two.
  const enter = groups.map((group) => `echo $$ > ${group}/cgroup.procs`).join('; ');
  const child = spawn('/bin/sh', ['-c', `${enter}; exec ${NSPAWN.path} "$@"`, 'sh', ...words], {
    stdio: ['ignore', console.fd, console.fd],
    detached: true,
  });
  await console.close();
  const pid = await firstProcess(child, folder);
  // Should this process end early: the machine does not go with the program that holds it.
  const stop = (): void => {
    if (child.exitCode === null && child.signalCode === null) end(pid);
  };
  process.once('exit', stop);
  child.once('exit', () => process.off('exit', stop));
  return { child, pid };
}

/** systemd in the container: the child of the program that holds it. */
async function firstProcess(child: ChildProcess, folder: string): Promise<number> {
  for (let left = 1500; left > 0 && child.exitCode === null; left -= 1) {
    const text = await readFile(`/proc/${child.pid ?? 0}/task/${child.pid ?? 0}/children`, 'utf8').catch(
      () => '',
    );
    for (const pid of text.split(' ').filter(Boolean)) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      const isFirst = /^NSpid:\t\d+\t1$/mu.test(status);
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
      if (isFirst && name === 'systemd\n') return Number(pid);
    }
    await sleep(10);
  }
  child.kill('SIGKILL');
  throw new Error(`no first process: ${await readFile(join(folder, 'console'), 'utf8')}`);
}

/** It may have switched itself off. */
function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** @throws Error when it does not end */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const left = new AbortController();
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const late = sleep(GONE_MS, undefined, { signal: left.signal }).then(
    () => Promise.reject(new Error(`the machine does not go: ${String(child.pid)}`)),
    () => undefined,
  );
  await Promise.race([gone, late]);
  left.abort();
}
