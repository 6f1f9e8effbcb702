import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKubernetes, type InnerKubernetes } from './kubernetes/kubernetes.ts';
import { startPlatform, type Platform, type StartOptions } from './platform/platform.ts';
import type { EmbeddedRegistry, RegistryOptions } from './ports.ts';
import { startRegistry } from './registry/registry.ts';

export interface WorldOptions {
  /** Where files of the world go; default a temporary folder that stop() removes. */
  readonly folder?: string;
  /** How long a pod takes to become ready, and a package to be put in place, in milliseconds. */
  readonly startMs?: number;
  readonly packageMs?: number;
  readonly registry?: RegistryOptions;
  /** The platform brings a storage driver and a class of its own, as one on a real machine does. Default true. */
  readonly storage?: boolean;
  /** Told of each look of a controller that failed and is repeated. */
  readonly onFailure?: StartOptions['onFailure'];
}

export interface EmbeddedWorld {
  readonly folder: string;
  readonly registry: EmbeddedRegistry;
  readonly kubernetes: InnerKubernetes;
  readonly platform: Platform;
  /** Ends everything and removes the temporary folder. May be called twice. */
  stop(): Promise<void>;
}

type Stop = () => Promise<unknown>;

/** Runs all, newest first, whatever fails. @throws the first failure */
async function stopAll(stops: Stop[]): Promise<void> {
  const failures: unknown[] = [];
  for (const stop of stops.splice(0).reverse()) await stop().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** Registry, Kubernetes API, delivery controllers, workloads and a host, all in this process on loopback. What was started before a failure is stopped. */
export async function startEmbeddedWorld(options: WorldOptions = {}): Promise<EmbeddedWorld> {
  const { startMs, packageMs, onFailure } = options;
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'appliance-embedded-')));
  const stops: Stop[] = [];
  if (options.folder === undefined)
    stops.push(async () => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  try {
    await mkdir(folder, { recursive: true });
    const registry = await startRegistry(options.registry);
    stops.push(async () => registry.stop());
    const kubernetes = await startKubernetes({ folder });
    stops.push(async () => kubernetes.stop());
    const platform = await startPlatform({
      kubernetes,
      storage: options.storage ?? true,
      ...(startMs === undefined ? {} : { startMs }),
      ...(packageMs === undefined ? {} : { packageMs }),
      ...(onFailure === undefined ? {} : { onFailure }),
    });
    stops.push(async () => platform.stop());
    return { folder, registry, kubernetes, platform, stop: async () => stopAll(stops) };
  } catch (error) {
    await stopAll(stops).catch(() => undefined);
    throw error;
  }
}
