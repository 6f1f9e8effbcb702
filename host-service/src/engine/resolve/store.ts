import { CAPS, GROUP_VERSION, type Digest, type Repository } from '../../contract/names.ts';
import { ReleaseObject } from '../../contract/objects.ts';
import { Problem, problemOf } from '../../contract/problem.ts';
import type { KnownRelease } from '../../core/plan/observed.ts';
import type { Admitted } from '../../core/release/admit.ts';
import { releaseObjectName } from '../../core/release/digest.ts';
import { bundlesFor } from '../../core/release/signature/bundle.ts';
import type { Cluster, KubeInput, KubeObject } from '../ports.ts';

export interface Storing {
  readonly admitted: Admitted;
  readonly repository: Repository;
  readonly ociDigest: Digest;
  readonly bundles: readonly Uint8Array[];
  readonly upgraded: boolean;
  readonly now: Date;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/**
 * The object that keeps an admitted release with its signatures.
 * @throws Problem release.damaged when it is larger than 400 KiB
 */
export function releaseObject(input: Storing): KubeInput {
  const { admitted, repository, ociDigest, upgraded, now } = input;
  const { digest, version, source, signed } = admitted.candidate;
  const object = {
    apiVersion: GROUP_VERSION,
    kind: 'Release',
    metadata: { name: releaseObjectName(digest) },
    spec: {
      ...{ digest, ociDigest, version, repository, source, signed },
      document: base64(admitted.document),
      ...(upgraded ? { upgradedFrom: 'v1' } : {}),
      signatures: bundlesFor(admitted.document, input.bundles).map(base64),
      keyIds: admitted.keyIds,
      admittedAt: now.toISOString(),
    },
  };
  const size = Buffer.byteLength(JSON.stringify(object));
  if (size <= CAPS.releaseObject) return object;
  throw new Problem(
    'release.damaged',
    `${size} bytes are too many to keep; ${CAPS.releaseObject} is the most`,
  );
}

function known(object: KubeObject, admitted: Admitted): KnownRelease {
  const parsed = ReleaseObject.safeParse(object);
  const { digest, release } = admitted.candidate;
  if (!parsed.success || parsed.data.spec.digest !== digest) {
    throw new Problem('cluster.bad-answer', `Release ${object.metadata.name} is not the one of ${digest}`);
  }
  return { object: parsed.data, release, digest };
}

/**
 * Keeps an admitted release, so that it can be used without the registry. Made once; never changed afterwards.
 * @throws Problem cluster.*
 */
export async function storeRelease(
  cluster: Cluster,
  object: KubeInput,
  admitted: Admitted,
  signal: AbortSignal,
): Promise<KnownRelease> {
  try {
    return known(await cluster.create(object, signal), admitted);
  } catch (error) {
    if (problemOf(error).code !== 'cluster.conflict') throw error;
    const { apiVersion, kind, metadata } = object;
    const existing = await cluster.get({ apiVersion, kind, name: metadata.name }, signal);
    if (existing === undefined) throw error;
    return known(existing, admitted);
  }
}
