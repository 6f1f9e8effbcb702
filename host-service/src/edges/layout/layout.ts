import { CAPS, MEDIA, type Digest, type Repository } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import { digestOfBytes } from '../../core/release/digest.ts';
import { parseReleaseDocument } from '../../core/release/parse.ts';
import { IMAGE_CONFIG_CAP, readImageConfig, type ImageFacts } from '../../core/roll/image.ts';
import type { ReleaseArtifact } from '../../engine/ports.ts';
import { Blobs } from './blobs.ts';
import { isRelease, onlyLayer, readIndex, readManifest, type Descriptor, type Manifest } from './manifest.ts';

type Files = ReadonlyMap<string, Uint8Array>;

/** A complete release in a folder, as it was when it was opened. */
export interface Layout {
  /** What RESOLVE takes. `digest` is that of the release document. */
  readonly baked: { readonly artifact: ReleaseArtifact; readonly digest: Digest };
  /** Files of that release's config bundle. */
  readonly files: Files;
  /** The release that this manifest carries, if the layout has it. @throws Problem release.damaged, config.unreadable */
  release(repository: Repository, ociDigest: Digest): ReleaseArtifact | undefined;
  /** Files of a config bundle by the digest of its manifest. @throws Problem release.*, config.unreadable */
  bundle(ociDigest: Digest): Files | undefined;
  /** Whether a manifest, its child for the architecture and all their blobs are here, by the sizes of their files. */
  has(digest: Digest, architecture: string): boolean;
  /** What an image says about itself, if the layout has it. @throws Problem release.damaged, registry.damaged, config.unreadable */
  image(digest: Digest, architecture: string): ImageFacts | undefined;
}

export interface LayoutOptions {
  /** The release repository of this box: a layout does not say where it came from, and statements are about one repository. */
  readonly repository: Repository;
  /** Reads a Flux artifact into files by path. Throws Problem release.bundle-invalid. */
  readonly unpack: (bytes: Uint8Array) => Files;
}

/** Who answered, for people. */
const SERVED_BY = 'the release that came with this box';
const REF_NAME = 'org.opencontainers.image.ref.name';

/** Name under which a folder with several releases names the one that is meant. */
const RELEASE_NAME = 'release';

function artifactOf(
  blobs: Blobs,
  repository: Repository,
  ociDigest: Digest,
  manifest: Manifest,
): ReleaseArtifact {
  const signatures = manifest.layers.filter(({ mediaType }) => mediaType === MEDIA.sigstoreBundle);
  if (signatures.length > CAPS.signatures) {
    throw new Problem('release.damaged', `${signatures.length} signatures; ${CAPS.signatures} are the most`);
  }
  const optional = (mediaType: string): Uint8Array | undefined => {
    const layer = onlyLayer(manifest, mediaType);
    return layer === undefined ? undefined : blobs.of(layer, CAPS.statement);
  };
  return {
    repository,
    ociDigest,
    configMediaType: manifest.config.mediaType,
    artifactType: manifest.artifactType,
    document: blobs.of(manifest.config, CAPS.release),
    statement: optional(MEDIA.channelStatement),
    keys: optional(MEDIA.keys),
    bundles: signatures.map((layer) => blobs.of(layer, CAPS.signatureBundle)),
    servedBy: SERVED_BY,
    date: undefined,
    etag: undefined,
  };
}

function releaseIn(blobs: Blobs, repository: Repository, ociDigest: Digest): ReleaseArtifact | undefined {
  const found = readManifest(blobs, ociDigest);
  if (found?.kind !== 'manifest' || !isRelease(found.manifest)) return undefined;
  return artifactOf(blobs, repository, ociDigest, found.manifest);
}

/** The one release that index.json names: by media type, and by name where there are several. */
function findRelease(blobs: Blobs, folder: string): Digest {
  const found = readIndex(blobs).filter((descriptor) => isReleaseAt(blobs, descriptor));
  const named = found.filter(({ annotations }) => annotations?.[REF_NAME] === RELEASE_NAME);
  const digests = [...new Set((named.length > 0 ? named : found).map(({ digest }) => digest))];
  const [digest] = digests;
  if (digest !== undefined && digests.length === 1) return digest;
  const what = digests.length === 0 ? 'no release' : `${digests.length} releases`;
  throw new Problem(
    'config.invalid',
    `${folder} has ${what}; it must have one, or one named ${RELEASE_NAME}`,
  );
}

