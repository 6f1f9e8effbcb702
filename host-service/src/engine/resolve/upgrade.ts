import type { Digest, Repository } from '../../contract/names.ts';
import { accept, Problem, problemOf, refuse, type Verdict } from '../../contract/problem.ts';
import type { Product } from '../../contract/product.ts';
import type { Trust } from '../../contract/trust.ts';
import type { KnownRelease } from '../../core/plan/observed.ts';
import { isAllowed } from '../../core/release/allowed.ts';
import { parseV1, v1References, v1Tags, type V1References } from '../../core/release/v1/references.ts';
import { upgradeV1 } from '../../core/release/v1/upgrade.ts';
import type { Registry, ReleaseArtifact } from '../ports.ts';

export interface UpgradeSetting {
  readonly product: Product;
  readonly trust: Trust;
  readonly releases: ReadonlyMap<Digest, KnownRelease>;
}

function firstForbidden(references: V1References, trust: Trust): Repository | undefined {
  const all = [
    references.config,
    ...(references.controlPlane === undefined ? [] : [references.controlPlane]),
    ...references.charts.values(),
    ...references.images.values(),
  ];
  return all.map(({ repository }) => repository).find((repository) => !isAllowed(trust, repository));
}

async function resolveTags(
  registry: Registry,
  references: V1References,
  signal: AbortSignal,
): Promise<Map<string, { digest: Digest; size: number }>> {
  const found = await Promise.all(
    v1Tags(references).map(async ({ repository, tag }) => {
      try {
        return [[`${repository}:${tag}`, await registry.digestOf(repository, tag, signal)] as const];
      } catch (error) {
        // A tag that is not there is a fault of the release; anything else is one of the registry.
        if (problemOf(error).code === 'registry.not-found') return [];
        throw error;
      }
    }),
  );
  return new Map(found.flat());
}

/** The v2 document that this very v1 artifact was read as before: tags are resolved once and recorded (design §4). */
function readBefore(artifact: ReleaseArtifact, releases: UpgradeSetting['releases']): Uint8Array | undefined {
  const { spec } =
    [...releases.values()].find(
      ({ object }) => object.spec.upgradedFrom === 'v1' && object.spec.ociDigest === artifact.ociDigest,
    )?.object ?? {};
  return spec === undefined ? undefined : Buffer.from(spec.document, 'base64');
}

/**
 * Reads a v1 artifact as a v2 document. Nothing is asked of a registry that the trust document does not list.
 *
 * Problems as a verdict: release.damaged, release.invalid, release.incomplete, release.not-allowed.
 * @throws Problem registry.* when the registry is away
 */
export async function readAsV2(
  registry: Registry,
  artifact: ReleaseArtifact,
  setting: UpgradeSetting,
  signal: AbortSignal,
): Promise<Verdict<Uint8Array>> {
  const before = readBefore(artifact, setting.releases);
  if (before !== undefined) return accept(before);
  const document = parseV1(artifact.document);
  if (!document.ok) return document;
  const references = v1References(document.value, setting.product);
  if (!references.ok) return references;
  const forbidden = firstForbidden(references.value, setting.trust);
  if (forbidden !== undefined) return refuse('release.not-allowed', `the release points to ${forbidden}`);
  const digests = await resolveTags(registry, references.value, signal);
  const inside = document.value.profileValues !== undefined;
  const bundle = inside ? new Map<string, Uint8Array>() : await bundleOf(registry, references.value, signal);
  if (bundle instanceof Problem) return refuse('release.incomplete', bundle.detail);
  const baked = [...setting.releases.values()].find(({ object }) => object.spec.source === 'baked')?.release;
  const upgraded = upgradeV1({
    ...{ document: document.value, references: references.value, digests, baked },
    bundleFiles: bundle,
    product: setting.product,
  });
  return upgraded.ok ? accept(upgraded.value.document) : upgraded;
}

async function bundleOf(
  registry: Registry,
  references: V1References,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Uint8Array> | Problem> {
  try {
    return await registry.bundle({ ...references.config, size: 0 }, signal);
  } catch (error) {
    const problem = problemOf(error);
    if (problem.code === 'registry.not-found') return problem;
    throw problem;
  }
}
