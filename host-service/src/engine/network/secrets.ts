import { z } from 'zod';
import { PROXY_CREDENTIAL_SECRET, REGISTRY_CREDENTIALS_SECRET } from '../../contract/network/settings.ts';
import { Problem } from '../../contract/problem.ts';
import { toBase64Text } from '../../core/network/base64.ts';
import { dockerConfigOf } from '../../core/network/source-access.ts';
import type { Credential } from '../../core/network/way-out.ts';
import type { Cluster, KubeObject } from '../ports.ts';
import { changeTexts, ownSecret, textsOf } from '../setup/secret-texts.ts';

type Reads = Pick<Cluster, 'get'>;
type Writes = Pick<Cluster, 'get' | 'create' | 'replace'>;

const DOCKER_KEY = '.dockerconfigjson';
/** So often a write is repeated when somebody else was faster. */
const TRIES = 8;

const Entry = z.looseObject({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
});
const DockerConfig = z.looseObject({ auths: z.record(z.string(), Entry) });

/** Names and passwords by registry host, and the revision of the Secret that they come from. */
export interface RegistryCredentials {
  readonly byHost: ReadonlyMap<string, Credential>;
  /** `0` when there is none. */
  readonly revision: string;
}

/** What a docker configuration says, in whichever of its two ways; what cannot be read is left out. */
export function credentialsIn(object: KubeObject | undefined): ReadonlyMap<string, Credential> {
  const parsed = DockerConfig.safeParse(jsonOf(textsOf(object)[DOCKER_KEY] ?? ''));
  const entries = Object.entries(parsed.data?.auths ?? {});
  return new Map(entries.flatMap(([host, entry]) => pairOf(host.replace(/^https:\/\//, ''), entry)));
}

function pairOf(host: string, entry: z.infer<typeof Entry>): readonly (readonly [string, Credential])[] {
  const { username, password } = entry;
  if (username !== undefined && password !== undefined) return [[host, { username, password }]];
  const pair = textsOf({ ...EMPTY, data: { auth: entry.auth ?? '' } })['auth'] ?? '';
  const colon = pair.indexOf(':');
  return colon < 1 ? [] : [[host, { username: pair.slice(0, colon), password: pair.slice(colon + 1) }]];
}

const EMPTY = { apiVersion: 'v1', kind: 'Secret', metadata: { name: '' } } as const;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Credentials for registries that a person has set. Problems cluster.*. */
export async function readRegistryCredentials(
  cluster: Reads,
  namespace: string,
  signal: AbortSignal,
): Promise<RegistryCredentials> {
  const found = await cluster.get(ownSecret(REGISTRY_CREDENTIALS_SECRET, namespace), signal);
  return { byHost: credentialsIn(found), revision: found?.metadata.resourceVersion ?? '0' };
}

/** Sets credentials for registries, `null` takes one away; the others stay. Problems cluster.*. */
export async function keepRegistryCredentials(
  cluster: Writes,
  namespace: string,
  changes: ReadonlyMap<string, Credential | null>,
  signal: AbortSignal,
): Promise<void> {
  if (changes.size === 0) return;
  for (let attempt = 1; ; attempt += 1) {
    const { byHost, revision } = await readRegistryCredentials(cluster, namespace, signal);
    const merged = new Map(byHost);
    for (const [host, credential] of changes) {
      if (credential === null) merged.delete(host);
      else merged.set(host, credential);
    }
    if (revision === '0' && merged.size === 0) return;
    const secret = {
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/dockerconfigjson' },
      data: { [DOCKER_KEY]: toBase64Text(dockerConfigOf(merged)) },
    };
    const metadata = { name: REGISTRY_CREDENTIALS_SECRET, namespace };
    try {
      if (revision === '0') await cluster.create({ ...secret, metadata }, signal);
      else await cluster.replace({ ...secret, metadata: { ...metadata, resourceVersion: revision } }, signal);
      return;
    } catch (error) {
      const conflict = error instanceof Problem && error.code === 'cluster.conflict';
      if (!conflict || attempt >= TRIES) throw error;
    }
  }
}

/** Name and password for the proxy, as a person has set them, with the revision of the Secret. Problems cluster.*. */
export async function readProxyCredential(
  cluster: Reads,
  namespace: string,
  signal: AbortSignal,
): Promise<{ readonly credential: Credential | undefined; readonly revision: string }> {
  const found = await cluster.get(ownSecret(PROXY_CREDENTIAL_SECRET, namespace), signal);
  const { username, password } = textsOf(found);
  const isSet = username !== undefined && password !== undefined;
  return {
    credential: isSet ? { username, password } : undefined,
    revision: found?.metadata.resourceVersion ?? '0',
  };
}

/** Sets the credential for the proxy; `null` empties it. Problems cluster.*. */
export async function keepProxyCredential(
  cluster: Writes,
  namespace: string,
  credential: Credential | null,
  signal: AbortSignal,
): Promise<void> {
  await changeTexts(
    cluster,
    ownSecret(PROXY_CREDENTIAL_SECRET, namespace),
    (texts) => {
      if (credential === null) return Object.keys(texts).length === 0 ? undefined : {};
      return { username: credential.username, password: credential.password };
    },
    signal,
  );
}
