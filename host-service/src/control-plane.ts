import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { openBaked } from './baked.ts';
import type { ControlPlaneConfig } from './contract/config.ts';
import { Repository, Version } from './contract/names.ts';
import { Problem, problemOf } from './contract/problem.ts';
import type { Product } from './contract/product.ts';
import type { Trust } from './contract/trust.ts';
import { unpack } from './edges/archive/unpack.ts';
import { createClock } from './edges/clock/clock.ts';
import { readProduct, readTrust } from './edges/files/config.ts';
import { readManifests } from './edges/files/manifests.ts';
import { createCluster, type ConnectedCluster } from './edges/kubernetes/cluster.ts';
import { inClusterAuth, loadKubeconfig } from './edges/kubernetes/connect/kubeconfig.ts';
import { listen, type Serve } from './edges/listener/listener.ts';
import { createLog } from './edges/log/log.ts';
import { createProber } from './edges/prober/prober.ts';
import { createRandom } from './edges/random/random.ts';
import { createRegistry } from './edges/registry/registry.ts';
import { registryCredential } from './engine/cycle/credentials.ts';
import { emptyMemory, PATIENCE, type Engine } from './engine/engine.ts';
import { fence } from './engine/lead/fence.ts';
import { createLeader, type Leader } from './engine/lead/leader.ts';
import { ensureKinds, ensureNamespace } from './engine/lead/prepare.ts';
import { LOOP, runLoop } from './engine/loop.ts';
import { createWake } from './engine/loop/wake.ts';
import type { Clock, Log } from './engine/ports.ts';
import { ensureAppliance } from './engine/report.ts';

export const VERSION = Version.parse('0.1.0');
/** Definitions of our own kinds: they ship beside the program. */
const DEFINITIONS = fileURLToPath(new URL('../../flux-base/control-plane/crds/', import.meta.url));
/** First and longest wait in milliseconds before preparing is tried again. */
const PREPARE_WAIT = { first: 500, longest: 15_000 } as const;

/** The architecture whose images this box runs. */
const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64';

/**
 * Holder of the Lease. A container that is started again in its pod is the same holder and need not wait for its own Lease to expire: the
 * kubelet starts it only after the one before has ended. Without a pod, each start is somebody else.
 */
function identityOf(pod: string | undefined): string {
  return pod ?? `${hostname()}_${randomBytes(6).toString('hex')}`;
}

/** All that the running control plane is made of. */
interface Parts {
  readonly config: ControlPlaneConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly cluster: ConnectedCluster;
  readonly leader: Leader;
  readonly engine: Engine;
  close(): Promise<void>;
}

/**
 * Runs the control plane until the signal fires: composes the edges, listens, takes part in the election and runs the engine while it
 * leads. On the signal it stops the current write, releases the Lease and returns.
 *
 * @throws Problem config.* when it cannot even start
 */
export async function runControlPlane(config: ControlPlaneConfig, signal: AbortSignal): Promise<void> {
  const parts = compose(config);
  const { clock, log, cluster, leader, engine } = parts;
  let prepared = false;
  const listener = await listen(
    config.listen,
    answersOf(() => ({ draining: signal.aborted, ready: prepared })),
  ).catch((cause: unknown) => {
    throw new Problem('config.invalid', `cannot listen on ${config.listen}`, { cause });
  });
  log.info('control plane started', {
    version: VERSION,
    identity: engine.identity.name,
    listen: listener.address,
  });
  try {
    await persist(parts, signal, () => ensureNamespace(cluster, config.namespace, signal));
    prepared = !signal.aborted;
    const wake = createWake(clock);
    await leader.run(async (held) => {
      await persist(parts, held, () => ensureKinds(engine.ports, readManifests(DEFINITIONS), held));
      await persist(parts, held, () => ensureAppliance(engine, held));
      await runLoop(engine, wake, { ...LOOP, resyncMs: config.resyncMs }, held);
    }, signal);
  } finally {
    await listener.close();
    await parts.close();
    log.info('control plane stopped');
  }
}

