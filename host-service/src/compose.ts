import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { openBaked } from './baked.ts';
import type { ControlPlaneConfig } from './contract/config.ts';
import { Repository } from './contract/names.ts';
import { Problem, problemOf } from './contract/problem.ts';
import type { Product } from './contract/product.ts';
import type { Trust } from './contract/trust.ts';
import { unpack } from './edges/archive/unpack.ts';
import { createClock } from './edges/clock/clock.ts';
import { tryEndpoint } from './edges/endpoints/try.ts';
import { readProduct, readTrust } from './edges/files/config.ts';
import { createSecretFile } from './edges/files/secret-file.ts';
import { createHasher } from './edges/hasher/hasher.ts';
import { createCluster, type ConnectedCluster } from './edges/kubernetes/cluster.ts';
import { inClusterAuth, loadKubeconfig } from './edges/kubernetes/connect/kubeconfig.ts';
import { createLicence } from './edges/licence/licence.ts';
import { createLog } from './edges/log/log.ts';
import { createProber } from './edges/prober/prober.ts';
import { createSignIn } from './edges/prober/sign-in.ts';
import { createRandom } from './edges/random/random.ts';
import { followingRegistry } from './edges/registry/following.ts';
import { tryCredential } from './edges/registry/try-credential.ts';
import { createAccess, type OwnedAccess } from './engine/access/create-access.ts';
import type { ClaimFile } from './engine/access/ports.ts';
import { registryCredential } from './engine/cycle/credentials.ts';
import { emptyMemory, PATIENCE, type Engine } from './engine/engine.ts';
import { createHandle } from './engine/handle/create-handle.ts';
import type { Handle } from './engine/handle/handle.ts';
import { fence } from './engine/lead/fence.ts';
import { createLeader, type Leader } from './engine/lead/leader.ts';
import { createWake, type Wake } from './engine/loop/wake.ts';
import type { NetworkPorts } from './engine/network/ports.ts';
import { createWayReader, type WayReader } from './engine/network/way.ts';
import type { Clock, Log } from './engine/ports.ts';
import { ownBuild, type OwnBuild } from './own-build.ts';

/** The architecture whose images this box runs. */
export const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64';

/** All that the running control plane is made of. */
export interface Parts {
  readonly config: ControlPlaneConfig;
  readonly own: OwnBuild;
  readonly clock: Clock;
  readonly log: Log;
  readonly cluster: ConnectedCluster;
  readonly leader: Leader;
  readonly wake: Wake;
  readonly engine: Engine;
  readonly handle: Handle;
  readonly access: OwnedAccess;
  /** Where a person finds the claim code, when this control plane makes it. */
  readonly claimFile: ClaimFile | undefined;
  close(): Promise<void>;
}

/** Makes everything from the configuration; nothing is asked of the network yet. @throws Problem config.* */
export function compose(config: ControlPlaneConfig): Parts {
  const own = ownBuild();
  const product = productOf(config);
  const trust = trustReader(config.trust);
  const [clock, log] = [createClock(), createLog(config.logLevel)];
  const userAgent = `appliance-control-plane/${own.version}`;
  const cluster = connect(config, userAgent, clock, log);
  const way = openWay(config, cluster, clock);
  const registry = openRegistry(config, product, cluster, { way, userAgent });
  const licence = openLicence(product, way, userAgent);
  const releaseRepository = repositoryOf(config, product);
  const { before, ...baked } = openBaked(config.baked, releaseRepository, log);
  const { namespace } = config;
  const pod = process.env['POD_NAME'];
  const name = identityOf(pod);
  const leader = createLeader({ store: cluster.lease, clock, log, namespace, identity: name });
  const wake = createWake(clock);
  const random = createRandom();
  const engine: Engine = {
    ports: {
      ...{ clock, log, prober: createProber(), registry: before(registry) },
      cluster: fence(cluster, leader.mayWrite),
    },
    ...{ random, product, namespace, releaseRepository, pod, licence, lastAlive: leader.lastAlive },
    signIn: createSignIn(),
    trust: () => trust(log),
    ...{ registries: config.registries, proxy: config.proxy, network: networkPorts(userAgent) },
    architecture: ARCHITECTURE,
    identity: { name, version: own.version, build: own.build },
    patience: { ...PATIENCE, pollMs: config.pollMs },
    ...baked,
    memory: emptyMemory(),
  };
  const handle = createHandle(engine, { cluster, wake, build: own.build, isLeader: leader.mayWrite });
  const names = [product.id, product.name, product.vendor.name];
  const access = createAccess({ cluster, namespace, clock, log, random, hasher: createHasher(), names });
  const claimFile = config.claimCodeFile === undefined ? undefined : createSecretFile(config.claimCodeFile);
  const close = async (): Promise<void> => {
    await Promise.allSettled([registry.close(), cluster.close()]);
  };
  return { config, own, clock, log, cluster, leader, wake, engine, handle, access, claimFile, close };
}

