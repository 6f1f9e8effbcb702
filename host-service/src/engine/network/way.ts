import { GROUP_VERSION } from '../../contract/names.ts';
import { APPLIANCE_NAME } from '../../contract/objects.ts';
import { ApplianceSpec } from '../../contract/appliance.ts';
import { REGISTRY_CREDENTIALS_SECRET } from '../../contract/network/settings.ts';
import { Problem } from '../../contract/problem.ts';
import { canonical } from '../../core/json.ts';
import { wayOutOf, type Credential, type WayOut } from '../../core/network/way-out.ts';
import type { Clock, Cluster } from '../ports.ts';
import type { OpenWay } from './ports.ts';
import { readProxyCredential, readRegistryCredentials } from './secrets.ts';

/** Milliseconds for which a look counts: a change acts within this time on every replica. */
const FRESH_MS = 1_000;
/** Milliseconds after which one goes the last known way: registries are asked also while the platform is away. */
const LOOK_MS = 5_000;

/** The way that is in force, and a key that is another one as soon as anything about it is. */
export interface PresentWay {
  readonly way: OpenWay;
  readonly key: string;
}

export interface WayReader {
  /** Never rejects but with the signal: without the platform it is the last known way, at first that of the program's own file. */
  present(signal: AbortSignal): Promise<PresentWay>;
}

/** Reads the way out from the Appliance and its Secrets, once a second at most. */
export function createWayReader(
  cluster: Pick<Cluster, 'get'>,
  clock: Pick<Clock, 'monotonic'>,
  place: { readonly namespace: string; readonly fixed: Pick<WayOut, 'registries' | 'proxy'> },
): WayReader {
  const { namespace, fixed } = place;
  let last: PresentWay = presentOf(wayOutOf(fixed, { registries: [] }), undefined, new Map(), '');
  let at: number | undefined;
  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    try {
      last = await readWay(cluster, namespace, fixed, AbortSignal.timeout(LOOK_MS));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
    at = clock.monotonic();
  };
  return {
    async present(signal) {
      signal.throwIfAborted();
      if (at !== undefined && clock.monotonic() - at < FRESH_MS) return last;
      looking ??= look().finally(() => {
        looking = undefined;
      });
      await looking;
      return last;
    },
  };
}

async function readWay(
  cluster: Pick<Cluster, 'get'>,
  namespace: string,
  fixed: Pick<WayOut, 'registries' | 'proxy'>,
  signal: AbortSignal,
): Promise<PresentWay> {
  const ref = { apiVersion: GROUP_VERSION, kind: 'Appliance', name: APPLIANCE_NAME };
  const appliance = await cluster.get(ref, signal);
  const spec = ApplianceSpec.safeParse(appliance?.['spec'] ?? {}).data ?? ApplianceSpec.parse({});
  const way = wayOutOf(fixed, spec);
  const wantsProxy = spec.network?.proxy !== undefined;
  const wantsNames = spec.registries.some((one) => one.credentialSecret === REGISTRY_CREDENTIALS_SECRET);
  const [proxy, names] = await Promise.all([
    wantsProxy ? readProxyCredential(cluster, namespace, signal) : undefined,
    wantsNames ? readRegistryCredentials(cluster, namespace, signal) : undefined,
  ]);
  const revisions = `${proxy?.revision ?? ''} ${names?.revision ?? ''}`;
  return presentOf(way, proxy?.credential, names?.byHost ?? new Map<string, Credential>(), revisions);
}

function presentOf(
  way: WayOut,
  proxyCredential: Credential | undefined,
  credentials: ReadonlyMap<string, Credential>,
  revisions: string,
): PresentWay {
  // No password is part of the key: the revisions of their Secrets stand for them.
  return { way: { ...way, proxyCredential, credentials }, key: `${canonical(way)} ${revisions}` };
}
