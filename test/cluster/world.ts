import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startFlux, startNode } from './bootstrap.ts';
import { ensureTools } from './build.ts';
import type { Tools } from './build.ts';
import { apiServer, controllerManager, etcd, kwok, registry, scheduler } from './components.ts';
import { eventually, Kube } from './kube.ts';
import { close, Component, freePort, makeFolder } from './process.ts';
import type { Command } from './process.ts';
import type { PodAddresses, Setting } from './components.ts';
import { makeSetting } from './setting.ts';
import { ALL_TOOLS } from './tools.ts';

export interface WorldOptions {
  /** The three Flux controllers (default true). */
  readonly flux?: boolean;
  /** One simulated node `appliance-0` whose pods live as in stages.ts (default true; needs controllers). */
  readonly kwok?: boolean;
  /** docker-registry on loopback over plain HTTP (default true). */
  readonly registry?: boolean;
  /** Audit log of writes with their bodies and of the admin's reads (default true). */
  readonly audit?: boolean;
  /** Controller manager and scheduler (default true). */
  readonly controllers?: boolean;
  /** Where pods get their addresses (default loopback; `routed` for tests of EndpointSlices, needs root). */
  readonly podAddresses?: PodAddresses;
  /** An address of this machine at which API server and registry are for pods of a real node (default: loopback only). */
  readonly address?: string;
}

/** One line of the API server's audit log, as far as tests look at it. */
export interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly requestObject?: unknown;
  readonly userAgent?: string;
  readonly requestReceivedTimestamp: string;
}

export interface World {
  /** Path of the admin's kubeconfig. */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:port`. */
  readonly apiServer: string;
  /** The admin's bearer token. */
  readonly token: string;
  readonly caFile: string;
  /** `127.0.0.1:port`, plain HTTP; empty without a registry. */
  readonly registry: string;
  /** Admin client of the tests. */
  readonly kube: Kube;
  /** Temporary directory of this world, gone after stop(). */
  readonly folder: string;
  /** Addresses of simulated pods begin like this. */
  readonly podPrefix: string;
  /** Process ids of everything that runs. */
  pids(): readonly number[];
  readAudit(): Promise<AuditEvent[]>;
  /** Path of a program that build.ts found or built. */
  bin(name: string): string;
  restart(component: string): Promise<void>;
  stopComponent(component: string, signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  startComponent(component: string): Promise<void>;
  logs(component: string): string;
  stop(): Promise<void>;
}

/**
 * Starts a real API server with what the options name around it, all on loopback and in one temporary directory.
 * @throws Error when a program is missing, ends early or does not answer in time (with the end of its log).
 */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  // A world with an address is for a real node, which needs more programs.
  const tools = await ensureTools(
    options.address === undefined ? {} : { only: ALL_TOOLS.map(({ name }) => name) },
  );
  const folder = await makeFolder();
  const components = new Map<string, Component>();
  try {
    return await assemble(
      {
        flux: true,
        kwok: true,
        registry: true,
        audit: true,
        controllers: true,
        podAddresses: 'loopback',
        ...options,
      },
      tools,
      folder,
      components,
    );
  } catch (error) {
    await close(folder, components.values());
    throw error;
  }
}

async function assemble(
  options: Required<Omit<WorldOptions, 'address'>> & Pick<WorldOptions, 'address'>,
  tools: Tools,
  folder: string,
  components: Map<string, Component>,
): Promise<World> {
  const setting = await makeSetting(options, tools, folder);
  const start = async (made: Command | Promise<Command>): Promise<void> => {
    const component = new Component(await made);
    components.set(component.name, component);
    await component.start();
  };
  const registryPort = await freePort();
  const registryStarts = options.registry ? start(registry(setting, registryPort)) : Promise.resolve();
  const kube = new Kube({
    server: `https://127.0.0.1:${setting.apiPort}`,
    ca: setting.caText,
    token: setting.token('admin'),
  });
  const rest = (async () => {
    const store = await etcd(setting);
    await start(store);
    await start(apiServer(setting, store.url));
    await Promise.all([
      options.controllers ? start(controllerManager(setting)) : undefined,
      options.controllers ? start(scheduler(setting)) : undefined,
      options.kwok ? startNode(kube, () => start(kwok(setting))) : undefined,
      options.flux ? startFlux(kube, tools, setting, start) : undefined,
    ]);
    if (options.controllers) {
      await eventually('the default service account', async () =>
        kube.find('/api/v1/namespaces/default/serviceaccounts/default'),
      );
    }
  })();
  await settle([registryStarts, rest]);

  const registryHost = options.address ?? '127.0.0.1';
  return worldOf(setting, options.registry ? `${registryHost}:${registryPort}` : '', kube, components);
}

function worldOf(
  setting: Setting,
  registryAddress: string,
  kube: Kube,
  components: ReadonlyMap<string, Component>,
): World {
  const component = (name: string): Component => {
    const found = components.get(name);
    if (found === undefined) {
      throw new Error(`no component ${name} in this world: ${[...components.keys()].join(', ')}`);
    }
    return found;
  };
  return {
    kubeconfig: setting.kubeconfig('admin'),
    apiServer: `https://127.0.0.1:${setting.apiPort}`,
    token: setting.token('admin'),
    caFile: setting.pki.ca,
    registry: registryAddress,
    kube,
    podPrefix: setting.pods.prefix,
    folder: setting.folder,
    pids: () => [...components.values()].flatMap((one) => one.pid ?? []),
    readAudit: async () => readAudit(join(setting.folder, 'audit.log')),
    bin: setting.bin,
    restart: async (name) => {
      await component(name).stop();
      await component(name).start();
    },
    stopComponent: async (name, signal) => component(name).stop(signal),
    startComponent: async (name) => component(name).start(),
    logs: (name) => component(name).logs(),
    stop: async () => {
      kube.close();
      await close(setting.folder, components.values());
    },
  };
}

/** Waits for all, so that nothing starts any more when the first failure is thrown. */
async function settle(all: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(all)) {
    if (result.status === 'rejected') {
      throw result.reason;
    }
  }
}

async function readAudit(file: string): Promise<AuditEvent[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as AuditEvent);
}
