import { credentialsFromDockerConfig } from 'oci-client-lite/docker-config.ts';
import { createClient } from 'oci-client-lite/client.ts';
import { isOciError, type OciErrorKind } from 'oci-client-lite/errors.ts';
import { isRegistryHost, parseReference } from 'oci-client-lite/reference.ts';
import type { OciClient, Reference, RegistrySettings } from 'oci-client-lite/types.ts';
import { Digest, Repository } from '../contract/names.ts';
import { Problem, type ProblemCode } from '../contract/problem.ts';
import type { Artifact } from '../core/publish/artifact.ts';

const CODES: Readonly<Record<OciErrorKind, ProblemCode>> = {
  'invalid-reference': 'request.invalid',
  'not-found': 'registry.not-found',
  denied: 'registry.denied',
  'credentials-stale': 'registry.credentials-stale',
  'rate-limited': 'registry.rate-limited',
  outage: 'registry.outage',
  tls: 'registry.tls',
  dns: 'registry.dns',
  proxy: 'registry.proxy',
  connect: 'registry.connect',
  timeout: 'registry.timeout',
  'too-slow': 'registry.timeout',
  damaged: 'registry.damaged',
  'too-large': 'registry.too-large',
  protocol: 'registry.protocol',
  'redirect-refused': 'registry.redirect-refused',
  'realm-refused': 'registry.redirect-refused',
  cancelled: 'registry.cancelled',
  conflict: 'publish.exists',
  unsupported: 'registry.protocol',
};

/** Runs a call of the registry client; its errors become Problems. */
export async function asProblem<T>(call: () => Promise<T> | T): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isOciError(error)) throw error;
    const where = error.registry === '' || error.detail.includes(error.registry) ? '' : `${error.registry}: `;
    throw new Problem(CODES[error.kind], `${where}${error.detail}`, { cause: error });
  }
}

/** @throws Problem request.invalid */
export async function referenceOf(text: string): Promise<Reference> {
  return asProblem(() => parseReference(text));
}

/** `host[:port]/path` without tag, digest and scheme. @throws Problem request.invalid (B-37: one parser for `oci://` and without) */
export async function repositoryOf(text: string): Promise<Repository> {
  const ref = await referenceOf(text);
  const repository = Repository.safeParse(`${ref.registry}/${ref.repository}`);
  if (!repository.success || ref.tag !== undefined || ref.digest !== undefined) {
    throw new Problem('request.invalid', `${text} is not a repository (registry-host/path)`);
  }
  return repository.data;
}

export interface ClientInput {
  /** Registries that are reached over plain HTTP; loopback ones are anyway. */
  readonly plainHttp: boolean;
  readonly repositories: readonly string[];
  /** Text of a docker config.json with push credentials. */
  readonly dockerConfig: string | undefined;
}

/** A client for the registries named. @throws Problem config.invalid when the docker configuration cannot be read */
export function publishClient(input: ClientInput): OciClient {
  const registries: Record<string, RegistrySettings> = {};
  try {
    const credentials = credentialsFromDockerConfig(input.dockerConfig ?? '{}');
    for (const [host, credential] of credentials) registries[host] = { credential };
  } catch (error) {
    throw new Problem('config.invalid', 'the docker configuration cannot be read', { cause: error });
  }
  if (input.plainHttp) {
    const hosts = input.repositories.map((name) => name.replace(/^oci:\/\//, '').split('/')[0] ?? '');
    for (const host of hosts.filter(isRegistryHost)) {
      registries[host] = { ...registries[host], plainHttp: true };
    }
  }
  return createClient({ registries });
}

/** What a tag names now; undefined when it does not exist. */
export async function tagDigest(client: OciClient, ref: Reference): Promise<Digest | undefined> {
  const answer = await asProblem(() => client.head(ref));
  return answer === undefined ? undefined : Digest.parse(answer.digest);
}

/** Pushes blobs and manifest by digest: invisible to everybody who reads tags. */
export async function pushByDigest(client: OciClient, repository: string, artifact: Artifact): Promise<void> {
  const ref = await referenceOf(repository);
  await asProblem(async () => {
    for (const blob of artifact.blobs) await client.pushBlob(ref, blob.bytes);
    await client.pushManifest(ref, artifact.manifest, artifact.mediaType);
  });
}

/**
 * Pushes an artifact and gives it a tag that never moves: the same content again is no error and no write.
 *
 * @returns false when it was there already
 * @throws Problem publish.exists when the tag names something else
 */
export async function pushImmutable(
  client: OciClient,
  repository: string,
  tag: string,
  artifact: Artifact,
): Promise<boolean> {
  const ref: Reference = { ...(await referenceOf(repository)), tag };
  const there = await tagDigest(client, ref);
  if (there === artifact.digest) return false;
  if (there !== undefined) {
    throw new Problem('publish.exists', `${repository}:${tag} is ${there}, not ${artifact.digest}`);
  }
  await pushByDigest(client, repository, artifact);
  await asProblem(() =>
    client.pushManifest(ref, artifact.manifest, artifact.mediaType, { tag, immutable: true }),
  );
  return true;
}
