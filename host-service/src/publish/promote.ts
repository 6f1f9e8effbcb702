import type { OciClient, Reference } from 'oci-client-lite/types.ts';
import type { ChannelStatement, PathStop, ReleaseName, Withdrawal } from '../contract/documents/channel.ts';
import { SemverRange, type Digest, type Repository } from '../contract/names.ts';
import type { Product } from '../contract/product.ts';
import { Problem } from '../contract/problem.ts';
import type { Trust } from '../contract/trust.ts';
import type { Artifact } from '../core/publish/artifact.ts';
import { nextStatement, statementBytes } from '../core/publish/channel-statement.ts';
import { releaseArtifact } from '../core/publish/release-manifest.ts';
import { verifySignatures } from '../core/release/signature/verify.ts';
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
  /** Trust document of the boxes: nothing unverified is built upon, nothing that they would refuse is published. */
  readonly trust: Trust | undefined;
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

function tagOf({ product, channel }: PromoteInput): string {
  const { channels } = product.release;
  const definition = Object.hasOwn(channels, channel) ? channels[channel] : undefined;
  if (definition !== undefined) return definition.tag;
  throw new Problem('request.invalid', `${product.id} has no channel ${channel}`);
}

function checkRelease({ product, trust }: PromoteInput, found: PublishedRelease): void {
  const { release, document, bundles } = found;
  if (release.product !== product.id) {
    throw new Problem('release.wrong-product', `the release is of ${release.product}`);
  }
  if (bundles.length === 0)
    throw new Problem('release.unsigned', `release ${release.version} has no signature`);
  if (trust === undefined) return;
  const what = `release ${release.version}`;
  valueOf(
    verifySignatures({ bytes: document, bundles, trust, role: 'release', date: release.released, what }),
  );
}

interface Signed {
  readonly statement: ChannelStatement;
  readonly bytes: Uint8Array;
  readonly bundles: readonly Uint8Array[];
}

function checkStatement(trust: Trust | undefined, { statement, bytes, bundles }: Signed, what: string): void {
  if (trust === undefined) return;
  valueOf(verifySignatures({ bytes, bundles, trust, role: 'channel', date: statement.issued, what }));
}

function checkCurrent(trust: Trust | undefined, current: PublishedRelease | undefined): void {
  if (current?.statement === undefined || current.statementBytes === undefined) return;
  const { statement, statementBytes: bytes, otherBundles: bundles } = current;
  checkStatement(trust, { statement, bytes, bundles }, 'the present channel statement');
}

async function nextSigned(
  client: OciClient,
  input: PromoteInput,
  current: PublishedRelease | undefined,
  found: PublishedRelease,
  signers: readonly Signer[],
): Promise<Signed> {
  const promotion = {
    ...input,
    product: input.product.id,
    release: nameOf(found),
    withdraw: await withdrawals(client, input),
    path: await stops(client, input),
  };
  const statement = valueOf(nextStatement(current?.statement, promotion));
  const bytes = statementBytes(statement);
  const signed = { statement, bytes, bundles: await signAll(bytes, signers) };
  checkStatement(input.trust, signed, 'the new channel statement');
  return signed;
}

/**
 * Makes a channel mean a release: the release's own bytes and signatures, a new statement and its signatures, under the channel's tag.
 *
 * @throws Problem publish.race, publish.lint, release.incomplete, release.unsigned, release.key-*, registry.*
 */
export async function promote(
  client: OciClient,
  input: PromoteInput,
  signers: readonly Signer[],
): Promise<PromoteResult> {
  const { repository, channel, trust } = input;
  const tag = tagOf(input);
  const current = await readRelease(client, repository, tag);
  checkCurrent(trust, current);
  const found = await chosen(client, input, current);
  checkRelease(input, found);
  await checkComplete(client, found);
  const { statement, bytes, bundles } = await nextSigned(client, input, current, found, signers);
  const { document, release } = found;
  const content = { document, documentBundles: found.bundles, statement: bytes, statementBundles: bundles };
  const labels = { created: statement.issued, version: release.version, revision: release.sourceRevision };
  const artifact = valueOf(releaseArtifact(content, labels));
  await pushByDigest(client, repository, artifact);
  await move(client, { ...(await referenceOf(repository)), tag }, current?.ociDigest, artifact);
  const { sequence, issued, expires, previous } = statement;
  const { version } = release;
  const ociDigest = artifact.digest;
  return {
    channel,
    tag,
    repository,
    version,
    digest: found.digest,
    ociDigest,
    sequence,
    issued,
    expires,
    previous,
  };
}
