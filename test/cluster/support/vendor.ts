import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CHARTS, IMAGES, RELEASES, type SampleRelease } from '../../fixtures/releases/releases.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PRODUCT = join(ROOT, 'flux-base/product.yaml');
const run = promisify(execFile);

/** The product without its `storage`, otherwise byte by byte. */
const withoutStorage = (text: string): string => text.replace(/^storage:\n(?: .*\n)+/m, '');

export interface Published {
  readonly version: string;
  /** Of the release document. */
  readonly digest: string;
  readonly ociDigest: string;
}

/** How the publisher is run, and what it packs as the definitions of the delivery controllers. */
export interface VendorOptions {
  /** Runs `appliance-publish` with these arguments and answers its standard output; rejects when it fails. */
  readonly run?: (argv: readonly string[], folder: string) => Promise<string>;
  /** Puts the definitions of the delivery controllers into a folder; answers the sources of the bundle. */
  readonly prepare?: (crds: string) => Promise<string>;
  /** Whether the product looks after its storage: only where something provides it. Default false. */
  readonly storage?: boolean;
  /** YAML of the product's `signIn`, for an application that has people. */
  readonly signIn?: string;
}

async function runProgram(argv: readonly string[], folder: string): Promise<string> {
  const program = join(ROOT, 'host-service/bin/appliance-publish.ts');
  return (await run(process.execPath, [program, ...argv], { cwd: folder })).stdout;
}

async function vendorCrds(crds: string): Promise<string> {
  await run(process.execPath, [join(ROOT, 'scripts/vendor-flux-crds.ts'), crds]);
  return join(ROOT, 'flux-base');
}

/** The vendor of the sample product: publishes with the real program into the registry of a test world. */
export class Vendor {
  readonly #folder: string;
  readonly #options: Required<VendorOptions>;
  readonly registry: string;
  readonly published = new Map<string, Published>();
  #sources = '';

  constructor(folder: string, registry: string, options: VendorOptions = {}) {
    this.#folder = folder;
    this.#options = { run: runProgram, prepare: vendorCrds, storage: false, signIn: '', ...options };
    this.registry = registry;
  }

  get repository(): string {
    return `${this.registry}/nine-minds/alga-appliance-release`;
  }

  /** What is published and what the box reads. */
  get product(): string {
    return this.path('product.yaml');
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  get trust(): string {
    return this.path('trust.yaml');
  }

  key(id: string): string {
    return this.path(`keys/${id}.key.pem`);
  }

  /** Runs `appliance-publish --json`; answers what it printed. */
  async publish(...argv: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    const stdout = await this.#options.run(['--json', ...argv], this.#folder).catch((error: unknown) => {
      throw new Error(`appliance-publish ${argv.join(' ')}: ${JSON.stringify(error)}`, { cause: error });
    });
    return Object.fromEntries(Object.entries(JSON.parse(stdout) as object));
  }

  /** Keys, trust document, charts and stand-in images: what all releases share. */
  async open(): Promise<this> {
    await mkdir(this.#folder, { recursive: true });
    const { storage, signIn } = this.#options;
    const text = await readFile(PRODUCT, 'utf8');
    await writeFile(this.product, (storage ? text : withoutStorage(text)) + signIn);
    for (const role of ['root', 'release', 'channel']) {
      await this.publish('keys', 'create', '--out', this.path('keys'), '--id', role, '--role', role);
    }
    await this.writeTrust('refuse');
    this.#sources = await this.#options.prepare(this.path('flux-crds'));
    for (const image of [...IMAGES, 'controlPlane']) {
      await mkdir(this.path(`images/${image}`), { recursive: true });
      await writeFile(this.path(`images/${image}/app`), image);
    }
    const images = [...IMAGES, 'controlPlane'].map((image) => `${image}=${this.path(`images/${image}`)}`);
    const labels = ['--label', 'appliance.control-plane.contract=1', '--source-revision', 'main@sha1:1'];
    await this.publish(
      'push',
      'image',
      ...this.#target('images', '1.0.0'),
      ...labels,
      ...this.#imagesOut(),
      ...images,
    );
    return this;
  }

  async writeTrust(unsigned: string): Promise<void> {
    const keys = ['root', 'release', 'channel'].flatMap((id) => [
      '--key',
      `${id}=${this.path(`keys/${id}.pub.pem`)}:${id}`,
    ]);
    const allowed = ['--registry', this.registry, '--repository', `${this.registry}/*`];
    await this.publish(
      'keys',
      'trust',
      '--product',
      'algapsa',
      ...keys,
      ...allowed,
      '--out',
      this.path(`new-${this.#count()}.yaml`),
    );
    const text = await readFile(this.path(`new-${this.#counter}.yaml`), 'utf8');
    await writeFile(this.trust, text.replace(/^unsigned: .*$/m, `unsigned: ${unsigned}`));
  }

  /** Publishes charts, bundle and release of a version; no channel moves. `more` goes to `appliance-publish release`. */
  async release(
    version: string,
    overrides: Partial<SampleRelease> = {},
    more: readonly string[] = [],
  ): Promise<Published> {
    const sample = RELEASES.find((one) => one.version === version) ?? RELEASES[0];
    if (sample === undefined) throw new Error('no sample releases');
    const { overlay, reversible, notes } = { ...sample, ...overrides };
    const charts = CHARTS.map((chart) => join(ROOT, 'test/fixtures/charts', chart));
    const chartsFile = this.path(`charts-${version}.json`);
    await this.publish('push', 'chart', ...this.#target('charts', version), '--out', chartsFile, ...charts);
    await this.publish(
      ...['push', 'bundle', ...this.#target('config', version), '--product', this.product],
      ...['--from', this.#sources, '--charts', chartsFile, '--source-revision', `main@sha1:${version}`],
      ...['--flux-crds', this.path('flux-crds')],
    );
    await writeFile(this.path('notes.txt'), notes);
    const made = await this.publish(
      ...['release', '--product', this.product, '--version', version, '--repository', this.repository],
      ...[
        '--bundle',
        `${this.registry}/nine-minds/config:${version}`,
        '--charts',
        chartsFile,
        '--images',
        this.path('images.json'),
      ],
      ...['--values-dir', join(ROOT, 'flux-base/profiles'), '--values-overlay', overlay],
      ...[
        '--notes',
        this.path('notes.txt'),
        '--source-revision',
        `main@sha1:${version}`,
        '--key',
        this.key('release'),
      ],
      ...reversible.flatMap((range) => ['--reversible', range]),
      ...more,
    );
    const result = { version, digest: String(made['digest']), ociDigest: String(made['ociDigest']) };
    this.published.set(version, result);
    return result;
  }

  /** Moves a channel. */
  promote(
    channel: string,
    version: string,
    ...more: readonly string[]
  ): Promise<Readonly<Record<string, unknown>>> {
    const what = ['--product', this.product, '--repository', this.repository, '--channel', channel];
    return this.publish('promote', ...what, '--release', version, '--key', this.key('channel'), ...more);
  }

  #counter = 0;

  #count(): number {
    this.#counter += 1;
    return this.#counter;
  }

  #imagesOut(): readonly string[] {
    return ['--out', this.path('images.json')];
  }

  #target(repository: string, version: string): readonly string[] {
    return ['--repository', `${this.registry}/nine-minds/${repository}`, '--version', version];
  }
}
