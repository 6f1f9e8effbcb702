import type { ControlPlaneConfig } from '../../contract/config.ts';
import { Repository, Version } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import { unpack } from '../../edges/archive/unpack.ts';
import { createClock } from '../../edges/clock/clock.ts';
import { readProduct, readTrust } from '../../edges/files/config.ts';
import type { ConnectedCluster } from '../../edges/kubernetes/cluster.ts';
import { createProber } from '../../edges/prober/prober.ts';
import { createRandom } from '../../edges/random/random.ts';
import { createRegistry } from '../../edges/registry/registry.ts';
import { registryCredential } from '../../engine/cycle/credentials.ts';
import { emptyMemory, PATIENCE, type Engine } from '../../engine/engine.ts';
import { fence } from '../../engine/lead/fence.ts';
import type { Log } from '../../engine/ports.ts';

const VERSION = Version.parse('0.1.0');
export const BUILD = `${VERSION}-direct`;
const CREDENTIAL_MS = 10_000;

/** Commands say what went wrong by their problem; nobody reads a log of theirs. */
const QUIET: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export interface DirectEngine {
  readonly engine: Engine;
  close(): Promise<void>;
}

/**
 * The engine for what people ask, with the files of the control plane. It holds no Lease: what it might do by itself is refused.
 * @throws Problem config.*
 */
export function createDirectEngine(config: ControlPlaneConfig, cluster: ConnectedCluster): DirectEngine {
  const product = readProduct(config.product);
  const trust = readTrust(config.trust);
  const releaseRepository = repositoryOf(config.releaseRepository ?? product.release.repository);
  const { registries, namespace, proxy } = config;
  const host = releaseRepositoryHost(product.release.repository);
  const { token } = product.release;
  const registry = createRegistry({
    ...{ registries, proxy, unpack },
    token: token === undefined ? undefined : { host, ...token },
    credentials: (asked) =>
      registryCredential(cluster, registries, { namespace, host: asked }, AbortSignal.timeout(CREDENTIAL_MS)),
    userAgent: 'appliance-cli',
  });
  const engine: Engine = {
    ports: {
      ...{ clock: createClock(), log: QUIET, prober: createProber(), registry },
      cluster: fence(cluster, () => false),
    },
    random: createRandom(),
    ...{ product, releaseRepository, registries, namespace },
    trust: () => trust,
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    identity: { name: 'appliance-cli', version: VERSION, build: BUILD },
    patience: PATIENCE,
    baked: undefined,
    bakedParts: undefined,
    memory: emptyMemory(),
  };
  return { engine, close: () => registry.close() };
}

const releaseRepositoryHost = (repository: string): string => repository.slice(0, repository.indexOf('/'));

function repositoryOf(text: string): Repository {
  const parsed = Repository.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new Problem('config.invalid', `releaseRepository ${text} is not one`);
}