/**
 * Holder of the Lease. A container that is started again in its pod is the same holder and need not wait for its own Lease to expire: the
 * kubelet starts it only after the one before has ended. Without a pod, each start is somebody else.
 */
function identityOf(pod: string | undefined): string {
  return pod ?? `${hostname()}_${randomBytes(6).toString('hex')}`;
}

function connect(
  { kubernetes }: ControlPlaneConfig,
  userAgent: string,
  clock: Clock,
  log: Log,
): ConnectedCluster {
  const auth =
    kubernetes === 'in-cluster' ? inClusterAuth() : loadKubeconfig(kubernetes.kubeconfig, kubernetes.context);
  return createCluster({
    ...{ auth, userAgent, clock, log },
    onConflict: ({ ref, manager, fields }) =>
      log.warn('fields taken back', { kind: ref.kind, name: ref.name, manager, fields: fields.join(' ') }),
  });
}

/** Registries by the way that is in force: the configuration's, and on top of it what lies in the cluster. */
export function openRegistry(
  config: ControlPlaneConfig,
  product: Product,
  cluster: ConnectedCluster,
  { way, userAgent }: { readonly way: WayReader; readonly userAgent: string },
): ReturnType<typeof followingRegistry> {
  const { repository, token } = product.release;
  const host = repository.slice(0, repository.indexOf('/'));
  return followingRegistry(async (signal) => {
    const present = await way.present(signal);
    return {
      key: present.key,
      options: {
        ...present.way,
        token: token === undefined ? undefined : { host, ...token },
        credentials: (asked) =>
          registryCredential(cluster, present.way, config.namespace, asked, AbortSignal.timeout(10_000)),
        ...{ userAgent, unpack },
      },
    };
  });
}

/** The way out as it is in the cluster, on top of the configuration. */
export const openWay = (
  { namespace, registries, proxy }: ControlPlaneConfig,
  cluster: ConnectedCluster,
  clock: Clock,
): WayReader => createWayReader(cluster, clock, { namespace, fixed: { registries, proxy } });

/** Going to one host at a person's wish. */
export const networkPorts = (userAgent: string): NetworkPorts => ({
  measure: (wish, along, signal) => tryEndpoint(wish, along, signal),
  tryCredential: ({ credentials, ...way }, wanted, signal) =>
    tryCredential(
      { ...way, userAgent, credentials: (host) => Promise.resolve(credentials.get(host)) },
      wanted,
      signal,
    ),
});

/** The product, with what this box's own file says otherwise. @throws Problem config.* */
export function productOf(config: ControlPlaneConfig): Product {
  const product = readProduct(config.product);
  const { registration } = product;
  const url = config.registrationUrl;
  if (url === undefined || registration === undefined) return product;
  return { ...product, registration: { ...registration, url } };
}

/** The licence service, by the way that the registries take; undefined where the product has none. */
export function openLicence(
  { registration }: Product,
  way: WayReader,
  userAgent: string,
): ReturnType<typeof createLicence> | undefined {
  return registration === undefined
    ? undefined
    : createLicence({ userAgent, way: async (signal) => (await way.present(signal)).way });
}

/** Where releases of this box come from. @throws Problem config.invalid */
export function repositoryOf(config: ControlPlaneConfig, product: Product): Repository {
  if (config.releaseRepository === undefined) return product.release.repository;
  const parsed = Repository.safeParse(config.releaseRepository);
  if (!parsed.success)
    throw new Problem('config.invalid', `releaseRepository ${config.releaseRepository} is not one`);
  return parsed.data;
}

/** The trust file, read again each time: it may be replaced while the program runs. A broken one keeps the last good one. */
export function trustReader(path: string): (log: Log) => Trust {
  let last = readTrust(path);
  return (log) => {
    try {
      last = readTrust(path);
    } catch (error) {
      const { code, detail } = problemOf(error);
      log.error('trust file cannot be used; the last good one stays', { code, detail });
    }
    return last;
  };
}
