import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { publish } from 'host-service/publish/program.ts';
import { stringify } from 'yaml';
import { productJson } from '../../fixtures/documents.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** What --json printed; undefined when it is not JSON. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function parsed(text: string): Ran['json'] {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A vendor's checkout in a temporary folder, with a small product. */
export class Vendor {
  readonly folder: string;
  readonly registry: string;
  now = new Date('2026-11-21T12:00:00Z');
  env: NodeJS.ProcessEnv = { DOCKER_CONFIG: '/nonexistent' };

  private constructor(folder: string, registry: string) {
    this.folder = folder;
    this.registry = registry;
  }

  static async open(registry: string): Promise<Vendor> {
    const vendor = new Vendor(await mkdtemp(join(tmpdir(), 'vendor-')), registry);
    await vendor.write('flux-base/product.yaml', stringify(vendor.product()));
    await vendor.write('flux-base/base/kustomization.yaml', 'resources:\n  - web.yaml\n');
    await vendor.write(
      'flux-base/base/web.yaml',
      [
        'apiVersion: v1',
        'kind: ConfigMap',
        'metadata:',
        '  name: chart-web-${chart_web_short}',
        '  namespace: msp',
        'data:',
        '  insecure: "${appliance_registry_insecure}"',
        '  url: oci://${appliance_registry}/${chart_web_repository}',
        '  digest: ${chart_web_digest}',
        '',
      ].join('\n'),
    );
    await vendor.write(
      'flux-base/profiles/single-node/web.yaml',
      'image:\n  tag: none # injected\nurl: none\n',
    );
    await vendor.write(
      'charts/web/Chart.yaml',
      'apiVersion: v2\nname: web\nversion: 0.0.0\ndescription: Web\n',
    );
    await vendor.write(
      'charts/web/templates/web.yaml',
      'kind: ConfigMap\napiVersion: v1\nmetadata: {name: web}\n',
    );
    await vendor.write('images/web/app', 'web');
    await vendor.write('images/controlPlane/app', 'control plane');
    return vendor;
  }

  product(): Record<string, unknown> {
    const json = productJson({
      inject: [
        { component: 'web', path: 'image.tag', image: 'web', form: 'tag-at-digest' },
        { component: 'web', path: 'url', setting: 'appUrl' },
      ],
      components: [],
    });
    const release = json['release'];
    return {
      ...json,
      release: { ...(isRecord(release) ? release : {}), repository: `${this.registry}/release` },
    };
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, content: string | Uint8Array): Promise<string> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeFile(this.path(name), content);
    return this.path(name);
  }

  async run(...argv: readonly string[]): Promise<Ran> {
    const said = { out: '', err: '' };
    const code = await publish(argv, {
      env: this.env,
      now: () => this.now,
      write: (text) => void (said.out += text),
      warn: (text) => void (said.err += text),
    });
    return { code, ...said, json: parsed(said.out) };
  }

  /** Runs a command that has to succeed; answers its JSON. */
  async must(...argv: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    const ran = await this.run('--json', ...argv);
    if (ran.code !== 0 || ran.json === undefined)
      throw new Error(`${argv.join(' ')}: ${ran.code} ${ran.out}${ran.err}`);
    return ran.json;
  }

  async makeKeys(): Promise<void> {
    for (const role of ['release', 'channel']) {
      await this.must('keys', 'create', '--out', this.path('keys'), '--id', role, '--role', role);
    }
  }

  private target(repository: string, version: string): readonly string[] {
    return ['--repository', `${this.registry}/${repository}`, '--version', version];
  }

  bundleCommand(version: string, from = this.path('flux-base')): readonly string[] {
    const files = [
      '--product',
      join(from, 'product.yaml'),
      '--from',
      from,
      '--charts',
      this.path('charts.json'),
    ];
    return [
      'push',
      'bundle',
      ...files,
      '--source-revision',
      'main@sha1:1',
      ...this.target('config', version),
    ];
  }

  /** Pushes images, chart and bundle of a version. */
  async pushParts(version: string, revision = 'main@sha1:1'): Promise<void> {
    const images = [`web=${this.path('images/web')}`, `controlPlane=${this.path('images/controlPlane')}`];
    const out = ['--source-revision', revision, '--out', this.path('all-images.json')];
    await this.must('push', 'image', ...images, ...this.target('images', version), ...out);
    await this.write('images.json', JSON.stringify({ web: `${this.registry}/images/web:${version}` }));
    const charts = [
      this.path('charts/web'),
      ...this.target('charts', version),
      '--out',
      this.path('charts.json'),
    ];
    await this.must('push', 'chart', ...charts);
    await this.must(...this.bundleCommand(version));
  }

  releaseCommand(version: string, ...more: readonly string[]): readonly string[] {
    return [
      'release',
      ...['--product', this.path('flux-base/product.yaml'), '--version', version],
      ...['--bundle', `${this.registry}/config:${version}`],
      ...['--control-plane', `${this.registry}/images/control-plane:${version}`],
      ...['--charts', this.path('charts.json'), '--images', this.path('images.json')],
      ...['--values-dir', this.path('flux-base/profiles'), '--source-revision', 'main@sha1:1'],
      ...['--released', '2026-11-21T10:00:00Z', '--key', this.path('keys/release.key.pem'), ...more],
    ];
  }

  promoteCommand(channel: string, ...more: readonly string[]): readonly string[] {
    const product = ['--product', this.path('flux-base/product.yaml')];
    return ['promote', ...product, '--channel', channel, '--key', this.path('keys/channel.key.pem'), ...more];
  }

  async publishVersion(version: string): Promise<Readonly<Record<string, unknown>>> {
    await this.pushParts(version);
    return this.must(...this.releaseCommand(version));
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
