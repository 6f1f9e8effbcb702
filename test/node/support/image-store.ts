import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { layerOf } from '../../../scripts/build/image-layer.ts';
import { ensureTools } from '../../cluster/build.ts';
import { Component, freePort } from '../../cluster/process.ts';
import { pushManifest } from '../../cluster/registry.ts';
import { Throttle } from './throttle.ts';

const run = promisify(execFile);
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
/** Bytes of the disk that the runtime's images lie on. */
const DISK = 64 * 1024 * 1024;

/** A container runtime alone, of the version that the platform brings, on a small disk of its own, and a real registry behind a way of any speed. */
export class ImageStore {
  readonly folder: string;
  readonly socket: string;
  readonly crictl: string;
  readonly ctr: string;
  readonly way: Throttle;
  readonly registry: string;
  private readonly components: readonly Component[];

  private constructor(
    folder: string,
    tools: ReadonlyMap<string, string>,
    registry: string,
    way: Throttle,
    components: readonly Component[],
  ) {
    this.folder = folder;
    this.socket = join(folder, 'containerd.sock');
    this.crictl = tools.get('crictl') ?? '';
    this.ctr = tools.get('ctr2') ?? '';
    this.registry = registry;
    this.way = way;
    this.components = components;
  }

  static async open(): Promise<ImageStore> {
    const { paths } = await ensureTools({
      only: ['containerd2', 'ctr2', 'crictl', 'docker-registry'],
      lookOnly: true,
    });
    const folder = await mkdtemp(join(tmpdir(), 'image-store-'));
    await mkdir(join(folder, 'root'));
    await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'none', join(folder, 'root')]);
    const port = await freePort();
    const way = await Throttle.open(port);
    const components = [await registryOf(folder, paths, port), await runtimeOf(folder, paths)];
    const store = new ImageStore(folder, paths, `127.0.0.1:${port}`, way, components);
    try {
      for (const component of components) await component.start();
      await store.trust(way.host);
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  }

  /** The runtime asks this host over plain HTTP. */
  async trust(host: string): Promise<void> {
    const folder = join(this.folder, 'certs.d', host);
    await mkdir(folder, { recursive: true });
    const text = `server = "http://${host}"\n[host."http://${host}"]\n  capabilities = ["pull", "resolve"]\n`;
    await writeFile(join(folder, 'hosts.toml'), text);
  }

  /** Pushes an image of one file of chance; answers its reference by way of the throttle. */
  async push(name: string, bytes: number): Promise<string> {
    const layer = await layerOf(name, new Map([[name, { bytes: randomBytes(bytes) }]]));
    const config = {
      ...{ architecture: process.arch === 'arm64' ? 'arm64' : 'amd64', os: 'linux', config: {} },
      rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    };
    const { digest } = await pushManifest(this.registry, `test/${name}`, '1', {
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        bytes: Buffer.from(JSON.stringify(config)),
      },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', bytes: layer.gzipped }],
    });
    return `${this.way.host}/test/${name}@${digest}`;
  }

  /** An index that names this image for a processor that nobody here has. */
  async pushForeign(reference: string): Promise<string> {
    const [repository = '', digest = ''] = reference.slice(reference.indexOf('/') + 1).split('@');
    const base = `http://${this.registry}/v2/${repository}/manifests`;
    const size = (await (await fetch(`${base}/${digest}`, { headers: { accept: MANIFEST } })).arrayBuffer())
      .byteLength;
    const platform = { architecture: 's390x', os: 'linux' };
    const manifests = [{ mediaType: MANIFEST, digest, size, platform }];
    const body = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests });
    const answer = await fetch(`${base}/foreign`, {
      method: 'PUT',
      body,
      headers: { 'content-type': INDEX },
    });
    return `${this.way.host}/${repository}@${answer.headers.get('docker-content-digest') ?? ''}`;
  }

  /** What a person does at the box, and the platform's own garbage collection: the same call of the runtime. */
  async cri(...args: readonly string[]): Promise<string> {
    const endpoint = `unix://${this.socket}`;
    const head = ['--config', '/dev/null', '--runtime-endpoint', endpoint, '--image-endpoint', endpoint];
    return (await run(this.crictl, [...head, ...args])).stdout;
  }

  /** References of the images that are here, and whether they are kept. */
  async images(): Promise<ReadonlyMap<string, boolean>> {
    const { images } = JSON.parse(await this.cri('images', '--output', 'json')) as {
      images: readonly { repoDigests: readonly string[]; pinned: boolean }[];
    };
    return new Map(
      images.flatMap(({ repoDigests, pinned }) => repoDigests.map((one) => [one, pinned] as const)),
    );
  }

  async close(): Promise<void> {
    await this.way.close();
    for (const component of this.components) await component.stop('SIGKILL');
    await run('umount', ['--lazy', join(this.folder, 'root')]).catch(() => undefined);
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function registryOf(
  folder: string,
  tools: ReadonlyMap<string, string>,
  port: number,
): Promise<Component> {
  const file = join(folder, 'registry.json');
  const storage = { filesystem: { rootdirectory: join(folder, 'registry') } };
  await writeFile(file, JSON.stringify({ version: '0.1', storage, http: { addr: `127.0.0.1:${port}` } }));
  return new Component({
    ...{
      name: 'docker-registry',
      path: tools.get('docker-registry') ?? '',
      args: ['serve', file],
      cwd: folder,
    },
    logFile: join(folder, 'registry.log'),
    ready: async () => (await fetch(`http://127.0.0.1:${port}/v2/`)).status === 200,
  });
}

async function runtimeOf(folder: string, tools: ReadonlyMap<string, string>): Promise<Component> {
  const path = (name: string): string => JSON.stringify(join(folder, name));
  const file = join(folder, 'containerd.toml');
  const none = ['btrfs', 'zfs', 'devmapper', 'blockfile', 'erofs'].map(
    (one) => `"io.containerd.snapshotter.v1.${one}"`,
  );
  const text = `version = 3
root = ${path('root')}
state = ${path('state')}
disabled_plugins = [${none.join(', ')}, "io.containerd.nri.v1.nri"]
[grpc]
  address = ${path('containerd.sock')}
[plugins."io.containerd.cri.v1.images".registry]
  config_path = ${path('certs.d')}
`;
  await writeFile(file, text);
  return new Component({
    ...{ name: 'containerd', path: tools.get('containerd2') ?? '', args: ['--config', file], cwd: folder },
    logFile: join(folder, 'containerd.log'),
    ready: async () => {
      const endpoint = `unix://${join(folder, 'containerd.sock')}`;
      await run(tools.get('crictl') ?? '', ['--config', '/dev/null', '--image-endpoint', endpoint, 'images']);
      return true;
    },
  });
}
