import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../process.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface ControlPlaneOptions {
  readonly folder: string;
  /** Identity as leader; the same name may take its own Lease up again at once. */
  readonly name: string;
  readonly kubeconfig: string;
  readonly trust: string;
  readonly product: string;
  readonly releaseRepository: string;
  /** Overrides of the configuration file, e.g. pollMs. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Beside that of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The real control plane as a process, started from its sources with its one configuration file. */
export class ControlPlane {
  readonly #options: ControlPlaneOptions;
  readonly #logFile: string;
  #child: ChildProcess | undefined;
  #exited: Promise<number | null> = Promise.resolve(null);
  starts = 0;
  url = '';

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    this.#logFile = join(options.folder, `${options.name}.log`);
  }

  async start(): Promise<void> {
    const { folder, name, config, ...options } = this.#options;
    await mkdir(folder, { recursive: true });
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    const path = join(folder, `${name}.yaml`);
    const text = JSON.stringify({
      schema: 'appliance.config/v1',
      kubernetes: { kubeconfig: options.kubeconfig },
      product: options.product,
      trust: options.trust,
      releaseRepository: options.releaseRepository,
      listen: `127.0.0.1:${port}`,
      pollMs: 1000,
      resyncMs: 500,
      ...config,
    });
    await writeFile(path, text);
    const log = createWriteStream(this.#logFile, { flags: 'a' });
    const child = spawn(
      process.execPath,
      [join(ROOT, 'host-service/bin/appliance-control-plane.ts'), '--config', path],
      { env: { ...process.env, ...options.env, POD_NAME: name }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.#child = child;
    this.starts += 1;
    this.#exited = new Promise((resolve) => child.on('exit', (code) => resolve(code)));
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves with the exit code when the process has ended by itself. */
  exited(): Promise<number | null> {
    return this.#exited;
  }

  /** kill -9: no handler of ours runs. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  async stop(): Promise<void> {
    this.#child?.kill('SIGTERM');
    await this.#exited;
  }

  log(): Promise<string> {
    return readFile(this.#logFile, 'utf8').catch(() => '');
  }
}
