import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { checkDisk, formatDisk, makeDisk, POWER_CUT } from './disk.ts';
import type { Machine } from './machine.ts';
import { NSPAWN } from './needs.ts';
import { ownGroups, removeGroups, runFolder } from './run-folder.ts';

const exec = promisify(execFile);
/** Milliseconds that a machine may take to be gone after its end. */
const GONE_MS = 60_000;
const STORE_BYTES = 768 << 20;

/** What a machine has besides systemd, so that it can be a node. */
export interface ContainerOptions {
  readonly diskBytes?: number;
  /** Folders that lie on the disk itself, not on the layer over the files of Debian; absolute. */
  readonly folders?: readonly string[];
  /** A folder on a second disk, which has all of a file before it has what is told about it later. */
  readonly ordered?: string;
  /** More arguments for systemd-nspawn. */
  readonly words?: readonly string[];
  /** Called at each power-on with the first process, before anything is asked of it. */
  readonly plugIn?: (pid: number) => Promise<void>;
  /** Called at each cut when nothing of the machine runs any more. */
  readonly unplug?: () => Promise<void>;
}

/** A machine in a container. */
export interface Container extends Machine {
  /** What the file system checker says about the disk while the machine is off: 0 = in order. */
  checkDisk(): Promise<{ readonly status: number; readonly out: string }>;
}

/**
 * A machine in a container: systemd boots in half a second, so that it can be switched off many times. What it writes lies on a file system of
 * its own, which loses at a cut what was not flushed.
 *
 * @param layers folders, the topmost first; they stay as they are
 */
export async function makeContainer(
  layers: readonly string[],
  options: ContainerOptions = {},
): Promise<Container> {
  const folder = await runFolder();
  const name = basename(folder);
  const [root, store, disk] = [join(folder, 'root'), join(folder, 'store'), join(folder, 'disk')];
  for (const part of [root, store]) await mkdir(part);
  const diskBytes = options.diskBytes ?? STORE_BYTES;
  await formatDisk(disk, diskBytes);
  let running: { readonly child: ChildProcess; readonly pid: number } | undefined;
  let device = '';
  const second = options.ordered === undefined ? undefined : await makeDisk(folder, 'ordered', diskBytes);

  const mount = async (): Promise<void> => {
    device = (await exec('losetup', ['--find', '--show', disk])).stdout.trim();
    await exec('mount', [device, store]);
    for (const part of ['upper', 'work']) await mkdir(join(store, part), { recursive: true });
    await writeFile(join(store, 'power'), '');
    for (const path of options.folders ?? []) await mkdir(join(store, path), { recursive: true });
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
    // Nothing is flushed any more: what was written and not yet on the disk is lost.
    await exec('perl', ['-e', POWER_CUT, join(store, 'power')]);
    await second?.cut();
    await gone;
    await options.unplug?.();
    await removeGroups(name);
    await exec('umount', [root]);
    await exec('umount', [store]);
    await detach();
    await second?.detach();
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
    checkDisk: () => checkDisk(disk),
    async on() {
      await mount();
      await second?.mount();
      const own = (options.folders ?? []).map((path) => `--bind=${join(store, path)}:${path}`);
      if (second !== undefined) own.push(`--bind=${second.place}:${options.ordered ?? ''}`);
      running = await switchOn(folder, name, [...own, ...(options.words ?? [])]);
      await options.plugIn?.(running.pid);
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
      await second?.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

async function switchOn(
  folder: string,
  name: string,
  more: readonly string[],
): Promise<{ child: ChildProcess; pid: number }> {
  const groups = await ownGroups(name);
  const console = await open(join(folder, 'console'), 'a');
  const words = [
    ...['--quiet', `--directory=${join(folder, 'root')}`, `--machine=${name}`, '--boot', '--console=pipe'],
    // There is no systemd around it that would know of it.
    ...['--register=no', '--keep-unit', '--private-network', '--link-journal=no'],
    ...['--resolv-conf=off', '--timezone=off', ...more],
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
