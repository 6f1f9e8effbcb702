import { request, type IncomingMessage } from 'node:http';
import { Kube } from '../cluster/kube.ts';
import type { Vendor } from '../cluster/support/vendor.ts';
import { Scene } from '../cluster/support/scene.ts';
import type { World } from '../cluster/world.ts';
import { openVendor } from './publish.ts';
import { startEmbeddedWorld, type EmbeddedWorld, type WorldOptions } from './world.ts';
import { join } from 'node:path';

/** The tests' own client over plain HTTP. */
class PlainKube extends Kube {
  readonly #server: string;
  readonly #token: string;

  constructor(server: string, token: string) {
    super({ server, ca: '', token });
    this.#server = server;
    this.#token = token;
  }

  override async send(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        this.#server + path,
        {
          method,
          ...(signal === undefined ? {} : { signal }),
          headers: {
            authorization: `Bearer ${this.#token}`,
            accept: 'application/json',
            ...(payload === undefined
              ? {}
              : // Node frames no body of a DELETE by itself.
                { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) }),
          },
        },
        resolve,
      );
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
  }
}

/** Programs of the real world by what stands for them here. */
const PARTS: Readonly<Record<string, (world: EmbeddedWorld, kind: 'down' | 'none') => Promise<void>>> = {
  'docker-registry': async ({ registry }, kind) => registry.setFault({ kind }),
  'kube-apiserver': async ({ kubernetes }, kind) => kubernetes.setFault({ kind }),
};

/** The embedded world in the words of the real one, so that the same scenes can be played in it. What it cannot do, it refuses. */
export function asWorld(embedded: EmbeddedWorld): World {
  const { kubernetes, folder, registry } = embedded;
  const kube = new PlainKube(kubernetes.url, kubernetes.token);
  const set = async (component: string, kind: 'down' | 'none'): Promise<void> => {
    const part = PARTS[component];
    if (part === undefined) throw new Error(`the embedded world has no ${component} to stop`);
    await part(embedded, kind);
  };
  return {
    kubeconfig: kubernetes.kubeconfig,
    apiServer: kubernetes.url,
    token: kubernetes.token,
    caFile: '',
    registry: registry.host,
    kube,
    folder,
    podPrefix: '127.',
    pids: () => [],
    readAudit: async () =>
      Promise.resolve(
        kubernetes.audit().map(({ verb, path, userAgent, code }) => ({
          verb,
          requestURI: path,
          user: { username: 'admin' },
          responseStatus: { code },
          userAgent,
          requestReceivedTimestamp: '',
        })),
      ),
    bin: (name) => {
      throw new Error(`the embedded world has no ${name}`);
    },
    restart: async (component) => {
      await set(component, 'down');
      await set(component, 'none');
    },
    stopComponent: async (component) => set(component, 'down'),
    startComponent: async (component) => set(component, 'none'),
    logs: () => '',
    stop: async () => {
      kube.close();
      await embedded.stop();
    },
  };
}

export interface EmbeddedScene {
  readonly scene: Scene;
  readonly world: EmbeddedWorld;
  readonly vendor: Vendor;
}

/** Embedded world, vendor and box: what `Scene.open` is for the real parts. `scene.close()` ends all of it. */
export async function openEmbeddedScene(options: WorldOptions = {}): Promise<EmbeddedScene> {
  const world = await startEmbeddedWorld(options);
  try {
    const vendor = await openVendor(join(world.folder, 'vendor'), world.registry.host);
    const { platform } = world;
    const workloads = {
      listening: () => platform.listening(),
      failures: platform.failures,
      stop: async () => Promise.resolve(),
    };
    return { scene: Scene.over(asWorld(world), vendor, workloads), world, vendor };
  } catch (error) {
    await world.stop();
    throw error;
  }
}