function isReleaseAt(blobs: Blobs, { mediaType, digest }: Descriptor): boolean {
  if (mediaType !== MEDIA.imageManifest) return false;
  const found = readManifest(blobs, digest);
  if (found === undefined) throw new Problem('release.damaged', `the baked release lacks ${digest}`);
  return found.kind === 'manifest' && isRelease(found.manifest);
}

function bundleIn(blobs: Blobs, digest: Digest, unpack: LayoutOptions['unpack']): Files | undefined {
  const found = readManifest(blobs, digest);
  if (found?.kind !== 'manifest') return undefined;
  const layer = onlyLayer(found.manifest, MEDIA.fluxContent);
  if (layer === undefined) throw new Problem('release.bundle-invalid', `${digest} is not a config bundle`);
  return unpack(blobs.of(layer, CAPS.bundleCompressed));
}

/** Content is checked when it is used; being there is judged by size, so that gigabytes of images are not read for it. */
function hasAll(blobs: Blobs, digest: Digest, architecture: string, depth = 0): boolean {
  const found = readManifest(blobs, digest);
  if (found === undefined) return false;
  if (found.kind === 'manifest') {
    const { config, layers } = found.manifest;
    return [config, ...layers].every(
      (blob) => blob.data !== undefined || blobs.size(blob.digest) === blob.size,
    );
  }
  const child = found.manifests.find(({ platform }) => platform?.architecture === architecture);
  return child !== undefined && depth === 0 && hasAll(blobs, child.digest, architecture, depth + 1);
}

function imageIn(blobs: Blobs, digest: Digest, architecture: string): ImageFacts | undefined {
  const found = readManifest(blobs, digest);
  if (found === undefined) return undefined;
  if (found.kind === 'index') {
    const child = found.manifests.find(({ platform }) => platform?.architecture === architecture);
    const architectures = found.manifests.flatMap(({ platform }) => platform?.architecture ?? []);
    return child === undefined ? { architectures, labels: {} } : imageIn(blobs, child.digest, architecture);
  }
  const read = readImageConfig(blobs.of(found.manifest.config, IMAGE_CONFIG_CAP));
  if (!read.ok) throw new Problem(read.problem.code, read.problem.detail);
  return read.value;
}

/** The config bundle that the document names; without it the folder is not a complete release. */
function bundleOf(blobs: Blobs, document: Uint8Array, options: LayoutOptions): Files {
  const parsed = parseReleaseDocument(document);
  if (!parsed.ok) throw new Problem(parsed.problem.code, `the baked release: ${parsed.problem.detail}`);
  const { config, version } = parsed.value.kind === 'release' ? parsed.value.release : parsed.value.envelope;
  const files = bundleIn(blobs, config.digest, options.unpack);
  if (files !== undefined) return files;
  throw new Problem(
    'release.damaged',
    `the baked release ${version} lacks its config bundle ${config.digest}`,
  );
}

/**
 * Opens an OCI image layout (image-spec image-layout.md) that holds one complete release: its manifest, and its config bundle with
 * everything it names; charts and images may lie beside them. Signatures are RESOLVE's business. R-21.
 *
 * @throws Problem config.invalid when the folder is not such a layout, config.unreadable, release.damaged when bytes are not what their
 * digest says or are missing, other release.* when the document or the bundle cannot be used
 */
export function readLayout(folder: string, options: LayoutOptions): Layout {
  const blobs = new Blobs(folder);
  const ociDigest = findRelease(blobs, folder);
  const artifact = releaseIn(blobs, options.repository, ociDigest);
  if (artifact === undefined) throw new Problem('release.damaged', `${ociDigest} is not a release`);
  const files = bundleOf(blobs, artifact.document, options);
  return {
    baked: { artifact, digest: digestOfBytes(artifact.document) },
    files,
    release: (repository, digest) => releaseIn(blobs, repository, digest),
    bundle: (digest) => bundleIn(blobs, digest, options.unpack),
    has: (digest, architecture) => hasAll(blobs, digest, architecture),
    image: (digest, architecture) => imageIn(blobs, digest, architecture),
  };
}
