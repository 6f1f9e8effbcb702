import type { Descriptor, OciClient } from 'oci-client-lite/types.ts';
import { ChannelStatement } from '../contract/documents/channel.ts';
import { CAPS, Digest, MEDIA, Version, type Repository } from '../contract/names.ts';
import { Problem } from '../contract/problem.ts';
import type { Release } from '../contract/release.ts';
import { digestOfBytes, releaseTag } from '../core/release/digest.ts';
import { readStrictJson } from '../core/release/document/strict-json.ts';
import { parseReleaseDocument } from '../core/release/parse.ts';
import { sortBundles } from '../core/release/signature/bundle.ts';
import { valueOf } from './inputs.ts';
import { asProblem, referenceOf } from './registry.ts';

/** A manifest of the release repository, taken apart. Nothing in it was verified. */
export interface PublishedRelease {
  readonly ociDigest: Digest;
  readonly document: Uint8Array;
  /** Digest of the document: the release's identity. */
  readonly digest: Digest;
  readonly release: Release;
  /** Bundles that belong to the document; those of a statement are left out. */
  readonly bundles: readonly Uint8Array[];
  readonly statement: ChannelStatement | undefined;
  readonly statementBytes: Uint8Array | undefined;
  /** Bundles that do not belong to the document. */
  readonly otherBundles: readonly Uint8Array[];
}

const damaged = (where: string, why: string): Problem => new Problem('release.damaged', `${where}: ${why}`);

function releaseOf(document: Uint8Array): Release {
  const parsed = valueOf(parseReleaseDocument(document));
  if (parsed.kind === 'release') return parsed.release;
  throw new Problem('release.too-new', `the release document is of schema ${parsed.envelope.schema}`);
}

function statementOf(where: string, bytes: Uint8Array | undefined): ChannelStatement | undefined {
  if (bytes === undefined) return undefined;
  const json = readStrictJson(bytes, CAPS.statement);
  const parsed = ChannelStatement.safeParse(json.ok ? json.value : undefined);
  if (!parsed.success) throw damaged(where, 'its channel statement cannot be read');
  return parsed.data;
}

/**
 * Reads a release or channel from the release repository; undefined when there is no such tag or digest.
 *
 * @throws Problem registry.*, release.damaged, release.invalid, release.too-new
 */
export async function readRelease(
  client: OciClient,
  repository: Repository,
  reference: string,
): Promise<PublishedRelease | undefined> {
  const where = `${repository}${reference.startsWith('sha256:') ? '@' : ':'}${reference}`;
  const ref = await referenceOf(where);
  const answer = await asProblem(() => client.manifest(ref)).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'registry.not-found') return undefined;
    throw error;
  });
  if (answer === undefined) return undefined;
  if (answer.kind !== 'manifest' || answer.manifest.config.mediaType !== MEDIA.releaseConfig) {
    throw damaged(where, 'it is not a release');
  }
  const { config, layers } = answer.manifest;
  const fetch = (descriptor: Descriptor): Promise<Uint8Array> =>
    asProblem(() => client.blob(ref, descriptor, { maxBytes: CAPS.release }));
  const layersOf = (mediaType: string): readonly Descriptor[] =>
    layers.filter((layer) => layer.mediaType === mediaType).slice(0, CAPS.signatures);
  const document = await fetch(config);
  const bundles = await Promise.all(layersOf(MEDIA.sigstoreBundle).map(fetch));
  const statement = layersOf(MEDIA.channelStatement)[0];
  const statementBytes = statement === undefined ? undefined : await fetch(statement);
  const digest = digestOfBytes(document);
  const ours = (bundle: Uint8Array): boolean => sortBundles([bundle]).of.has(digest);
  return {
    ociDigest: Digest.parse(answer.digest),
    document,
    digest,
    release: releaseOf(document),
    bundles: bundles.filter(ours),
    otherBundles: bundles.filter((bundle) => !ours(bundle)),
    statementBytes,
    statement: statementOf(where, statementBytes),
  };
}

/**
 * Finds a release by version, document digest or manifest digest.
 *
 * @throws Problem registry.not-found, registry.*, release.*
 */
export async function findRelease(
  client: OciClient,
  repository: Repository,
  name: string,
): Promise<PublishedRelease> {
  const digest = Digest.safeParse(name);
  if (!digest.success && !Version.safeParse(name).success) {
    throw new Problem('request.invalid', `${name} is neither a version nor a digest`);
  }
  const found =
    (await readRelease(client, repository, digest.success ? releaseTag(digest.data) : name)) ??
    (digest.success ? await readRelease(client, repository, name) : undefined);
  if (found !== undefined) return found;
  throw new Problem('registry.not-found', `${repository} has no release ${name}`);
}
