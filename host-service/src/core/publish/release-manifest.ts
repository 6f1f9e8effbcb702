import { CAPS, MEDIA } from '../../contract/names.ts';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import { ANNOTATION, artifactOf, descriptor, type Artifact, type Blob } from './artifact.ts';

/** What one manifest of the release repository carries, as the exact bytes that were hashed and signed (design §4). */
export interface ReleaseContent {
  readonly document: Uint8Array;
  /** Signature bundles of the document. */
  readonly documentBundles: readonly Uint8Array[];
  readonly statement?: Uint8Array | undefined;
  /** Signature bundles of the statement. */
  readonly statementBundles?: readonly Uint8Array[] | undefined;
}

export interface ReleaseLabels {
  readonly created: string;
  readonly version: string;
  readonly revision?: string | undefined;
}

const embedded = (blob: Blob): Readonly<Record<string, unknown>> => ({
  ...descriptor(blob),
  data: Buffer.from(blob.bytes).toString('base64'),
});

/**
 * The OCI manifest of a release (with a statement: of a channel), everything embedded as `data`, so that one request answers all.
 * Refuses what readers refuse: manifests over 512 KiB and more than 16 signatures.
 */
export function releaseArtifact(content: ReleaseContent, labels: ReleaseLabels): Verdict<Artifact> {
  const bundle = (bytes: Uint8Array): Blob => ({ mediaType: MEDIA.sigstoreBundle, bytes });
  const config: Blob = { mediaType: MEDIA.releaseConfig, bytes: content.document };
  const layers: readonly Blob[] = [
    ...content.documentBundles.map(bundle),
    ...(content.statement === undefined
      ? []
      : [{ mediaType: MEDIA.channelStatement, bytes: content.statement }]),
    ...(content.statementBundles ?? []).map(bundle),
  ];
  const signatures = layers.filter((layer) => layer.mediaType === MEDIA.sigstoreBundle).length;
  const artifact = artifactOf(
    {
      schemaVersion: 2,
      mediaType: MEDIA.imageManifest,
      artifactType: MEDIA.releaseArtifact,
      config: embedded(config),
      layers: layers.map(embedded),
      annotations: {
        [ANNOTATION.created]: labels.created,
        ...(labels.revision === undefined ? {} : { [ANNOTATION.revision]: labels.revision }),
        [ANNOTATION.version]: labels.version,
      },
    },
    [config, ...layers],
  );
  if (content.document.length > CAPS.release) {
    return refuse('publish.lint', `the release document has more than ${CAPS.release} bytes`);
  }
  if ((content.statement?.length ?? 0) > CAPS.statement) {
    return refuse('publish.lint', `the channel statement has more than ${CAPS.statement} bytes`);
  }
  if (signatures > CAPS.signatures) {
    return refuse('publish.lint', `${signatures} signatures; at most ${CAPS.signatures} are read`);
  }
  return artifact.manifest.length > CAPS.manifest
    ? refuse(
        'publish.lint',
        `the manifest has ${artifact.manifest.length} bytes; at most ${CAPS.manifest} are read`,
      )
    : accept(artifact);
}
