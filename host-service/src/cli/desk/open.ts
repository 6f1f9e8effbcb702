import { Problem } from '../../contract/problem.ts';
import { createApiClient, type ApiClient } from '../../edges/api-client/client.ts';
import { createClock } from '../../edges/clock/clock.ts';
import { readSmallText } from '../../edges/files/small-file.ts';
import { createCluster, type ConnectedCluster } from '../../edges/kubernetes/cluster.ts';
import { loadKubeconfig } from '../../edges/kubernetes/connect/kubeconfig.ts';
import { createRandom } from '../../edges/random/random.ts';
import { mintCliSession } from '../../engine/access/cli-session.ts';
import { passwordIn } from '../access/options.ts';
import { createApiDesk, type Entrance } from './api-desk.ts';
import type { Desk } from './desk.ts';
import { openDirectDesk, type MakeDirectEngine } from './direct-desk.ts';
import { accountOf, type Door, type DoorOptions } from './door.ts';
import { controlPlaneOrigins } from './find.ts';

const USER_AGENT = 'appliance-cli';
/** Milliseconds within which a control plane has to say that it is ready; else the next one is asked. */
const READY_MS = 3_000;
const CA_BYTES = 256 * 1024;

/** Opens the way that a door names. Nothing is asked yet. @throws Problem config.* */
export type OpenDesk = (door: Door) => Desk;

/** What the command line cannot make itself: wiring belongs to the roots. */
export interface Wiring {
  readonly direct: MakeDirectEngine;
}

/** The ways to a box. */
export const createOpenDesk =
  ({ direct }: Wiring): OpenDesk =>
  (door) => {
    const { options } = door;
    if (door.way === 'direct') return openDirectDesk(clusterOf(options, door.kubeconfig), options, direct);
    return createApiDesk(entranceOf(door.origin, options), createClock());
  };

/** The cluster itself, with the rights of the kubeconfig. @throws Problem config.* */
export const clusterOf = ({ context }: DoorOptions, kubeconfig: string): ConnectedCluster =>
  createCluster({ auth: loadKubeconfig(kubeconfig, context), userAgent: USER_AGENT });

function entranceOf(origin: string | undefined, options: DoorOptions): Entrance {
  const { ca: caFile, kubeconfig, user, passwordFile, namespace } = options;
  const ca = caFile === undefined ? undefined : readSmallText(caFile, CA_BYTES);
  const cluster = kubeconfig === undefined ? undefined : clusterOf(options, kubeconfig);
  const password = passwordFile === undefined ? undefined : passwordIn(passwordFile);
  return {
    endsSession: user !== undefined,
    connect: async (signal) => {
      if (origin !== undefined) return createApiClient({ origin, ca, userAgent: USER_AGENT });
      return findApi(needed(cluster), namespace, signal);
    },
    signIn: async (client, signal) => {
      if (user !== undefined && password !== undefined) return client.login(user, password, signal);
      const parts = { cluster: needed(cluster), namespace, clock: createClock(), random: createRandom() };
      const { cookie } = await mintCliSession(parts, accountOf(options), signal);
      // Which of its two names the control plane reads depends on whether it lets sessions travel over plain HTTP.
      return `__Host-appliance=${cookie}; appliance=${cookie}`;
    },
    close: async () => cluster?.close(),
  };
}

function needed(cluster: ConnectedCluster | undefined): ConnectedCluster {
  if (cluster === undefined) throw new Problem('internal.bug', 'a way without API and without cluster');
  return cluster;
}

/** The first of the ready control planes that answers. @throws Problem client.disconnected, cluster.* */
async function findApi(
  cluster: ConnectedCluster,
  namespace: string,
  signal: AbortSignal,
): Promise<ApiClient> {
  for (const origin of await controlPlaneOrigins(cluster, namespace, signal)) {
    const client = createApiClient({ origin, isFromCluster: true, userAgent: USER_AGENT });
    if (await client.isReady(AbortSignal.any([signal, AbortSignal.timeout(READY_MS)]))) return client;
    client.close();
  }
  throw new Problem(
    'client.disconnected',
    'no control plane is ready, or it cannot be reached from here; --api names one, --direct works on the objects (needs --kubeconfig)',
  );
}
