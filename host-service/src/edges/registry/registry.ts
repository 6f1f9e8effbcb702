import { createClient } from 'oci-client-lite/client.ts';
import { isDigest } from 'oci-client-lite/reference.ts';
import type { OciClient } from 'oci-client-lite/types.ts';
import { CAPS, Digest, MEDIA, type Repository } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import type { PinnedArtifact } from '../../contract/release.ts';
import type { Registry, RegistryAnswer } from '../../engine/ports.ts';
import { readArtifact, referenceOf } from './artifact.ts';
import { imageFactsOf } from './image.ts';
import { missingOf } from './missing.ts';
import { clientOptions, type RegistryOptions } from './options.ts';
import { failedAnswer, registryProblem } from './problems.ts';

type Query = Parameters<Registry['look']>[0];

async function look(client: OciClient, query: Query, signal: AbortSignal): Promise<RegistryAnswer> {
  const { repository, reference, unless } = query;
  try {
    const ref = referenceOf(repository, isDigest(reference) ? { digest: reference } : { tag: reference });
    const before =
      unless !== undefined && isDigest(unless.digest)
        ? { digest: unless.digest, etag: unless.etag }
        : undefined;
    const options = { signal, maxBytes: CAPS.manifest, ...(before === undefined ? {} : { unless: before }) };
    const fetched = await client.manifest(ref, options);
    if (fetched.kind === 'unchanged') {
      const { servedBy, dateHeader } = fetched;
      return { kind: 'unchanged', ociDigest: Digest.parse(fetched.digest), servedBy, date: dateHeader };
    }
    return { kind: 'artifact', artifact: await readArtifact(client, repository, fetched, signal) };
  } catch (error) {
    return failedAnswer(error);
  }
}

/** The Flux artifact's one layer by its media type, wherever it stands (protocols §2.2b). */
async function bundle(client: OciClient, artifact: PinnedArtifact, signal: AbortSignal): Promise<Uint8Array> {
  const ref = referenceOf(artifact.repository, { digest: artifact.digest });
  const fetched = await client.manifest(ref, { signal, maxBytes: CAPS.manifest });
  if (fetched.kind === 'index') {
    throw new Problem('release.bundle-invalid', `${artifact.digest} is an index, not a bundle`);
  }
  const layers = fetched.manifest.layers.filter(({ mediaType }) => mediaType === MEDIA.fluxContent);
  const [layer] = layers;
  if (layer === undefined || layers.length > 1) {
    const text = `${artifact.digest} has ${layers.length} layers of type ${MEDIA.fluxContent}, not one`;
    throw new Problem('release.bundle-invalid', text);
  }
  if (layer.size > CAPS.bundleCompressed) {
    throw new Problem(
      'release.bundle-invalid',
      `the bundle has ${layer.size} bytes; ${CAPS.bundleCompressed} are the most`,
    );
  }
  return await client.blob(ref, layer, { maxBytes: CAPS.bundleCompressed, signal });
}

async function inWords<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw registryProblem(error);
  }
}

async function digestOf(
  client: OciClient,
  repository: Repository,
  tag: string,
  signal: AbortSignal,
): Promise<{ digest: Digest; size: number }> {
  const head = await client.head(referenceOf(repository, { tag }), { signal });
  if (head === undefined) throw new Problem('registry.not-found', `${repository}:${tag} is not there`);
  return { digest: Digest.parse(head.digest), size: head.size };
}

/** The registry as the engine touches it. Holds connections: call `close` when done. */
export function createRegistry(options: RegistryOptions): Registry & { close(): Promise<void> } {
  const client = createClient(clientOptions(options));
  return {
    look: (query, signal) => look(client, query, signal),
    bundle: async (artifact, signal) => options.unpack(await inWords(bundle(client, artifact, signal))),
    missing: (artifacts, architecture, signal) => inWords(missingOf(client, artifacts, architecture, signal)),
    digestOf: (repository, tag, signal) => inWords(digestOf(client, repository, tag, signal)),
    imageFacts: (image, architecture, signal) => inWords(imageFactsOf(client, image, architecture, signal)),
    counters: () => {
      const { requests, connections } = client.counters();
      return { requests, connections };
    },
    close: () => client.close(),
  };
}
