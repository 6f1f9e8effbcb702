import type { ApplianceSpec } from '../../contract/appliance.ts';
import { sourceAccess, type SourceAccess } from '../../core/network/source-access.ts';
import { wayOutOf, type Credential, type WayOut } from '../../core/network/way-out.ts';
import { registryCredential } from '../cycle/credentials.ts';
import type { Engine } from '../engine.ts';
import { readProxyCredential, readRegistryCredentials } from './secrets.ts';

/**
 * How the delivery reaches registries; undefined where nobody has set anything, so that a box without such settings is asked for nothing more.
 *
 * @throws Problem cluster.*
 */
export async function observeAccess(
  engine: Engine,
  spec: Pick<ApplianceSpec, 'registries' | 'network'>,
  signal: AbortSignal,
): Promise<((repository: string) => SourceAccess) | undefined> {
  const way = wayOutOf(engine, spec);
  if (!isSet(way)) return undefined;
  const { namespace, ports, releaseRepository } = engine;
  const [proxy, stored] = await Promise.all([
    way.proxy === undefined ? undefined : readProxyCredential(ports.cluster, namespace, signal),
    readRegistryCredentials(ports.cluster, namespace, signal),
  ]);
  // The bundle and its packages come from where releases come from (architecture: appliance_registry).
  const open = { ...way, proxyCredential: proxy?.credential, credentials: stored.byHost };
  const host = firstHost(releaseRepository, way);
  const known = new Map<string, Credential | undefined>();
  for (const one of new Set([host, hostOf(releaseRepository)]))
    known.set(one, await registryCredential(ports.cluster, open, namespace, one, signal));
  return (repository) =>
    sourceAccess(hostOf(repository), way, {
      proxy: proxy?.credential,
      registry: known.get(firstHost(repository, way)) ?? stored.byHost.get(firstHost(repository, way)),
    });
}

const isSet = ({ proxy, ca, registries }: WayOut): boolean =>
  proxy !== undefined ||
  ca !== undefined ||
  registries.some((one) => one.ca !== undefined || one.credentialSecret !== undefined);

const hostOf = (repository: string): string => repository.slice(0, repository.indexOf('/'));

/** The first mirror of a repository's registry, else the registry. */
function firstHost(repository: string, { registries }: WayOut): string {
  const host = hostOf(repository);
  const mirror = registries.find((one) => one.host === host)?.mirrors[0];
  return URL.parse(mirror ?? '')?.host ?? host;
}
