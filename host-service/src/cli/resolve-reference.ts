import { Digest, Repository, Tag, Version } from '../contract/names.ts';
import { Problem } from '../contract/problem.ts';
import type { Product } from '../contract/product.ts';

/** What the person named: a channel of a product, or a reference in a registry. */
export interface NamedReference {
  readonly repository: Repository;
  readonly reference: string;
  readonly channel: string;
  /** A version or digest names a release itself, so rules of the channel are not asked (design §4 "Pins"). */
  readonly source: 'channel' | 'pin';
}

const RELEASE_TAG = /^release-[a-f0-9]{64}$/;
const bad = (text: string, why: string): Problem => new Problem('request.invalid', `'${text}': ${why}`);

function channelOf(tag: string, product: Product | undefined): string {
  const known = Object.entries(product?.release.channels ?? {}).find(
    ([, definition]) => definition.tag === tag || definition.v1Tag === tag,
  );
  // Without a product definition: the tag of a channel is its name, with the suffix of the schema (design §4 "Tags").
  return known?.[0] ?? tag.replace(/-v2$/, '');
}

function ofChannel(text: string, product: Product | undefined): NamedReference {
  if (product === undefined) throw bad(text, 'a channel needs --product; else name repository:tag');
  const definition = product.release.channels[text];
  if (definition === undefined) {
    const names = Object.keys(product.release.channels).join(', ');
    throw bad(text, `the product has no such channel; it has ${names}`);
  }
  const { repository } = product.release;
  return { repository, reference: definition.tag, channel: text, source: 'channel' };
}

/**
 * Reads `repository:tag`, `repository@sha256:…` or the name of a channel of the product.
 * @throws Problem request.invalid
 */
export function readReference(text: string, product: Product | undefined): NamedReference {
  if (!text.includes('/')) return ofChannel(text, product);
  const [name = '', digestText] = text.replace(/^oci:\/\//, '').split('@', 2);
  const colon = name.lastIndexOf(':');
  const hasTag = colon > name.lastIndexOf('/');
  const repository = Repository.safeParse(hasTag ? name.slice(0, colon) : name);
  if (!repository.success) throw bad(text, 'this is not registry-host/repository:tag');
  const common = { repository: repository.data, channel: product?.release.defaultChannel ?? 'stable' };
  if (digestText !== undefined) {
    const digest = Digest.safeParse(digestText);
    if (!digest.success) throw bad(text, 'the digest is not sha256:<64 lower-case hex>');
    return { ...common, reference: digest.data, source: 'pin' };
  }
  const tag = Tag.safeParse(hasTag ? name.slice(colon + 1) : '');
  if (!tag.success) throw bad(text, 'it needs a tag or a digest');
  if (RELEASE_TAG.test(tag.data) || Version.safeParse(tag.data).success) {
    return { ...common, reference: tag.data, source: 'pin' };
  }
  return { ...common, reference: tag.data, channel: channelOf(tag.data, product), source: 'channel' };
}
