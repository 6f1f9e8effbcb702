import { MEDIA, type Digest } from '../../contract/names.ts';
import { digestOfBytes } from '../release/digest.ts';
import { goJson, sorted } from './bytes.ts';

/** A blob that a manifest points to. */
export interface Blob {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Everything that is pushed for one artifact. */
export interface Artifact {
  readonly manifest: Uint8Array;
  readonly mediaType: string;
  readonly digest: Digest;
  readonly blobs: readonly Blob[];
  /** Bytes of the manifest and of all it points to. */
  readonly size: number;
}

export type Annotations = Readonly<Record<string, string | undefined>>;

export const ANNOTATION = {
  created: 'org.opencontainers.image.created',
  revision: 'org.opencontainers.image.revision',
  source: 'org.opencontainers.image.source',
  version: 'org.opencontainers.image.version',
} as const;

/** Descriptor in the key order of the OCI Go structs; ggcr writes size before digest (protocols §2.2). */
export const descriptor = (blob: Blob, style: 'oci' | 'ggcr' = 'oci'): Readonly<Record<string, unknown>> => {
  const [digest, size] = [digestOfBytes(blob.bytes), blob.bytes.length];
  return style === 'oci'
    ? { mediaType: blob.mediaType, digest, size }
    : { mediaType: blob.mediaType, size, digest };
};

/** The manifest's bytes and digest beside the blobs it names; blobs of equal content count once. */
export function artifactOf(manifest: unknown, blobs: readonly Blob[]): Artifact {
  const bytes = goJson(manifest);
  const unique = [...new Map(blobs.map((blob) => [digestOfBytes(blob.bytes), blob])).values()];
  const size = unique.reduce((total, blob) => total + blob.bytes.length, bytes.length);
  return {
    manifest: bytes,
    mediaType: MEDIA.imageManifest,
    digest: digestOfBytes(bytes),
    blobs: unique,
    size,
  };
}

const annotationsOf = (annotations: Annotations): Record<string, string> => {
  const given = Object.entries(annotations).filter(
    (entry): entry is [string, string] => (entry[1] ?? '') !== '',
  );
  return sorted(Object.fromEntries(given));
};

/** A Flux artifact, as `flux push artifact` writes it up to 2.8 (protocols §2.2b). */
export function fluxArtifact(input: {
  readonly content: Uint8Array;
  /** The tar inside `content`. */
  readonly tar: Uint8Array;
  readonly annotations: Annotations;
}): Artifact {
  const never = '0001-01-01T00:00:00Z';
  const config: Blob = {
    mediaType: MEDIA.fluxConfig,
    bytes: goJson({
      architecture: '',
      created: never,
      history: [{ created: never }],
      os: '',
      rootfs: { type: 'layers', diff_ids: [digestOfBytes(input.tar)] },
      config: {},
    }),
  };
  const layer: Blob = { mediaType: MEDIA.fluxContent, bytes: input.content };
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA.imageManifest,
    config: descriptor(config, 'ggcr'),
    layers: [descriptor(layer, 'ggcr')],
    annotations: annotationsOf(input.annotations),
  };
  return artifactOf(manifest, [config, layer]);
}

/** A chart, as `helm push` writes it: no mediaType member, layers sorted by digest (protocols §2.2a). */
export function helmArtifact(input: {
  readonly content: Uint8Array;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly annotations: Annotations;
}): Artifact {
  const config: Blob = { mediaType: MEDIA.helmConfig, bytes: goJson(input.metadata) };
  const layer: Blob = { mediaType: MEDIA.helmContent, bytes: input.content };
  const manifest = {
    schemaVersion: 2,
    config: descriptor(config),
    layers: [descriptor(layer)],
    annotations: annotationsOf(input.annotations),
  };
  return artifactOf(manifest, [config, layer]);
}

export interface ImageInput {
  readonly content: Uint8Array;
  readonly tar: Uint8Array;
  readonly architecture: string;
  readonly created: string;
  readonly entrypoint: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** A container image of one layer, for stand-ins and rehearsals. */
export function imageArtifact(input: ImageInput): Artifact {
  const layer: Blob = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', bytes: input.content };
  const config: Blob = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    bytes: goJson({
      created: input.created,
      architecture: input.architecture,
      os: 'linux',
      config: {
        ...(input.entrypoint.length === 0 ? {} : { Entrypoint: input.entrypoint }),
        Labels: sorted(input.labels),
      },
      rootfs: { type: 'layers', diff_ids: [digestOfBytes(input.tar)] },
    }),
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA.imageManifest,
    config: descriptor(config),
    layers: [descriptor(layer)],
  };
  return artifactOf(manifest, [config, layer]);
}
