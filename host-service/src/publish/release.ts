import type { OciClient } from 'oci-client-lite/types.ts';
import type { Digest, Repository, Timestamp, Version } from '../contract/names.ts';
import { Version as VersionName } from '../contract/names.ts';
import { Problem } from '../contract/problem.ts';
import type { ChartPin, Release, Requires } from '../contract/release.ts';
import type { z } from 'zod';
import { ANNOTATION, type Artifact } from '../core/publish/artifact.ts';
import { buildRelease, mixedRevisions, releaseBytes } from '../core/publish/build-release.ts';
import { releaseArtifact } from '../core/publish/release-manifest.ts';
import { digestOfBytes, releaseTag } from '../core/release/digest.ts';
import { parseReleaseDocument } from '../core/release/parse.ts';
import { readProduct } from '../edges/files/config.ts';
import { checkCharts, ownImages, resolveImages, valueOf, type ImagesFile } from './inputs.ts';
import { inspect } from './inspect.ts';
import { readRelease, type PublishedRelease } from './read-release.ts';
import { asProblem, pushByDigest, referenceOf } from './registry.ts';
import { signAll, type Signer } from './sign/signer.ts';

export interface ReleaseInput {
  readonly product: string;
  readonly version: Version;
  readonly released: z.infer<typeof Timestamp>;
  readonly sourceRevision: string;
  /** References, by digest or by tag; what they name now is pinned. */
  readonly bundle: string;
  readonly controlPlane: string;
  readonly controlPlaneVersion: string | undefined;
  readonly charts: Readonly<Record<string, ChartPin>>;
  readonly images: ImagesFile;
  readonly allowMixedRevisions: boolean;
  readonly values: Release['values'];
  readonly requires: Requires;
  readonly reversible: readonly string[];
  readonly notes: string;
  readonly repository: Repository;
}

export interface ReleaseResult {
  readonly version: Version;
  /** Of the document. */
  readonly digest: Digest;
  readonly ociDigest: Digest;
  readonly repository: Repository;
  readonly signatures: number;
  /** False when everything was published already. */
  readonly pushed: boolean;
}

async function controlPlaneOf(client: OciClient, input: ReleaseInput): Promise<Release['controlPlane']> {
  const found = await inspect(client, input.controlPlane);
  const version = VersionName.safeParse(
    input.controlPlaneVersion ?? found.labels[ANNOTATION.version] ?? input.version,
  );
  if (!version.success) {
    throw new Problem(
      'request.invalid',
      'the control plane has no semantic version; give --control-plane-version',
    );
  }
  return { repository: found.repository, digest: found.digest, version: version.data, size: found.size };
}

/** The release document for these parts, each looked up in its registry. @throws Problem publish.lint, release.incomplete, registry.* */
export async function composeRelease(client: OciClient, input: ReleaseInput): Promise<Uint8Array> {
  const product = readProduct(input.product);
  await checkCharts(client, input.charts);
  const images = await resolveImages(client, input.images);
  const mixed = input.allowMixedRevisions ? undefined : mixedRevisions(images, ownImages(input.images));
  if (mixed !== undefined) {
    throw new Problem('publish.lint', `the images come from different sources: ${mixed}`);
  }
  const bundle = await inspect(client, input.bundle);
  const release = valueOf(
    buildRelease(product, {
      version: input.version,
      released: input.released,
      sourceRevision: input.sourceRevision,
      config: { repository: bundle.repository, digest: bundle.digest, size: bundle.size },
      controlPlane: await controlPlaneOf(client, input),
      charts: Object.fromEntries(
        Object.entries(input.charts).map(([name, { repository, version, digest, size }]) => [
          name,
          { repository, digest, version, size },
        ]),
      ),
      images,
      values: input.values,
      requires: input.requires,
      reversible: [...input.reversible],
      notes: input.notes,
    }),
  );
  const document = releaseBytes(release);
  // The box's own door, before anything is signed.
  valueOf(parseReleaseDocument(document));
  return document;
}

async function tag(
  client: OciClient,
  repository: Repository,
  name: string,
  artifact: Artifact,
): Promise<void> {
  const ref = { ...(await referenceOf(repository)), tag: name };
  await asProblem(() => client.pushManifest(ref, artifact.manifest, artifact.mediaType, { tag: name }));
}

function refuseOther(existing: PublishedRelease | undefined, digest: Digest, input: ReleaseInput): void {
  if (existing === undefined || existing.digest === digest) return;
  throw new Problem(
    'publish.exists',
    `${input.repository}:${input.version} is release ${existing.digest}, not ${digest}`,
  );
}

/**
 * Publishes a signed release: blobs and manifest by digest, then its tags `release-<digest>` and `<version>`. A version never changes its
 * document; further signatures may be added to it. The same again writes nothing.
 *
 * @throws Problem publish.exists, publish.lint, publish.signer-failed, registry.*
 */
export async function publishRelease(
  client: OciClient,
  input: ReleaseInput,
  signers: readonly Signer[],
): Promise<ReleaseResult> {
  const { version, repository } = input;
  const document = await composeRelease(client, input);
  const digest = digestOfBytes(document);
  const existing = await readRelease(client, repository, version);
  refuseOther(existing, digest, input);
  const known = existing?.bundles ?? [];
  const bundles = await signAll(document, signers, known);
  if (existing !== undefined && bundles.length === known.length) {
    return {
      version,
      digest,
      ociDigest: existing.ociDigest,
      repository,
      signatures: known.length,
      pushed: false,
    };
  }
  const labels = { created: input.released, version, revision: input.sourceRevision };
  const artifact = valueOf(releaseArtifact({ document, documentBundles: bundles }, labels));
  await pushByDigest(client, repository, artifact);
  await tag(client, repository, releaseTag(digest), artifact);
  // Signing took time: somebody may have published this version meanwhile.
  refuseOther(await readRelease(client, repository, version), digest, input);
  await tag(client, repository, version, artifact);
  return {
    version,
    digest,
    ociDigest: artifact.digest,
    repository,
    signatures: bundles.length,
    pushed: true,
  };
}
