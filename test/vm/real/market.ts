import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../cluster/process.ts';
import { pushManifest, type Blob } from '../../cluster/registry.ts';
import { Vendor } from '../../cluster/support/vendor.ts';
import { pushImage, REPOSITORY, withFiles, type Image, type PushedImage } from '../../node/support/images.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
const PUBLISHER = join(ROOT, 'host-service/bin/appliance-publish.ts');
const REGISTRY = '/usr/bin/docker-registry';
/** Where the vendor's registry is for everybody: an address of documentation (RFC 5737). */
const ADDRESS = '192.0.2.10';
const HOST = `${ADDRESS}:5000`;
/** How the control plane comes to know of it. */
export const SETTINGS = {
  releaseRepository: `${HOST}/nine-minds/alga-appliance-release`,
  registries: [{ host: HOST, plainHttp: true }],
  ...{ pollMs: 2000, resyncMs: 1000 },
};
/** Seconds that a pod of these releases must be ready: the shipped half minute shows nothing more about cuts. */
export const MIN_READY_S = 5;

/**
 * The vendor, and his registry in a network of its own with nothing else in it. Its files are not on the machine whose power goes; a machine is
 * connected by starting the same registry in that machine's network.
 */
export class Market {
  readonly #folder: string;
  readonly #own: ChildProcess;
  readonly #local: ChildProcess;
  readonly #localHost: string;
  #inMachine: ChildProcess | undefined;
  readonly vendor: Vendor;

