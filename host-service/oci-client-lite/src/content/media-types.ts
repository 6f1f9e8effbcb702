export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
/** image-spec "empty descriptor": two bytes, `{}`. */
export const OCI_EMPTY = 'application/vnd.oci.empty.v1+json';

const MANIFESTS: ReadonlySet<string> = new Set([OCI_MANIFEST, DOCKER_MANIFEST]);
const INDEXES: ReadonlySet<string> = new Set([OCI_INDEX, DOCKER_LIST]);

/** `Accept` for manifests; always sent, because registries hide OCI content from those who do not ask for it. */
export function acceptFor(kind: 'artifact' | 'image'): string {
  const types = [OCI_MANIFEST, OCI_INDEX, ...(kind === 'image' ? [DOCKER_MANIFEST, DOCKER_LIST] : [])];
  return types.join(', ');
}

/** A `Content-Type` without parameters, in lower case. */
export function bareType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** What a media type promises; undefined when it is no manifest. */
export function shapeOf(mediaType: string): 'manifest' | 'index' | undefined {
  if (MANIFESTS.has(mediaType)) return 'manifest';
  return INDEXES.has(mediaType) ? 'index' : undefined;
}
