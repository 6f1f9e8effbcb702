import { CAPS, Digest, Repository, Tag } from '../../../contract/names.ts';
import { accept, refuse, type Verdict } from '../../../contract/problem.ts';
import type { Product } from '../../../contract/product.ts';
import { ReleaseV1 } from '../../../contract/v1/release-v1.ts';
import { checkSchema } from '../document/issues.ts';
import { readStrictJson } from '../document/strict-json.ts';
import { isV1Document } from '../parse.ts';

/** An artifact as a v1 document names it: by a tag that has to be resolved once, or by its digest. */
export type V1Reference =
  | { readonly repository: Repository; readonly tag: string }
  | { readonly repository: Repository; readonly digest: Digest };

/** All artifacts of a v1 document, by the place where the v2 document will name them. */
export interface V1References {
  readonly config: { readonly repository: Repository; readonly digest: Digest };
  readonly controlPlane: V1Reference | undefined;
  readonly charts: ReadonlyMap<string, V1Reference>;
  readonly images: ReadonlyMap<string, V1Reference>;
}

/** Reads `alga.appliance.release/v1`; problems release.damaged, release.invalid. Never throws. */
export function parseV1(bytes: Uint8Array): Verdict<ReleaseV1> {
  const json = readStrictJson(bytes, CAPS.release);
  if (!json.ok) return refuse('release.damaged', `the release document cannot be read: ${json.why}`);
  if (!isV1Document(json.value)) return refuse('release.damaged', 'this is not a release document of v1');
  return checkSchema(ReleaseV1, json.value, 'release.invalid', 'v1 release document');
}

/** `tag`, `repository:tag`, `repository@sha256:…` or `repository:tag@sha256:…`; undefined = nonsense. */
function readReference(text: string, fallback: Repository): V1Reference | undefined {
  const [name = '', digestText] = text.split('@', 2);
  const colon = name.lastIndexOf(':');
  const hasPath = name.includes('/');
  const path = hasPath && colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
  const repository = hasPath ? Repository.safeParse(path) : { success: true as const, data: fallback };
  if (!repository.success) return undefined;
  if (digestText !== undefined) {
    const digest = Digest.safeParse(digestText);
    return digest.success ? { repository: repository.data, digest: digest.data } : undefined;
  }
  const tag = Tag.safeParse(hasPath ? name.slice(path.length + 1) : name);
  return tag.success ? { repository: repository.data, tag: tag.data } : undefined;
}

type Named = readonly [where: string, key: string, text: string, fallback: Repository];

function collect(named: readonly Named[]): Verdict<ReadonlyMap<string, V1Reference>> {
  const found = new Map<string, V1Reference>();
  for (const [where, key, text, fallback] of named) {
    const reference = readReference(text, fallback);
    if (reference === undefined)
      return refuse('release.invalid', `v1 release document: ${where}.${key}: '${text}'`);
    found.set(key, reference);
  }
  return accept(found);
}

/**
 * What a v1 document points to. Repositories that it leaves out come from the product definition; images without an
 * entry follow `algaCore`, as the predecessor read them. Problem release.invalid.
 */
export function v1References(document: ReleaseV1, product: Product): Verdict<V1References> {
  const defaults = product.release.v1;
  if (defaults === undefined) {
    return refuse('release.invalid', `product ${product.id} does not say how documents of v1 are read`);
  }
  const charts = collect(
    Object.entries(document.charts ?? {}).map(([name, version]) => {
      const repository = Repository.safeParse(`${defaults.charts}/${name}`);
      // A `+` of a chart's version is written `_` in its tag (helm push).
      return ['charts', name, version.replaceAll('+', '_'), repository.data ?? defaults.charts] as const;
    }),
  );
  if (!charts.ok) return charts;
  const images = collect(
    Object.entries(defaults.images).map(([key, repository]) => {
      const own = Object.hasOwn(document.images, key) ? document.images[key] : undefined;
      const text = typeof own === 'string' ? own : document.images.algaCore;
      return ['images', key, text, repository] as const;
    }),
  );
  if (!images.ok) return images;
  const program = document.controlPlane;
  const plane = collect(
    program === undefined ? [] : [['document', 'controlPlane', program, defaults.controlPlane] as const],
  );
  if (!plane.ok) return plane;
  return accept({
    config: { repository: document.config.repository, digest: document.config.digest },
    controlPlane: plane.value.get('controlPlane'),
    charts: charts.value,
    images: images.value,
  });
}

/** The tags that have to be resolved before {@link upgradeV1}, each once. */
export function v1Tags(references: V1References): readonly { repository: Repository; tag: string }[] {
  const all = [references.controlPlane, ...references.charts.values(), ...references.images.values()];
  const tagged = all.flatMap((entry) => (entry !== undefined && 'tag' in entry ? [entry] : []));
  return [...new Map(tagged.map((entry) => [`${entry.repository}:${entry.tag}`, entry])).values()];
}