  private constructor(folder: string, own: ChildProcess, local: ChildProcess, localHost: string) {
    this.#folder = folder;
    this.#own = own;
    this.#local = local;
    this.#localHost = localHost;
    this.vendor = new Vendor(join(folder, 'vendor'), HOST, {
      run: async (argv, cwd) => (await this.#inNetwork(argv, cwd)).stdout,
      prepare: async (crds) => this.#prepare(crds),
    });
  }

  /** @param folder empty; whoever gave it removes it after `close` */
  static async open(folder: string): Promise<Market> {
    await mkdir(join(folder, 'registry'));
    const port = await freePort();
    await configure(join(folder, 'local.yml'), folder, `127.0.0.1:${port}`);
    await configure(join(folder, 'registry.yml'), folder, HOST);
    const config = join(folder, 'registry.yml');
    const own = begin(['unshare', '--net', 'sh', '-c', `${CONNECT} ${REGISTRY} serve ${config}`]);
    const local = begin([REGISTRY, 'serve', join(folder, 'local.yml')]);
    const market = new Market(folder, own, local, `127.0.0.1:${port}`);
    const network = ['--net', '-t', String(own.pid), 'ip', 'address', 'show', 'dev', 'lo'];
    await until('it is connected', async () => (await run('nsenter', network)).stdout.includes(ADDRESS));
    await until('the registry answers', async () => (await fetch(`http://127.0.0.1:${port}/v2/`)).ok);
    await market.vendor.open();
    return market;
  }

  /** Connects a machine. @param pid of a process in its network */
  async plugIn(pid: number): Promise<void> {
    const serve = `${CONNECT} ${REGISTRY} serve ${join(this.#folder, 'registry.yml')}`;
    this.#inMachine = begin(['nsenter', '--net', '-t', String(pid), 'sh', '-c', serve]);
    return Promise.resolve();
  }

  async unplug(): Promise<void> {
    await end(this.#inMachine);
    this.#inMachine = undefined;
  }

  /** The image of a layout as it is, byte for byte. @returns how releases name it */
  async layout(folder: string, version: string): Promise<PushedImage> {
    const json = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, 'utf8')) as T;
    const place = ({ digest }: Descriptor): string => join(folder, 'blobs/sha256', digest.slice(7));
    const { manifests } = await json<{ manifests: readonly [Descriptor] }>(join(folder, 'index.json'));
    const [top] = manifests;
    const { config, layers } = await json<{ config: Descriptor; layers: readonly Descriptor[] }>(place(top));
    const blob = async (one: Descriptor): Promise<Blob> => ({
      mediaType: one.mediaType,
      bytes: await readFile(place(one)),
    });
    const content = { config: await blob(config), layers: await Promise.all(layers.map(blob)) };
    // Brings the parts; the manifest then follows as it is.
    await pushManifest(this.#localHost, REPOSITORY, 'parts', content);
    const answer = await fetch(`http://${this.#localHost}/v2/${REPOSITORY}/manifests/${version}`, {
      ...{ method: 'PUT', headers: { 'content-type': top.mediaType } },
      body: await readFile(place(top)),
    });
    if (!answer.ok) throw new Error(`manifest: ${answer.status}`);
    const size = content.layers.reduce((sum, { bytes }) => sum + bytes.length, content.config.bytes.length);
    return { repository: `${HOST}/${REPOSITORY}`, digest: top.digest, size, version };
  }

  /** Another build of this image. */
  async build(image: Image, version: string): Promise<PushedImage> {
    const own = await withFiles(image, new Map([['test/build', { bytes: Buffer.from(version) }]]));
    const pushed = await pushImage(this.#localHost, own, version, `build-${version}`);
    return { ...pushed, repository: `${HOST}/${REPOSITORY}` };
  }

  /** Publishes a release that names this control plane; no channel moves. */
  async release(image: PushedImage): Promise<void> {
    const reference = `${image.repository}@${image.digest}`;
    const which = ['--control-plane', reference, '--control-plane-version', image.version];
    await this.vendor.release(image.version, {}, which);
  }

  async promote(image: PushedImage): Promise<void> {
    await this.vendor.promote('stable', image.version);
  }

  async close(): Promise<void> {
    for (const child of [this.#own, this.#local]) await end(child);
    await this.unplug();
  }

  #inNetwork(argv: readonly string[], cwd: string): Promise<{ stdout: string }> {
    const line = ['--net', '-t', String(this.#own.pid), process.execPath, PUBLISHER, '--plain-http'];
    return run('nsenter', [...line, ...argv], { cwd });
  }

  /** Sources of the bundles: flux-base, configured for this registry and for short waits. */
  async #prepare(crds: string): Promise<string> {
    const sources = join(this.#folder, 'sources');
    await run(process.execPath, [join(ROOT, 'scripts/vendor-flux-crds.ts'), crds]);
    await cp(join(ROOT, 'flux-base'), sources, { recursive: true });
    const config = join(sources, 'control-plane/config.yaml');
    await writeFile(config, withSettings(await readFile(config, 'utf8'), '    '));
    const deployment = join(sources, 'control-plane/deployment.yaml');
    await writeFile(deployment, withShortWait(await readFile(deployment, 'utf8')));
    return sources;
  }
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
}

/** The control plane's configuration with our settings. */
export function withSettings(text: string, indent = ''): string {
  const lines = Object.entries(SETTINGS).map(([key, value]) => `${indent}${key}: ${JSON.stringify(value)}\n`);
  return `${text.trimEnd()}\n${lines.join('')}`;
}

/** The Deployment with our wait. @throws Error when it has none */
export function withShortWait(text: string): string {
  const changed = text.replace(/("?minReadySeconds"?:) 30/u, `$1 ${MIN_READY_S}`);
  if (changed === text) throw new Error('the Deployment has another wait');
  return changed;
}

/** Settings of the platform: the registry speaks plain HTTP. */
export const REGISTRIES = `mirrors:\n  "${HOST}":\n    endpoint:\n      - "http://${HOST}"\n`;
export const IMAGES = `${HOST}/${REPOSITORY}`;

/** Gives the network that it runs in the registry's address. */
const CONNECT = `ip link set lo up && ip address add ${ADDRESS}/32 dev lo && exec`;

async function configure(path: string, folder: string, addr: string): Promise<void> {
  const settings = {
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(folder, 'registry') }, delete: { enabled: true } },
    http: { addr },
  };
  await writeFile(path, JSON.stringify(settings));
}

/** A program that ends with this one. */
function begin(line: readonly string[]): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', ...line], { stdio: 'ignore' });
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

async function until(what: string, ask: () => Promise<boolean>): Promise<void> {
  for (let left = 300; left > 0; left -= 1) {
    if (await ask().catch(() => false)) return;
    await sleep(50);
  }
  throw new Error(`not so: ${what}`);
}
