import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { onPath } from './tools.ts';

/** How to start one program and how to tell that it answers. */
export interface Command {
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly logFile: string;
  /** Rejects or answers false until the program is ready. */
  readonly ready: () => Promise<boolean>;
  /** Milliseconds. */
  readonly deadline?: number;
}

const alive = new Set<ChildProcess>();

/** Kills the whole process group of a child; a group that is gone is fine. */
function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) {
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // ESRCH: already gone.
  }
}

/** A running or stopped program; it can be started again with the same command. */
export class Component {
  readonly #command: Command;
  #child: ChildProcess | undefined;

  constructor(command: Command) {
    this.#command = command;
  }

  get name(): string {
    return this.#command.name;
  }

  /** Process id of the running program. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the program and waits until it answers; an early exit or a missed deadline throws with the end of its log. */
  async start(): Promise<void> {
    if (this.#child !== undefined) {
      return;
    }
    const { name, path, args, cwd, env, logFile, ready, deadline = 60_000 } = this.#command;
    const log = openSync(logFile, 'a');
    // The kernel kills the program when this process dies in a way that runs no handler (kill -9).
    const wrapper = await onPath('setpriv');
    const line = wrapper === undefined ? [path, ...args] : [wrapper, '--pdeathsig', 'KILL', path, ...args];
    const child = spawn(line[0]!, line.slice(1), {
      cwd,
      detached: true,
      env: { PATH: process.env['PATH'] ?? '', HOME: cwd, TMPDIR: cwd, ...env },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    alive.add(child);
    this.#child = child;
    let ended: string | undefined;
    child.once('error', (error) => (ended = error.message));
    child.once('exit', (code, signal) => {
      ended = `exit ${String(code ?? signal)}`;
      alive.delete(child);
      if (this.#child === child) {
        this.#child = undefined;
      }
    });
    const until = performance.now() + deadline;
    while (!(await ready().catch(() => false))) {
      if (ended !== undefined || performance.now() > until) {
        killGroup(child, 'SIGKILL');
        throw new Error(`${name} ${ended ?? `not ready after ${deadline} ms`}\n${this.logs(40)}`);
      }
      await sleep(50);
    }
  }

  /** Ends the program; one that does not follow SIGTERM within five seconds is killed. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined) {
      return;
    }
    const gone = once(child, 'exit');
    killGroup(child, signal);
    const killer = setTimeout(() => killGroup(child, 'SIGKILL'), 5000);
    await gone.finally(() => clearTimeout(killer));
  }

  /** What the program wrote, or the last lines of it. */
  logs(lines?: number): string {
    const text = readFileSync(this.#command.logFile, 'utf8');
    return lines === undefined ? text : text.trimEnd().split('\n').slice(-lines).join('\n');
  }
}

const PREFIX = 'appliance-world-';
const folders = new Set<string>();
let guarded = false;

/** For exit handlers, hence synchronous. */
function leave(): void {
  for (const child of alive) {
    killGroup(child, 'SIGKILL');
  }
  for (const folder of folders) {
    // A route needs a program to go: the next world of this machine finds the directory and removes both.
    if (!existsSync(join(folder, 'route'))) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** Ends everything when this process ends; kill -9 is covered by the kernel (Component.start) and by makeFolder(). */
function guard(): void {
  if (guarded) {
    return;
  }
  guarded = true;
  process.on('exit', leave);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      leave();
      process.kill(process.pid, signal);
    });
  }
}

function running(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Makes the directory of one world, named after this process, and removes those whose process was killed. */
export async function makeFolder(): Promise<string> {
  guard();
  for (const name of await readdir(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`, 'u').exec(name)?.[1];
    if (owner !== undefined && !running(Number(owner))) {
      await removeFolder(join(tmpdir(), name));
    }
  }
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  folders.add(folder);
  return folder;
}

const run = promisify(execFile);

/** Makes an address range local to `lo` until the world's directory, which remembers it, is removed. */
export async function addRoute(folder: string, cidr: string): Promise<void> {
  await run('ip', ['route', 'add', 'local', cidr, 'dev', 'lo']);
  await writeFile(join(folder, 'route'), cidr);
}

async function removeFolder(folder: string): Promise<void> {
  const route = await readFile(join(folder, 'route'), 'utf8').catch(() => undefined);
  if (route !== undefined) {
    await run('ip', ['route', 'del', 'local', route, 'dev', 'lo']).catch(() => undefined);
  }
  await rm(folder, { recursive: true, force: true });
}

/** Ends the components of a world and removes its directory. */
export async function close(folder: string, components: Iterable<Component>): Promise<void> {
  // Nothing is worth a graceful end: the directory goes with it.
  await Promise.all([...components].map(async (component) => component.stop('SIGKILL')));
  await removeFolder(folder);
  folders.delete(folder);
}

const taken = new Set<number>();
/** Below the ports that the kernel gives to outgoing connections: what is stopped for a while finds its port free again. */
const PORTS = { lowest: 15_000, end: 32_000 } as const;

/** A port of 127.0.0.1 that nothing uses, never the same twice in this process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.lowest, PORTS.end);
    if (taken.has(port)) continue;
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (!isFree) continue;
    taken.add(port);
    return port;
  }
}
