import { z } from 'zod';
import type { RegistryOverride } from '../../contract/appliance.ts';
import type { Cluster } from '../ports.ts';

const DockerConfig = z.looseObject({
  auths: z.record(
    z.string(),
    z.looseObject({
      auth: z.string().optional(),
      username: z.string().optional(),
      password: z.string().optional(),
    }),
  ),
});

export interface Credential {
  readonly username: string;
  readonly password: string;
}

const fromBase64 = (text: string): string =>
  new TextDecoder().decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));

/**
 * The credential for a registry from the Secret that its override names (type kubernetes.io/dockerconfigjson, in the control plane's
 * namespace). undefined when there is none or it cannot be read: the registry then says what it thinks of that. Throws Problem cluster.*.
 */
export async function registryCredential(
  cluster: Cluster,
  registries: readonly RegistryOverride[],
  place: { readonly namespace: string; readonly host: string },
  signal: AbortSignal,
): Promise<Credential | undefined> {
  const { namespace, host } = place;
  const isFor = ({ host: own, mirrors }: RegistryOverride): boolean =>
    own === host || mirrors.some((mirror) => new URL(mirror).host === host);
  const name = registries.find(isFor)?.credentialSecret;
  if (name === undefined) return undefined;
  const secret = await cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace, name }, signal);
  return credentialIn(secret?.['data'], host);
}

function credentialIn(data: unknown, host: string): Credential | undefined {
  try {
    const text = z.looseObject({ '.dockerconfigjson': z.base64() }).parse(data)['.dockerconfigjson'];
    const { auths } = DockerConfig.parse(JSON.parse(fromBase64(text)));
    const entry = auths[host] ?? auths[`https://${host}`];
    if (entry?.username !== undefined && entry.password !== undefined) {
      return { username: entry.username, password: entry.password };
    }
    const pair = fromBase64(entry?.auth ?? '');
    const colon = pair.indexOf(':');
    return colon < 1 ? undefined : { username: pair.slice(0, colon), password: pair.slice(colon + 1) };
  } catch {
    return undefined;
  }
}
