import { openBaked, type Baked } from './baked.ts';
import type { DirectEngine, MakeDirectEngine } from './cli/desk/direct-desk.ts';
import {
  ARCHITECTURE,
  networkPorts,
  openRegistry,
  openWay,
  productOf,
  repositoryOf,
  trustReader,
} from './compose.ts';
import type { ControlPlaneConfig } from './contract/config.ts';
import type { Repository } from './contract/names.ts';
import { Problem } from './contract/problem.ts';
import { createClock } from './edges/clock/clock.ts';
import type { ConnectedCluster } from './edges/kubernetes/cluster.ts';
import { createProber } from './edges/prober/prober.ts';
import { createRandom } from './edges/random/random.ts';
import { emptyMemory, PATIENCE, type Engine } from './engine/engine.ts';
import { fence } from './engine/lead/fence.ts';
import type { Log } from './engine/ports.ts';
import { ownBuild } from './own-build.ts';

const NAME = 'appliance-cli';

/** Commands say what went wrong by their problem; nobody reads a log of theirs. */
const QUIET: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/**
 * The engine for what people ask on the command line, wired as the control plane's own and from the same files. Without a Lease, what it might
 * do by itself is refused.
 *
 * @throws Problem config.*
 */
export function createDirectEngine(
  config: ControlPlaneConfig,
  cluster: ConnectedCluster,
  { name, mayWrite }: NonNullable<Parameters<MakeDirectEngine>[2]> = { name: NAME, mayWrite: () => false },
): DirectEngine {
  const own = ownBuild();
  const product = productOf(config);
  const trust = trustReader(config.trust);
  const releaseRepository = repositoryOf(config, product);
  const { registries, proxy, namespace } = config;
  const clock = createClock();
  const way = openWay(config, cluster, clock);
  const registry = openRegistry(config, product, cluster, { way, userAgent: NAME });
  const { before, ...baked } = bakedAt(config.baked, releaseRepository);
  const engine: Engine = {
    ports: {
      ...{ clock, log: QUIET, prober: createProber(), registry: before(registry) },
      cluster: fence(cluster, mayWrite),
    },
    random: createRandom(),
    ...{ product, releaseRepository, registries, proxy, namespace, network: networkPorts(NAME) },
    trust: () => trust(QUIET),
    architecture: ARCHITECTURE,
    identity: { name, version: own.version, build: `${own.version}-direct` },
    patience: PATIENCE,
    ...baked,
    memory: emptyMemory(),
  };
  return { engine, close: () => registry.close() };
}

/** What came with the box, if this is the box: a command may run elsewhere, or be what is left when a folder is gone. */
function bakedAt(folder: string | undefined, repository: Repository): Baked {
  try {
    return openBaked(folder, repository, QUIET);
  } catch (error) {
    if (error instanceof Problem && error.code.startsWith('config.'))
      return openBaked(undefined, repository, QUIET);
    throw error;
  }
}
