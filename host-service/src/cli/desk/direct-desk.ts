import type { Actor } from '../../contract/appliance.ts';
import { readConfig } from '../../edges/files/config.ts';
import type { ConnectedCluster } from '../../edges/kubernetes/cluster.ts';
import { createHandle } from '../../engine/handle/create-handle.ts';
import type { Handle } from '../../engine/handle/handle.ts';
import { snapshotOf } from '../../engine/handle/live/status-view.ts';
import { createWake } from '../../engine/loop/wake.ts';
import { readAppliance, readOperations } from '../../engine/verbs.ts';
import type { ControlPlaneConfig } from '../../contract/config.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Desk, Following } from './desk.ts';
import { directNetworkDesk } from './network-desk.ts';
import { directSetupDesk } from './setup-desk.ts';
import { accountOf, type DoorOptions } from './door.ts';

export interface DirectEngine {
  readonly engine: Engine;
  close(): Promise<void>;
}

/**
 * Makes the engine for what people ask, from the control plane's own files. It writes only while `lead` says so; without one, never.
 * @throws Problem config.*
 */
export type MakeDirectEngine = (
  config: ControlPlaneConfig,
  cluster: ConnectedCluster,
  lead?: { readonly name: string; readonly mayWrite: () => boolean },
) => DirectEngine;

/** The desk on the objects themselves, through the functions that the API calls. @throws Problem config.* */
export function openDirectDesk(
  cluster: ConnectedCluster,
  options: DoorOptions,
  makeEngine: MakeDirectEngine,
): Desk {
  const config = readConfig(options.config);
  const { engine, close } = makeEngine({ ...config, namespace: options.namespace }, cluster);
  const { clock } = engine.ports;
  const handle = createHandle(engine, {
    ...{ cluster, build: engine.identity.build },
    wake: createWake(clock),
    isLeader: () => false,
  });
  const actor: Actor = { by: accountOf(options), via: 'cli' };
  return {
    setup: directSetupDesk(handle, actor),
    network: directNetworkDesk(handle, actor),
    status: async (signal) => {
      const [appliance, operations] = await Promise.all([
        readAppliance(cluster, signal),
        readOperations(cluster, signal),
      ]);
      const seen = { isConnected: true, since: clock.now().toISOString() };
      const { product } = engine;
      const { view } = snapshotOf({
        ...{ appliance, operations, product, build: engine.identity.build },
        cluster: seen,
        last: undefined,
      });
      return view;
    },
    releases: (signal) => handle.releases(signal),
    checks: (signal) => handle.checks(signal),
    runChecks: (request, signal) => handle.runChecks(request, { actor }, signal),
    operations: (signal) => handle.operations(signal),
    operation: (name, signal) => handle.operation(name, signal),
    changeIntent: (change, { expected }, signal) => handle.changeIntent(change, { actor, expected }, signal),
    previewIntent: (change, { expected }, signal) =>
      handle.previewIntent(change, { actor, expected }, signal),
    request: (body, signal) => handle.request(body, { actor }, signal),
    follow: async (following, signal) => {
      // Says at once what would else be a silent wait.
      await readAppliance(cluster, signal);
      await follow(handle, following, signal);
    },
    close: async () => {
      await Promise.allSettled([close(), cluster.close()]);
    },
  };
}

async function follow({ live }: Handle, { after, onEvent }: Following, signal: AbortSignal): Promise<void> {
  const leave = live.subscribe(after, onEvent);
  try {
    await live.run(signal);
  } finally {
    leave();
  }
}
