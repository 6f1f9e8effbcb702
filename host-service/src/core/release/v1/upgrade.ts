import semver from 'semver';
import type { Digest } from '../../../contract/names.ts';
import { Version, type Repository } from '../../../contract/names.ts';
import { accept, refuse, type Verdict } from '../../../contract/problem.ts';
import type { Product } from '../../../contract/product.ts';
import type { ReleaseV1 } from '../../../contract/v1/release-v1.ts';
import { RELEASE_SCHEMA, type Release } from '../../../contract/release.ts';
import { Timestamp } from '../../../contract/names.ts';
import { checkReleaseJson } from '../parse.ts';
import type { V1Reference, V1References } from './references.ts';

export interface UpgradeInput {
  readonly document: ReleaseV1;
  readonly references: V1References;
  /** What each `repository:tag` was resolved to; sizes in bytes. */
  readonly digests: ReadonlyMap<string, { readonly digest: Digest; readonly size: number }>;
  /** Files of the config bundle by path: the second shape keeps its values there (seed 004). */
  readonly bundleFiles: ReadonlyMap<string, Uint8Array>;
  readonly product: Product;
  /** Parts that v1 documents may lack come from here. */
  readonly baked?: Pick<Release, 'controlPlane' | 'hostBundle'> | undefined;
}

const VALUES_FILE = /^([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\.([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\.yaml$/;
/** v1 documents carry no date; a fixed one keeps the upgraded bytes, and so the identity, the same. */
const NO_DATE = '1970-01-01T00:00:00Z';

interface Pin {
  readonly repository: Repository;
  readonly digest: Digest;
  readonly size: number;
}

function pinOf(reference: V1Reference, digests: UpgradeInput['digests']): Pin | undefined {
  const { repository } = reference;
  if ('digest' in reference) return { repository, digest: reference.digest, size: 0 };
  const found = digests.get(`${repository}:${reference.tag}`);
  return found === undefined ? undefined : { repository, ...found };
}

function pinsOf<T>(
  references: ReadonlyMap<string, V1Reference>,
  digests: UpgradeInput['digests'],
  finish: (pin: Pin, reference: V1Reference) => T,
): Verdict<Record<string, T>> {
  const pins: [string, T][] = [];
  for (const [key, reference] of references) {
    const pin = pinOf(reference, digests);
    if (pin === undefined) {
      return refuse('release.incomplete', `${key} of ${reference.repository} was not found in the registry`);
    }
    pins.push([key, finish(pin, reference)]);
  }
  return accept(Object.fromEntries(pins));
}

/** Version without build part; what the predecessor allowed beyond that cannot be ordered. */
function versionOf(text: string): Version | undefined {
  const parsed = semver.parse(text);
  const plain = Version.safeParse(parsed?.version);
  return plain.success ? plain.data : undefined;
}

function valuesOf(input: UpgradeInput, profile: string): Record<string, Record<string, string>> {
  const decoder = new TextDecoder();
  const texts = new Map<string, string>();
  for (const [path, bytes] of input.bundleFiles) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (VALUES_FILE.test(name)) texts.set(name, decoder.decode(bytes));
  }
  // What the document itself says wins over a file of the same name.
  for (const [name, text] of Object.entries(input.document.profileValues ?? {})) texts.set(name, text);
  const values = [...texts].flatMap(([name, text]) => {
    const match = VALUES_FILE.exec(name);
    return match?.[1] !== undefined && match[2] === profile ? [[match[1], { [profile]: text }] as const] : [];
  });
  return Object.fromEntries(values.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function planeOf(input: UpgradeInput): Verdict<Release['controlPlane']> {
  const reference = input.references.controlPlane;
  if (reference === undefined) {
    const { baked } = input;
    return baked === undefined
      ? refuse('release.invalid', 'v1 release document: it names no control plane and none is baked in')
      : accept(baked.controlPlane);
  }
  const pin = pinOf(reference, input.digests);
  // The version is not known and must never look newer than what runs (design §4 "Two channels").
  return pin === undefined
    ? refuse('release.incomplete', `the control plane of ${reference.repository} was not found`)
    : accept({ ...pin, version: Version.parse('0.0.0') });
}

function tagOf(reference: V1Reference): string {
  return 'tag' in reference ? reference.tag : `digest-${reference.digest.slice(7, 19)}`;
}

/** The expected set of the product, without images and charts that this document does not have. */
function componentsOf(product: Product, images: object, charts: object): Release['components'] {
  return product.components.map(({ chart, ...component }) => ({
    ...component,
    images: component.images.filter((key) => Object.hasOwn(images, key)),
    ...(chart !== undefined && Object.hasOwn(charts, chart) ? { chart } : {}),
  }));
}

/**
 * Reads a v1 document as a v2 release (design §4 "v1 documents"). Pure: tags were resolved and the bundle read before.
 * The same input gives the same bytes, so the release keeps its identity.
 *
 * Problems: release.invalid, release.incomplete (a tag that nobody resolved).
 */
export function upgradeV1(input: UpgradeInput): Verdict<{ release: Release; document: Uint8Array }> {
  const { document, references, product, digests } = input;
  const version = versionOf(document.version);
  if (version === undefined) {
    return refuse('release.invalid', `v1 release document: version '${document.version}' is not semantic`);
  }
  const controlPlane = planeOf(input);
  if (!controlPlane.ok) return controlPlane;
  const charts = pinsOf(references.charts, digests, (pin, reference) => ({
    ...pin,
    version: versionOf(tagOf(reference)) ?? Version.parse('0.0.0'),
  }));
  if (!charts.ok) return charts;
  const images = pinsOf(references.images, digests, (pin, reference) => ({ ...pin, tag: tagOf(reference) }));
  if (!images.ok) return images;
  const profile = document.valuesProfile ?? product.defaultProfile;
  const published = Timestamp.safeParse(document.publishedAt);
  const json = {
    schema: RELEASE_SCHEMA,
    product: product.id,
    version,
    released: published.success ? published.data : NO_DATE,
    sourceRevision: `v1 ${document.version}`.slice(0, 512),
    config: { ...references.config, size: 0 },
    controlPlane: controlPlane.value,
    ...(input.baked?.hostBundle === undefined ? {} : { hostBundle: input.baked.hostBundle }),
    charts: charts.value,
    images: images.value,
    defaultProfile: profile,
    values: valuesOf(input, profile),
    // Images that only v2 documents name (a database, for example) stand in the values of v1 as they are.
    inject: product.inject.filter(({ image }) => image === undefined || Object.hasOwn(images.value, image)),
    components: componentsOf(product, images.value, charts.value),
    requires: {},
    // v1 does not say from which versions one may come back, so nobody goes back by himself.
    reversible: [],
    notes: '',
  };
  const release = checkReleaseJson(json);
  if (!release.ok) return release;
  if (release.value.kind !== 'release') return refuse('release.invalid', 'v1 release document');
  return accept({ release: release.value.release, document: new TextEncoder().encode(JSON.stringify(json)) });
}
