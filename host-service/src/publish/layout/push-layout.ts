import type { OciClient, Reference } from 'oci-client-lite/types.ts';
import { CAPS, Key, MEDIA, type Repository, type Version } from '../../contract/names.ts';
import { Problem } from '../../contract/problem.ts';
import { Blobs } from '../../edges/layout/blobs.ts';
import { readIndex, readManifest, type Descriptor } from '../../edges/layout/manifest.ts';
import type { Pushed } from '../push.ts';
import { asProblem, referenceOf, tagDigest } from '../registry.ts';

/** Largest layer, in bytes: a control plane's largest has 45 MB. */
const LAYER_CAP = 1024 * 1024 * 1024;

export interface LayoutInput {
  /** `KEY=DIR`: key of the image in the release, and an OCI image layout (`npm run image`). */
  readonly image: string;
  readonly repository: Repository;
  readonly version: Version;
}

/** Everything that has to be pushed before a manifest, innermost first, and how many bytes that is. */
interface Content {
  readonly blobs: readonly Descriptor[];
  readonly manifests: readonly Descriptor[];
}

function contentOf(blobs: Blobs, root: Descriptor): Content {
  const found = readManifest(blobs, root.digest);
  if (found === undefined) throw new Problem('config.invalid', `${root.digest} is not in the layout`);
  if (found.kind === 'manifest')
    return { blobs: [found.manifest.config, ...found.manifest.layers], manifests: [root] };
  const parts = found.manifests.map((child) => contentOf(blobs, child));
  return {
    blobs: parts.flatMap((part) => part.blobs),
    manifests: [...parts.flatMap((part) => part.manifests), root],
  };
}

/** The one image of a layout: an index of several architectures counts as one. @throws Problem config.invalid */
function rootOf(blobs: Blobs, folder: string): Descriptor {
  const [root, ...others] = readIndex(blobs);
  if (root === undefined || others.length > 0)
    throw new Problem('config.invalid', `${folder} has ${others.length + (root ? 1 : 0)} images, not one`);
  return root;
}

/** The registry client has a type of its own for the same text. */
const ociDigestOf = ({ digest }: Descriptor): `sha256:${string}` =>
  `sha256:${digest.slice('sha256:'.length)}`;

const typeOf = ({ mediaType }: Descriptor): string =>
  mediaType === MEDIA.imageIndex ? MEDIA.imageIndex : MEDIA.imageManifest;

async function pushContent(
  client: OciClient,
  ref: Reference,
  blobs: Blobs,
  { blobs: parts, manifests }: Content,
): Promise<void> {
  for (const part of new Map(parts.map((one) => [one.digest, one])).values()) {
    if (!(await client.hasBlob(ref, ociDigestOf(part))))
      await client.pushBlob(ref, blobs.of(part, LAYER_CAP));
  }
  for (const manifest of manifests)
    await client.pushManifest(ref, blobs.of(manifest, CAPS.manifest), typeOf(manifest));
}

/**
 * Pushes an image that lies in an OCI layout as it is, bytes for bytes, and gives it a tag that never moves.
 * @throws Problem publish.exists, config.invalid, release.damaged, registry.*
 */
export async function pushLayout(
  client: OciClient,
  input: LayoutInput,
): Promise<{ key: string; pin: Pushed }> {
  const [key = '', folder = ''] = input.image.split(/=(.*)/, 2);
  if (!Key.safeParse(key).success || folder === '')
    throw new Problem('request.invalid', `${input.image} is not KEY=FOLDER`);
  const blobs = new Blobs(folder);
  const root = rootOf(blobs, folder);
  const content = contentOf(blobs, root);
  const ref = await referenceOf(`${input.repository}:${input.version}`);
  const { digest } = root;
  const size = [...content.blobs, ...content.manifests].reduce((total, part) => total + part.size, 0);
  const pin = { repository: input.repository, version: input.version, digest, size };
  const there = await tagDigest(client, ref);
  if (there === digest) return { key, pin: { ...pin, pushed: false } };
  if (there !== undefined) {
    const name = `${input.repository}:${input.version}`;
    throw new Problem('publish.exists', `${name} is ${there}, not ${digest}`);
  }
  const untagged: Reference = { registry: ref.registry, repository: ref.repository };
  await asProblem(async () => {
    await pushContent(client, untagged, blobs, content);
    const options = { tag: input.version, immutable: true };
    await client.pushManifest(ref, blobs.of(root, CAPS.manifest), typeOf(root), options);
  });
  return { key, pin: { ...pin, pushed: true } };
}
