import type { OciClient, Reference } from 'oci-client-lite/types.ts';
import type { PathStop, ReleaseName, Withdrawal } from '../contract/channel.ts';
import { SemverRange, type Digest, type Repository } from '../contract/names.ts';
import type { Product } from '../contract/product.ts';
import { Problem } from '../contract/problem.ts';
import type { Artifact } from '../core/publish/artifact.ts';
import { nextStatement, statementBytes } from '../core/publish/channel-statement.ts';
import { releaseArtifact } from '../core/publish/release-manifest.ts';
import { valueOf } from './inputs.ts';
import { inspect } from './inspect.ts';
import { findRelease, readRelease, type PublishedRelease } from './read-release.ts';
import { asProblem, pushByDigest, referenceOf, tagDigest } from './registry.ts';
import { signAll, type Signer } from './sign/signer.ts';

export interface PromoteInput {
  readonly product: Product;
  readonly repository: Repository;
  readonly channel: string;
  /** Version or digest; undefined = the release that the channel has, under a new statement. */
  readonly release: string | undefined;
  readonly now: Date;
  readonly expiresDays: number;
  readonly rollout: number | undefined;
  /** `RELEASE=REASON[=INSTEAD]` each. */
  readonly withdraw: readonly string[];
  /** `RANGE=RELEASE` each; undefined keeps what the channel has. */
  readonly path: readonly string[] | undefined;
}

export interface PromoteResult {
  readonly channel: string;
  readonly tag: string;
  readonly repository: Repository;
  readonly version: string;
  readonly digest: Digest;
  readonly ociDigest: Digest;
  readonly sequence: number;
  readonly issued: string;
  readonly expires: string;
  readonly previous: ReleaseName | undefined;
}

const nameOf = ({ digest, release }: PublishedRelease): ReleaseName => ({ digest, version: release.version });

/** Everything the release names must be there before a channel points at it (R-20, B-31). */
async function checkComplete(client: OciClient, found: PublishedRelease): Promise<void> {
  const { config, controlPlane, hostBundle, charts, images } = found.release;
  const parts = [config, controlPlane, ...(hostBundle === undefined ? [] : [hostBundle])];
  const all = [...parts, ...Object.values(charts), ...Object.values(images)];
  await Promise.all(all.map((part) => inspect(client, `${part.repository}@${part.digest}`)));
}

async function withdrawals(client: OciClient, input: PromoteInput): Promise<readonly Withdrawal[]> {
  return Promise.all(
    input.withdraw.map(async (text): Promise<Withdrawal> => {
      const [name = '', reason = '', instead] = text.split('=');
      if (reason.trim() === '') {
        throw new Problem('request.invalid', `--withdraw ${text} is not RELEASE=REASON[=INSTEAD]`);
      }
      const { digest } = await findRelease(client, input.repository, name);
      if (instead === undefined) return { digest, reason };
      return { digest, reason, instead: nameOf(await findRelease(client, input.repository, instead)) };
    }),
  );
}

async function stops(client: OciClient, input: PromoteInput): Promise<readonly PathStop[] | undefined> {
  if (input.path === undefined) return undefined;
  return Promise.all(
    input.path.map(async (text): Promise<PathStop> => {
      const at = text.lastIndexOf('=');
      const from = SemverRange.safeParse(text.slice(0, Math.max(0, at)));
      if (!from.success) throw new Problem('request.invalid', `--path ${text} is not RANGE=RELEASE`);
      return {
        from: from.data,
        release: nameOf(await findRelease(client, input.repository, text.slice(at + 1))),
      };
    }),
  );
}

/**
 * Moves a tag only if it still names what was read before: registries have no compare-and-swap, so it is looked at right before and right
 * after (protocols §2.1).
 *
 * @throws Problem publish.race
 */
async function move(
  client: OciClient,
  ref: Reference,
  from: Digest | undefined,
  artifact: Artifact,
): Promise<void> {
  const race = (now: Digest | undefined): Problem =>
    new Problem('publish.race', `${ref.repository}:${ref.tag ?? ''} is now ${now ?? 'gone'}`);
  const before = await tagDigest(client, ref);
  if (before !== from) throw race(before);
  await asProblem(() => client.pushManifest(ref, artifact.manifest, artifact.mediaType));
  const after = await tagDigest(client, ref);
  if (after !== artifact.digest) throw race(after);
}

async function chosen(
  client: OciClient,
  input: PromoteInput,
  current: PublishedRelease | undefined,
): Promise<PublishedRelease> {
  if (input.release !== undefined) return findRelease(client, input.repository, input.release);
  if (current !== undefined) return current;
  throw new Problem('request.invalid', `channel ${input.channel} has no release yet; give --release`);
}

/**
 * Makes a channel mean a release: the release's own bytes and signatures, a new statement and its signatures, under the channel's tag.
 *
 * @throws Problem publish.race, publish.lint, release.incomplete, release.unsigned, registry.*
 */
export async function promote(
  client: OciClient,
  input: PromoteInput,
  signers: readonly Signer[],
): Promise<PromoteResult> {
  const { product, repository, channel } = input;
  const definition = Object.hasOwn(product.release.channels, channel)
    ? product.release.channels[channel]
    : undefined;
  if (definition === undefined) {
    throw new Problem('request.invalid', `${product.id} has no channel ${channel}`);
  }
  const current = await readRelease(client, repository, definition.tag);
  const found = await chosen(client, input, current);
  if (found.release.product !== product.id) {
    throw new Problem('release.wrong-product', `the release is of ${found.release.product}`);
  }
  if (found.bundles.length === 0) {
    throw new Problem('release.unsigned', `release ${found.release.version} has no signature`);
  }
  await checkComplete(client, found);
  const statement = valueOf(
    nextStatement(current?.statement, {
      ...input,
      product: product.id,
      release: nameOf(found),
      withdraw: await withdrawals(client, input),
      path: await stops(client, input),
    }),
  );
  const bytes = statementBytes(statement);
  const content = {
    document: found.document,
    documentBundles: found.bundles,
    statement: bytes,
    statementBundles: await signAll(bytes, signers),
  };
  const labels = {
    created: statement.issued,
    version: found.release.version,
    revision: found.release.sourceRevision,
  };
  const artifact = valueOf(releaseArtifact(content, labels));
  await pushByDigest(client, repository, artifact);
  const ref = { ...(await referenceOf(repository)), tag: definition.tag };
  await move(client, ref, current?.ociDigest, artifact);
  return {
    channel,
    tag: definition.tag,
    repository,
    version: found.release.version,
    digest: found.digest,
    ociDigest: artifact.digest,
    sequence: statement.sequence,
    issued: statement.issued,
    expires: statement.expires,
    previous: statement.previous,
  };
}