function compose(config: ControlPlaneConfig): Parts {
  const product = readProduct(config.product);
  const trust = trustReader(config.trust);
  const ports = { clock: createClock(), log: createLog(config.logLevel), prober: createProber() };
  const { clock, log } = ports;
  const { kubernetes } = config;
  const auth =
    kubernetes === 'in-cluster' ? inClusterAuth() : loadKubeconfig(kubernetes.kubeconfig, kubernetes.context);
  const cluster = createCluster({
    auth,
    userAgent: `appliance-control-plane/${VERSION}`,
    clock,
    log,
    onConflict: ({ ref, manager, fields }) =>
      log.warn('fields taken back', { kind: ref.kind, name: ref.name, manager, fields: fields.join(' ') }),
  });
  const registry = openRegistry(config, product, cluster);
  const releaseRepository = repositoryOf(config, product);
  const { before, ...baked } = openBaked(config.baked, releaseRepository, log);
  const name = identityOf(process.env['POD_NAME']);
  const leader = createLeader({
    store: cluster.lease,
    clock,
    log,
    namespace: config.namespace,
    identity: name,
  });
  const engine: Engine = {
    ports: { ...ports, registry: before(registry), cluster: fence(cluster, leader.mayWrite) },
    random: createRandom(),
    product,
    trust: () => trust(log),
    releaseRepository,
    registries: config.registries,
    architecture: ARCHITECTURE,
    namespace: config.namespace,
    identity: { name, version: VERSION, build: `${VERSION}-source` },
    patience: { ...PATIENCE, pollMs: config.pollMs },
    ...baked,
    memory: emptyMemory(),
  };
  const close = async (): Promise<void> => {
    await Promise.allSettled([registry.close(), cluster.close()]);
  };
  return { config, clock, log, cluster, leader, engine, close };
}

function openRegistry(
  config: ControlPlaneConfig,
  product: Product,
  cluster: ConnectedCluster,
): ReturnType<typeof createRegistry> {
  const { repository, token } = product.release;
  const host = repository.slice(0, repository.indexOf('/'));
  return createRegistry({
    registries: config.registries,
    proxy: config.proxy,
    token: token === undefined ? undefined : { host, ...token },
    credentials: (asked) =>
      registryCredential(
        cluster,
        config.registries,
        { namespace: config.namespace, host: asked },
        AbortSignal.timeout(10_000),
      ),
    userAgent: `appliance-control-plane/${VERSION}`,
    unpack,
  });
}

function repositoryOf(config: ControlPlaneConfig, product: Product): Repository {
  if (config.releaseRepository === undefined) return product.release.repository;
  const parsed = Repository.safeParse(config.releaseRepository);
  if (!parsed.success)
    throw new Problem('config.invalid', `releaseRepository ${config.releaseRepository} is not one`);
  return parsed.data;
}

/** The trust file, read again each time: it may be replaced while the program runs. A broken one keeps the last good one. */
function trustReader(path: string): (log: Log) => Trust {
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

/** Tries until it works or the signal fires: at boot the cluster may come up after us. */
async function persist({ clock, log }: Parts, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  for (
    let waitMs: number = PREPARE_WAIT.first;
    !signal.aborted;
    waitMs = Math.min(waitMs * 2, PREPARE_WAIT.longest)
  ) {
    try {
      await act();
      return;
    } catch (error) {
      if (signal.aborted) return;
      const { code, detail } = problemOf(error);
      log.warn('not ready to start yet', { code, detail, againMs: waitMs });
      await clock.sleep(waitMs, signal);
    }
  }
}

/** `/api/healthz`: alive. `/api/ready`: has seen its cluster. Both 503 while it drains (design §6). */
function answersOf(state: () => { readonly draining: boolean; readonly ready: boolean }): Serve {
  const probes = new Map([
    ['/api/healthz', () => true],
    ['/api/ready', () => state().ready],
  ]);
  return ({ url }) => {
    const isGood = probes.get(new URL(url).pathname);
    if (isGood === undefined) return Response.json({ code: 'request.not-found' }, { status: 404 });
    const status = state().draining ? 'draining' : isGood() ? 'ok' : 'starting';
    return Response.json({ status, version: VERSION }, { status: status === 'ok' ? 200 : 503 });
  };
}
