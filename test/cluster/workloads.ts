import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import type { KubeObject } from './kube.ts';
import type { World } from './world.ts';

/** The part of a pod that decides what answers at its address. */
interface Pod extends KubeObject {
  readonly spec: { readonly containers: readonly Container[] };
  readonly status?: {
    readonly podIP?: string;
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly state?: { readonly running?: unknown };
    }[];
  };
}

type Place = Pick<World, 'kube' | 'podPrefix'>;

interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports?: readonly { readonly containerPort: number; readonly protocol?: string }[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

interface Listener {
  readonly address: string;
  readonly port: number;
  readonly status: number;
  readonly body: string;
}

export interface Workloads {
  /** `address:port` of every listener, sorted. */
  listening(): readonly string[];
  /** Addresses that could not be bound, with the reason. */
  readonly failures: readonly string[];
  stop(): Promise<void>;
}

/** On a pod: answers with this status instead of the one of its environment; may change while the pod lives. */
export const HTTP_STATUS = 'appliance.test/http-status';

function listenersOf(pod: Pod, prefix: string): readonly Listener[] {
  const address = pod.status?.podIP ?? '';
  if (!address.startsWith(prefix) || pod.metadata['deletionTimestamp'] !== undefined) {
    return [];
  }
  return pod.spec.containers.flatMap((container) => {
    const state = pod.status?.containerStatuses?.find((one) => one.name === container.name)?.state;
    const env = new Map(container.env?.map((one) => [one.name, one.value]));
    if (state?.running === undefined || env.get('STANDIN_TCP') === 'refuse') {
      return [];
    }
    const status = Number(pod.metadata.annotations?.[HTTP_STATUS] ?? env.get('STANDIN_HTTP_STATUS') ?? 200);
    const body = `${container.image} ${pod.metadata.namespace ?? ''}/${pod.metadata.name}\n`;
    const ports = (container.ports ?? []).filter((port) => (port.protocol ?? 'TCP') === 'TCP');
    return ports.map(({ containerPort }) => ({ address, port: containerPort, status, body }));
  });
}

/** The listeners that are open, by pod. */
class Listeners {
  readonly failures: string[] = [];
  readonly #open = new Map<string, { readonly like: string; readonly servers: readonly Server[] }>();
  // One change after another: an address may pass from one pod to the next.
  #turn = Promise.resolve();

  get pods(): readonly string[] {
    return [...this.#open.keys()];
  }

  get names(): readonly string[] {
    return [...this.#open.values()].flatMap(({ servers }) => servers.map(nameOf)).sort();
  }

  /** Makes a pod listen at exactly these addresses. */
  async set(uid: string, wanted: readonly Listener[]): Promise<void> {
    this.#turn = this.#turn.then(async () => this.#change(uid, wanted));
    return this.#turn;
  }

  async #change(uid: string, wanted: readonly Listener[]): Promise<void> {
    const like = JSON.stringify(wanted);
    const now = this.#open.get(uid);
    if (now?.like === like || (now === undefined && wanted.length === 0)) {
      return;
    }
    this.#open.delete(uid);
    await Promise.all((now?.servers ?? []).map(closeServer));
    const servers = await Promise.all(wanted.map(async (one) => listen(one, this.failures)));
    if (wanted.length > 0) {
      this.#open.set(uid, { like, servers: servers.flatMap((server) => server ?? []) });
    }
  }
}

/** Lists the pods, then follows them until the server ends the watch or the signal fires. */
async function follow(world: Place, listeners: Listeners, signal: AbortSignal): Promise<void> {
  const { items, metadata } = await world.kube.get<{ items: Pod[]; metadata: { resourceVersion: string } }>(
    '/api/v1/pods',
  );
  const seen = new Set(items.map((pod) => pod.metadata.uid));
  const gone = listeners.pods.filter((uid) => !seen.has(uid));
  await Promise.all(gone.map(async (uid) => listeners.set(uid, [])));
  await Promise.all(
    items.map(async (pod) => listeners.set(pod.metadata.uid ?? '', listenersOf(pod, world.podPrefix))),
  );
  const path = `/api/v1/pods?resourceVersion=${metadata.resourceVersion}`;
  await world.kube.watch(path, signal, (type, object) => {
    if (type !== 'ERROR') {
      void listeners.set(
        object.metadata.uid ?? '',
        type === 'DELETED' ? [] : listenersOf(object as Pod, world.podPrefix),
      );
    }
  });
}

/** Listens at the address of every simulated pod as its containers would, until stop(). */
export function startWorkloads(world: Place): Workloads {
  const listeners = new Listeners();
  const ending = new AbortController();
  const { signal } = ending;
  const followed = (async () => {
    while (!signal.aborted) {
      // A test may have stopped the API server: ask again until it is back.
      await follow(world, listeners, signal).catch(() => undefined);
      await sleep(100, undefined, { signal }).catch(() => undefined);
    }
  })();
  return {
    failures: listeners.failures,
    listening: () => listeners.names,
    stop: async () => {
      ending.abort();
      await followed;
      await Promise.all(listeners.pods.map(async (uid) => listeners.set(uid, [])));
    },
  };
}

async function listen(wanted: Listener, failures: string[]): Promise<Server | undefined> {
  const server = createServer((_request, answer) => {
    answer.writeHead(wanted.status, { 'content-type': 'text/plain' }).end(wanted.body);
  });
  return new Promise((resolve) => {
    server.once('error', (error) => {
      failures.push(`${wanted.address}:${wanted.port} ${error.message}`);
      resolve(undefined);
    });
    server.listen(wanted.port, wanted.address, () => resolve(server));
  });
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

function nameOf(server: Server): string {
  const address = server.address();
  return typeof address === 'object' && address !== null ? `${address.address}:${address.port}` : '';
}
