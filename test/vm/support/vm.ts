import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFile, rm, mkdir, truncate, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { checkDisk } from './disk.ts';
import type { Machine } from './machine.ts';
import { QEMU } from './needs.ts';
import { runFolder } from './run-folder.ts';

const exec = promisify(execFile);
const DISK_BYTES = 1536 << 20;
const ON_MS = 240_000;

/** A virtual machine whose disk outlives its power; interpreted, because there may be no KVM: ten times slower than hardware. */
export interface Vm extends Machine {
  /** What the file system checker says about the disk while the machine is off: 0 = in order. */
  checkDisk(): Promise<{ readonly status: number; readonly out: string }>;
  console(): Promise<string>;
}

/** @param layers folders of its files, the topmost first */
export async function makeVm(layers: readonly string[]): Promise<Vm> {
  const folder = await runFolder();
  const disk = join(folder, 'disk');
  await makeDisk(folder, disk, layers);
  let running: { readonly child: ChildProcess; readonly shell: Shell } | undefined;

  const cut = async (): Promise<void> => {
    if (running === undefined) return;
    const { child, shell } = running;
    running = undefined;
    shell.close();
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    // What the guest had not written to its disk is gone with it.
    child.kill('SIGKILL');
    await gone;
  };
  return {
    cut,
    run: (command) => running?.shell.run(command) ?? Promise.resolve({ status: 255, out: 'switched off' }),
    async on() {
      running = await switchOn(folder, disk, layers.at(-1) ?? '');
      await running.shell.answers(ON_MS);
    },
    console: () => readFile(join(folder, 'console'), 'utf8').catch(() => ''),
    checkDisk: () => checkDisk(disk),
    async remove() {
      await cut();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function makeDisk(folder: string, disk: string, layers: readonly string[]): Promise<void> {
  const root = join(folder, 'root');
  await mkdir(root);
  await exec('mount', ['-t', 'overlay', 'overlay', '-o', `ro,lowerdir=${layers.join(':')}`, root]);
  try {
    await writeFile(disk, '');
    await truncate(disk, DISK_BYTES);
    await exec('mkfs.ext4', [
      '-q',
      '-F',
      '-m',
      '0',
      '-E',
      'lazy_itable_init=1,lazy_journal_init=1',
      '-d',
      root,
      disk,
    ]);
  } finally {
    await exec('umount', [root]);
  }
}

async function switchOn(
  folder: string,
  disk: string,
  base: string,
): Promise<{ child: ChildProcess; shell: Shell }> {
  const socket = join(folder, 'shell');
  await rm(socket, { force: true });
  const words = [
    ...[
      '-M',
      'pc',
      '-accel',
      'tcg,thread=multi',
      '-cpu',
      'max',
      '-smp',
      '2',
      '-m',
      '640',
      '-nodefaults',
      '-no-user-config',
    ],
    ...['-display', 'none', '-nic', 'none', '-no-reboot'],
    ...['-kernel', join(base, 'boot/vmlinuz'), '-initrd', join(base, 'boot/initrd')],
    ...[
      '-append',
      'root=/dev/vda rw console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on systemd.show_status=false',
    ],
    // The host keeps what the guest has flushed; what it has not flushed dies with the guest.
    ...['-drive', `file=${disk},if=virtio,format=raw,cache=writeback`],
    ...['-serial', `file:${join(folder, 'console')}`, '-serial', `unix:${socket},server=on,wait=off`],
  ];
  const child = spawn(QEMU.path, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (part: Buffer) => (said = `${said}${part.toString()}`.slice(-2000)));
  const stop = (): void => void child.kill('SIGKILL');
  process.once('exit', stop);
  child.once('exit', () => process.off('exit', stop));
  for (let left = 300; left > 0; left -= 1) {
    if (child.exitCode !== null) throw new Error(`qemu: ${said}`);
    const line = await reach(socket);
    if (line !== undefined) return { child, shell: new Shell(line) };
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error('qemu made no serial line');
}

function reach(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

/** A root shell at the other end of a serial line, one command at a time. */
class Shell {
  readonly #line: Socket;
  #heard = '';
  #last: Promise<unknown> = Promise.resolve();
  #number = 0;

  constructor(line: Socket) {
    this.#line = line;
    line.on('data', (part: Buffer) => (this.#heard += part.toString('latin1')));
    line.on('error', () => undefined);
  }

  /** @throws Error when nobody answers in time */
  async answers(deadlineMs: number): Promise<void> {
    const begin = performance.now();
    while (performance.now() - begin < deadlineMs) {
      // Written before the shell was there it is lost: again.
      this.#line.write('stty raw -echo 2>/dev/null; cd /\n');
      if ((await this.#ask('true', 3000)) !== undefined) return;
      if (this.#line.destroyed) break;
    }
    throw new Error('the machine did not come up');
  }

  run(command: string): Promise<{ status: number; out: string }> {
    const answer = this.#last.then(() => this.#ask(command, 120_000));
    this.#last = answer;
    return answer.then((value) => value ?? { status: 255, out: 'no answer' });
  }

  close(): void {
    this.#line.destroy();
  }

  async #ask(command: string, deadlineMs: number): Promise<{ status: number; out: string } | undefined> {
    const mark = `${(this.#number += 1)}`;
    this.#heard = '';
    const text = Buffer.from(command).toString('base64');
    this.#line.write(
      `echo ${text} | base64 -d > /run/test-in; sh /run/test-in > /run/test-out 2>&1 </dev/null; echo "<${mark} $? $(base64 -w0 /run/test-out)>"\n`,
    );
    const answer = new RegExp(`<${mark} (\\d+) ([A-Za-z0-9+/=]*)>`, 'u');
    for (const begin = performance.now(); performance.now() - begin < deadlineMs; await sleep(20)) {
      const found = answer.exec(this.#heard);
      if (found !== null)
        return { status: Number(found[1]), out: Buffer.from(found[2] ?? '', 'base64').toString() };
      if (this.#line.destroyed) return undefined;
    }
    return undefined;
  }
}
