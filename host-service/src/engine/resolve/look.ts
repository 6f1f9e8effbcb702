import { MEDIA, type Digest, type Repository } from '../../contract/names.ts';
import type { Floor } from '../../contract/objects.ts';
import type { ProblemBody } from '../../contract/problem.ts';
import type { Product } from '../../contract/product.ts';
import type { Trust } from '../../contract/trust.ts';
import type { KnownRelease } from '../../core/plan/observed.ts';
import { admitRelease, type AdmissionInput, type Admitted } from '../../core/release/admit.ts';
import { digestOfBytes } from '../../core/release/digest.ts';
import { applyKeys, unsignedAllowed } from '../../core/release/signature/rotate.ts';
import type { Registry, ReleaseArtifact } from '../ports.ts';
import type { ResolveMemory } from '../resolve-input.ts';
import { readAsV2 } from './upgrade.ts';

export type Looked =
  | { readonly kind: 'artifact'; readonly artifact: ReleaseArtifact; readonly confirmations: number }
  | {
      readonly kind: 'unavailable' | 'refused';
      readonly problem: ProblemBody;
      readonly retryAfterMs?: number | undefined;
    };

/** Equal answers are counted as far as they mean anything; no more is ever needed than two. */
const MOST = 1000;

/**
 * One look at a tag or digest: one request when nothing has changed. Counts equal answers in a row; being away in
 * between is no answer and does not start the count again.
 */
export async function lookAt(
  registry: Registry,
  query: { readonly repository: Repository; readonly reference: string },
  memory: Pick<ResolveMemory, 'looks'>,
  signal: AbortSignal,
): Promise<Looked> {
  const key = `${query.repository}:${query.reference}`;
  const before = memory.looks.get(key);
  const unless =
    before === undefined ? {} : { unless: { digest: before.artifact.ociDigest, etag: before.artifact.etag } };
  const answer = await registry.look({ ...query, ...unless }, signal);
  if (answer.kind === 'unavailable' || answer.kind === 'refused') {
    if (answer.kind === 'refused') memory.looks.delete(key);
    return answer;
  }
  const artifact = answer.kind === 'artifact' ? answer.artifact : before?.artifact;
  if (artifact === undefined) {
    return {
      kind: 'refused',
      problem: { code: 'registry.protocol', detail: 'unchanged, but nothing was seen yet' },
    };
  }
  const same = before?.artifact.ociDigest === artifact.ociDigest;
  const confirmations = same ? Math.min(before.confirmations + 1, MOST) : 1;
  memory.looks.set(key, { artifact, confirmations });
  return { kind: 'artifact', artifact, confirmations };
}

export interface Setting extends Pick<
  AdmissionInput,
  'source' | 'repository' | 'channel' | 'now' | 'expected' | 'approvedExpired'
> {
  readonly trust: Trust;
  readonly productId: string;
  /** Needed for documents of v1 only. */
  readonly product: Product | undefined;
  readonly floor: Floor | undefined;
  readonly releases: ReadonlyMap<Digest, KnownRelease>;
}

export interface Judged {
  readonly admission:
    Admitted | { readonly ok: false; readonly problem: ProblemBody; readonly digest: Digest };
  /** The trust that was used; newer than before when the artifact brought keys that the present ones confirm. */
  readonly trust: Trust;
  readonly keysProblem: ProblemBody | undefined;
  readonly upgraded: boolean;
}

/**
 * Judges an artifact: keys that came along, documents of v1, then the admission of design §4.
 * @throws Problem registry.*, release.bundle-invalid (documents of v1 only)
 */
export async function judgeArtifact(
  registry: Registry,
  artifact: ReleaseArtifact,
  setting: Setting,
  signal: AbortSignal,
): Promise<Judged> {
  const { document, statement, keys, bundles } = artifact;
  const rotated = keys === undefined ? undefined : applyKeys(setting.trust, keys, bundles);
  const trust = rotated?.ok === true ? rotated.value : setting.trust;
  const common = { trust, keysProblem: rotated?.ok === false ? rotated.problem : undefined };
  const { source, repository, channel, now, expected, approvedExpired, floor } = setting;
  const input: AdmissionInput = {
    ...{ source, repository, channel, now, expected, approvedExpired, floor },
    ...{ document, statement, keys, bundles, trust },
    product: setting.productId,
  };
  const { product, releases } = setting;
  const v1 = artifact.configMediaType !== MEDIA.releaseConfig;
  // Nothing that an unsigned document names is asked for where signed releases were seen: its refusal must not wait for a registry.
  const isLate = floor?.signedSeen === true && bundles.length === 0;
  if (!v1 || product === undefined || isLate || !unsignedAllowed(trust, now)) {
    return { admission: admitRelease(input), upgraded: false, ...common };
  }
  const upgraded = await readAsV2(registry, artifact, { product, trust, releases }, signal);
  if (!upgraded.ok) {
    const admission = { ok: false as const, problem: upgraded.problem, digest: digestOfBytes(document) };
    return { admission, upgraded: false, ...common };
  }
  const admission = admitRelease({ ...input, upgraded: { document: upgraded.value } });
  return { admission, upgraded: true, ...common };
}
