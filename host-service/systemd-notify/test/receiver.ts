import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SYSTEMD_NOTIFY } from '../src/send.ts';

export interface Datagram {
  readonly words: readonly string[];
  readonly pid: number;
  readonly uid: number;
}

const PYTHON = ['/usr/bin/python3', '/usr/local/bin/python3', '/bin/python3'].find((path) =>
  existsSync(path),
);

/** Why these tests cannot run here; undefined = they can. */
export const UNABLE = !existsSync(SYSTEMD_NOTIFY)
  ? `no ${SYSTEMD_NOTIFY}`
  : PYTHON === undefined
    ? 'no python3 for the notify socket'
    : undefined;

/** A real notify socket in a process of its own. */
export class Receiver {
  readonly socket: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #seen: Datagram[] = [];
  readonly #wakers = new Set<() => void>();

  private constructor(child: ChildProcess, folder: string, socket: string) {
    this.#child = child;
    this.#folder = folder;
    this.socket = socket;
  }

  static async start(kind: 'path' | 'abstract' = 'path', ...args: readonly string[]): Promise<Receiver> {
    const folder = await mkdtemp(join(tmpdir(), 'appliance-notify-'));
    await chmod(folder, 0o755);
    const socket = kind === 'path' ? join(folder, 'notify') : `@${folder}`;
    const script = fileURLToPath(new URL('receiver.py', import.meta.url));
    const child = spawn(PYTHON ?? 'python3', [script, socket, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const receiver = new Receiver(child, folder, socket);
    const listening = Promise.withResolvers<void>();
    child.on('error', listening.reject);
    child.on('exit', () => listening.reject(new Error('the notify socket ended')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const value = JSON.parse(line) as { listening?: string; text?: string; pid: number; uid: number };
      if (value.listening !== undefined) return listening.resolve();
      receiver.#seen.push({ words: (value.text ?? '').split('\n'), pid: value.pid, uid: value.uid });
      for (const wake of receiver.#wakers) wake();
    });
    await listening.promise;
    return receiver;
  }

  /** What was sent, without barriers. */
  get datagrams(): readonly Datagram[] {
    return this.#seen.filter(({ words }) => words[0] !== 'BARRIER=1');
  }

  get barriers(): number {
    return this.#seen.length - this.datagrams.length;
  }

  /** Resolves once at least that many messages were received. */
  async received(count: number): Promise<readonly Datagram[]> {
    while (this.datagrams.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wakers.add(resolve);
      await promise;
      this.#wakers.delete(resolve);
    }
    return this.datagrams;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGKILL');
      await gone;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}
