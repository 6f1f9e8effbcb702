import type { FetchedManifest, OciClient } from 'oci-client-lite/types.ts';
import { CAPS, type Digest, type Repository } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import { IMAGE_CONFIG_CAP, readImageConfig, type ImageFacts } from '../../core/roll/image.ts';
import { referenceOf } from './artifact.ts';

type Index = Extract<FetchedManifest, { kind: 'index' }>['index'];

/** The child for the processor; an index may also name attestations, which are for none. */
const childOf = ({ manifests }: Index, architecture: string) =>
  manifests.find(({ platform }) => platform?.architecture === architecture && platform.os === 'linux');

const architecturesIn = ({ manifests }: Index): readonly string[] =>
  manifests.flatMap(({ platform }) =>
    platform === undefined || platform.architecture === 'unknown' ? [] : [platform.architecture],
  );

/**
 * What the image at a digest says about itself, for one processor: of an index without that processor only which it has.
 * @throws OciError, Problem registry.damaged, registry.too-large
 */
export async function imageFactsOf(
  client: OciClient,
  image: { readonly repository: Repository; readonly digest: Digest },
  architecture: string,
  signal: AbortSignal,
): Promise<ImageFacts> {
  const limits = { accept: 'image', maxBytes: CAPS.manifest, signal } as const;
  let ref = referenceOf(image.repository, { digest: image.digest });
  let fetched = await client.manifest(ref, limits);
  if (fetched.kind === 'index') {
    const child = childOf(fetched.index, architecture);
    if (child === undefined) return { architectures: architecturesIn(fetched.index), labels: {} };
    ref = referenceOf(image.repository, { digest: child.digest });
    fetched = await client.manifest(ref, limits);
    if (fetched.kind === 'index') throw new Problem('registry.damaged', 'an index within an index');
  }
  const { config } = fetched.manifest;
  if (config.size > IMAGE_CONFIG_CAP) {
    throw new Problem('registry.too-large', `the image's configuration has ${config.size} bytes`);
  }
  const read = readImageConfig(await client.blob(ref, config, { maxBytes: IMAGE_CONFIG_CAP, signal }));
  if (!read.ok) throw new Problem(read.problem.code, read.problem.detail);
  return read.value;
}
