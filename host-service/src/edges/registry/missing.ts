import { shapeOf } from 'oci-client-lite/content/media-types.ts';
import type { OciClient } from 'oci-client-lite/types.ts';
import type { Digest, Repository } from '../../contract/names.ts';
import { referenceOf } from './artifact.ts';

interface Wanted {
  readonly repository: Repository;
  readonly digest: Digest;
}

/** HEADs at a time. */
const CONCURRENCY = 6;

async function lack(
  client: OciClient,
  wanted: Wanted,
  architecture: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const ref = referenceOf(wanted.repository, { digest: wanted.digest });
  const name = `${wanted.repository}@${wanted.digest}`;
  const head = await client.head(ref, { signal });
  if (head === undefined) return name;
  if (shapeOf(head.mediaType) !== 'index') return undefined;
  const fetched = await client.manifest(ref, { accept: 'image', signal });
  if (fetched.kind !== 'index') return undefined;
  const child = fetched.index.manifests.find(({ platform }) => platform?.architecture === architecture);
  if (child === undefined) return `${name} (nothing for ${architecture})`;
  const there = await client.head(referenceOf(wanted.repository, { digest: child.digest }), { signal });
  return there === undefined ? `${wanted.repository}@${child.digest} (${architecture})` : undefined;
}

/**
 * Those artifacts, or their child for the architecture, that the registry does not have. Each is asked for once.
 * @throws OciError when the registry cannot tell
 */
export async function missingOf(
  client: OciClient,
  artifacts: readonly Wanted[],
  architecture: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const unique = new Map(artifacts.map((entry) => [`${entry.repository}@${entry.digest}`, entry]));
  const queue = [...unique.values()].entries();
  const found: (string | undefined)[] = [];
  const work = async (): Promise<void> => {
    // All workers draw from one iterator: each entry is taken once.
    for (const [index, entry] of queue) found[index] = await lack(client, entry, architecture, signal);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return found.filter((entry) => entry !== undefined);
}
