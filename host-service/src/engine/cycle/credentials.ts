import { REGISTRY_CREDENTIALS_SECRET } from '../../contract/network/settings.ts';
import type { Credential } from '../../core/network/way-out.ts';
import type { OpenWay } from '../network/ports.ts';
import { credentialsIn } from '../network/secrets.ts';
import type { Cluster } from '../ports.ts';
import { ownSecret } from '../setup/secret-texts.ts';

/**
 * The credential for a host: from the Secrets that overrides for it or for what it mirrors name (type kubernetes.io/dockerconfigjson, in the control
 * plane's namespace), under the host's own name, so that a mirror never gets what is meant for another. undefined when there is none or it cannot
 * be read: the registry then says what it thinks of that. Throws Problem cluster.*.
 */
export async function registryCredential(
  cluster: Pick<Cluster, 'get'>,
  { registries, credentials }: OpenWay,
  namespace: string,
  host: string,
  signal: AbortSignal,
): Promise<Credential | undefined> {
  const named = registries.flatMap(({ host: own, mirrors, credentialSecret }) => {
    const isFor = own === host || mirrors.some((mirror) => URL.parse(mirror)?.host === host);
    return isFor && credentialSecret !== undefined ? [credentialSecret] : [];
  });
  for (const name of new Set(named)) {
    // Those that a person has set were read together with the way.
    const known =
      name === REGISTRY_CREDENTIALS_SECRET
        ? credentials
        : credentialsIn(await cluster.get(ownSecret(name, namespace), signal));
    const found = known.get(host);
    if (found !== undefined) return found;
  }
  return undefined;
}
