import type {
  Descriptor,
  FetchedManifest,
  ImageManifest,
  OciClient,
  Reference,
} from 'oci-client-lite/types.ts';
import { CAPS, Digest, MEDIA, type Repository } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import type { ReleaseArtifact } from '../../engine/ports.ts';

/** Artifact type of v1 documents whose configuration has another JSON type. */
const V1_ARTIFACT = 'application/vnd.alga.appliance.release.v1';
const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json$/i;

const bad = (detail: string): Problem => new Problem('release.damaged', detail);

/** `host/path` as the client takes it. */
export function referenceOf(repository: Repository, name: { tag?: string; digest?: string }): Reference {
  const slash = repository.indexOf('/');
  const base = { registry: repository.slice(0, slash), repository: repository.slice(slash + 1) };
  const { tag, digest } = name;
  if (digest === undefined) return tag === undefined ? base : { ...base, tag };
  return { ...base, digest: `sha256:${digest.replace(/^sha256:/, '')}` };
}

/** Whether this manifest is one of ours: v2, or one of the shapes in which the predecessor publishes v1. */
function checkType(manifest: ImageManifest): void {
  const { artifactType, config } = manifest;
  if (config.mediaType === MEDIA.releaseConfig) {
    if (artifactType === undefined || artifactType === MEDIA.releaseArtifact) return;
    throw bad(`artifact type ${artifactType} does not go with ${config.mediaType}`);
  }
  const v1 =
    config.mediaType === MEDIA.v1Config || (artifactType === V1_ARTIFACT && JSON_TYPE.test(config.mediaType));
  if (!v1) throw bad(`${config.mediaType} is not the type of a release`);
}

function layersOf(manifest: ImageManifest, mediaType: string): readonly Descriptor[] {
  return manifest.layers.filter((layer) => layer.mediaType === mediaType);
}

function onlyLayer(manifest: ImageManifest, mediaType: string): Descriptor | undefined {
  const layers = layersOf(manifest, mediaType);
  if (layers.length > 1) throw bad(`${layers.length} layers of type ${mediaType}; one is the most`);
  return layers[0];
}

/**
 * Reads all documents that a release reference carries, from embedded `data` or by blob, within the caps of design §4.
 * @throws Problem release.damaged, OciError
 */
export async function readArtifact(
  client: OciClient,
  repository: Repository,
  fetched: FetchedManifest,
  signal: AbortSignal,
): Promise<ReleaseArtifact> {
  if (fetched.kind === 'index') throw bad('the reference leads to an index, not to one release');
  const { manifest } = fetched;
  checkType(manifest);
  const signatures = layersOf(manifest, MEDIA.sigstoreBundle);
  if (signatures.length > CAPS.signatures) {
    throw bad(`${signatures.length} signatures; ${CAPS.signatures} are the most`);
  }
  const ref = referenceOf(repository, { digest: fetched.digest });
  const read = async (descriptor: Descriptor, maxBytes: number): Promise<Uint8Array> => {
    if (descriptor.size > maxBytes) {
      throw bad(`${descriptor.mediaType} has ${descriptor.size} bytes; ${maxBytes} are the most`);
    }
    return await client.blob(ref, descriptor, { maxBytes, signal });
  };
  const optional = async (descriptor: Descriptor | undefined): Promise<Uint8Array | undefined> =>
    descriptor === undefined ? undefined : await read(descriptor, CAPS.statement);
  const statement = onlyLayer(manifest, MEDIA.channelStatement);
  const keys = onlyLayer(manifest, MEDIA.keys);
  const [document, statementBytes, keysBytes, bundles] = await Promise.all([
    read(manifest.config, CAPS.release),
    optional(statement),
    optional(keys),
    Promise.all(signatures.map((descriptor) => read(descriptor, CAPS.signatureBundle))),
  ]);
  return {
    repository,
    ociDigest: Digest.parse(fetched.digest),
    configMediaType: manifest.config.mediaType,
    artifactType: manifest.artifactType,
    document,
    statement: statementBytes,
    keys: keysBytes,
    bundles,
    servedBy: fetched.servedBy,
    date: fetched.dateHeader,
    etag: fetched.etag,
  };
}
