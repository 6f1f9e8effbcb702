import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stage } from '../demo/stage.ts';
import { Authority, type Pair } from '../world/network/certificates.ts';
import { startFront, type Front } from '../world/network/front.ts';
import { startProxy, type ProxyOptions, type RecordingProxy } from '../world/network/proxy.ts';
import { recordLookups } from '../world/network/record-lookups.ts';
import { openVendor } from '../world/publish.ts';
import { startEmbeddedWorld } from '../world/world.ts';
import { run, type Ran } from './cli-world.ts';

const PRELOAD = fileURLToPath(new URL('../world/network/record-lookups.ts', import.meta.url));
/** A name that only the proxy of the customer can find: on this machine it leads nowhere. */
export const NAME = 'registry.vendor.test';

export interface NetworkBoxOptions {
  /** What the registry wants of everybody. */
  readonly registry?: { readonly user: string; readonly password: string };
  readonly proxy?: Pick<ProxyOptions, 'credential'> & {
    /** Opens safe connections under an authority of its own. */
    readonly isInspecting?: boolean;
  };
  /** The box trusts the registry's own authority from its file. */
  readonly config?: (vendorCa: string, host: string) => Readonly<Record<string, unknown>>;
}

/** A box whose vendor lives behind a name that nobody here can resolve, with everything that it looks up and asks for written down. */
export class NetworkBox {
  readonly stage: Stage;
  readonly proxy: RecordingProxy | undefined;
  readonly front: Front;
  /** `registry.vendor.test:port`, and the same registry in the clear on loopback: a mirror inside the customer's house. */
  readonly host: string;
  readonly mirror: string;
  readonly corp: Authority;
  readonly folder: string;
  /** What this process has looked up: delivery and host of the embedded world. */
  readonly #names: string[];

  private constructor(
    parts: Pick<NetworkBox, 'stage' | 'proxy' | 'front' | 'host' | 'mirror' | 'corp' | 'folder'> & {
      names: string[];
    },
  ) {
    this.stage = parts.stage;
    this.proxy = parts.proxy;
    this.front = parts.front;
    this.host = parts.host;
    this.mirror = parts.mirror;
    this.corp = parts.corp;
    this.folder = parts.folder;
    this.#names = parts.names;
  }

  static async open(options: NetworkBoxOptions): Promise<NetworkBox> {
    const names: string[] = [];
    const known = new Set([NAME]);
    const forget = recordLookups(
      (name) => names.push(name),
      () => known,
    );
    const made: {
      front?: Front;
      proxy?: RecordingProxy;
      host: string;
      mirror: string;
      corp?: Authority;
      folder: string;
    } = { host: '', mirror: '', folder: '' };
    const env: Record<string, string> = { NODE_OPTIONS: `--import ${PRELOAD}` };
    const config: Record<string, unknown> = {};
    const stage = await Stage.open({
      restartMs: 200,
      ...{ env, config },
      open: async (folder) => {
        const world = await startEmbeddedWorld({
          ...{ startMs: 40, packageMs: 10, registry: { token: false, redirectBlobs: false } },
        });
        const port = Number(world.registry.host.split(':')[1]);
        const host = `${NAME}:${port}`;
        const [vendorCa, corp] = await Promise.all([
          Authority.make(folder, 'vendor-root', '/O=Vendor/CN=Vendor Root'),
          Authority.make(folder, 'corp-root', '/O=Corp/CN=Corp Inspection'),
        ]);
        const front = await startFront({
          pair: await vendorCa.issue(NAME),
          port,
          credential: options.registry,
        });
        const inspects =
          options.proxy?.isInspecting === true
            ? new Map<string, Pair>([[NAME, await corp.issue(NAME)]])
            : undefined;
        const proxy =
          options.proxy === undefined
            ? undefined
            : await startProxy({
                hosts: new Map([[host, inspects === undefined ? front.port : port]]),
                ...{ credential: options.proxy.credential, inspects },
              });
        Object.assign(env, { RECORD_LOOKUPS: join(folder, 'lookups') });
        Object.assign(config, options.config?.(vendorCa.pem, host));
        Object.assign(made, { front, proxy, host, mirror: `http://127.0.0.1:${port}`, corp, folder });
        const vendor = await openVendor(join(folder, 'vendor'), host, { plainHttp: true });
        return {
          kubeconfig: world.kubernetes.kubeconfig,
          vendor: {
            ...{ trust: vendor.trust, product: vendor.product, repository: vendor.repository },
            release: (...args) => vendor.release(...args),
            promote: async (...args) => {
              const moved = await vendor.promote(...args);
              // From here on the name is known to nobody on this machine.
              known.clear();
              names.length = 0;
              return moved;
            },
          },
          setFault: () => Promise.resolve(),
          stop: async () => {
            forget();
            await proxy?.stop();
            await front.stop();
            await world.stop();
          },
        };
      },
    }).catch((error: unknown) => {
      forget();
      throw error;
    });
    const { front, corp } = made;
    if (front === undefined || corp === undefined) throw new Error('the world has not been opened');
    return new NetworkBox({ ...made, ...{ stage, front, corp, names, proxy: made.proxy } });
  }

  /** The same proxy again, at another address: what a customer changes to. */
  async anotherProxy({ credential }: Pick<ProxyOptions, 'credential'>): Promise<RecordingProxy> {
    return startProxy({ hosts: new Map([[this.host, this.front.port]]), credential });
  }

  /** `appliance network …` at this box. */
  network(...argv: readonly string[]): Promise<Ran> {
    const door = [
      '--kubeconfig',
      this.stage.world.kubeconfig,
      '--api',
      this.stage.controlPlane.url,
      '--json',
    ];
    return run('network', ...argv, ...door);
  }

  /** A file with this text; for passwords and certificates. */
  async file(name: string, text: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  }

  /** Names that anybody of this box has looked up so far: the control plane, the delivery, the host. */
  async lookups(): Promise<readonly string[]> {
    const text = await readFile(join(this.folder, 'lookups'), 'utf8').catch(() => '');
    return [...text.split('\n').filter((name) => name !== ''), ...this.#names];
  }

  close(): Promise<void> {
    return this.stage.close();
  }
}
