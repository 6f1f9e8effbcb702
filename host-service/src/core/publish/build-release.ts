import { parseDocument } from 'yaml';
import type { Product } from '../../contract/product.ts';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import { RELEASE_SCHEMA, Release, type Injection } from '../../contract/release.ts';
import { crossFaults } from '../release/document/cross-checks.ts';
import { goJson, sorted } from './bytes.ts';

/** What the product definition does not say: the facts of one release. */
export type ReleaseFacts = Pick<
  Release,
  | 'version'
  | 'released'
  | 'sourceRevision'
  | 'config'
  | 'controlPlane'
  | 'charts'
  | 'images'
  | 'values'
  | 'requires'
  | 'reversible'
  | 'notes'
>;

/**
 * B-03: a release whose own images come from different sources is not one release. An image without revision counts as one more source.
 * Undefined when the images named by `own` agree.
 */
export function mixedRevisions(images: ReleaseFacts['images'], own: readonly string[]): string | undefined {
  const byRevision = Map.groupBy(own.toSorted(), (key) => images[key]?.sourceRevision ?? 'no revision');
  if (byRevision.size <= 1) return undefined;
  return [...byRevision].map(([revision, keys]) => `${revision}: ${keys.join(', ')}`).join('; ');
}

/** Where a values file lacks the place that something is injected into: the box would refuse it (plan.values-path-missing). */
function pathOffences(release: Release, injection: Injection): readonly string[] {
  return Object.entries(release.values[injection.component] ?? {})
    .filter(([, text]) => !parseDocument(text).hasIn(injection.path.split('.')))
    .map(([profile]) => `inject ${injection.component}:${injection.path}: not in its values for ${profile}`);
}

function offences(release: Release, product: Product): readonly string[] {
  const settings = release.inject.filter(
    (one) => one.setting !== undefined && !Object.hasOwn(product.settings, one.setting),
  );
  return [
    ...crossFaults(release),
    ...settings.map(
      (one) => `inject ${one.component}:${one.path}: no setting ${one.setting ?? ''} in the product`,
    ),
    ...release.inject.flatMap((one) => pathOffences(release, one)),
  ];
}

/** Release document bytes: keys in the schema's order, maps sorted, no newline. Equal releases have equal bytes. */
export function releaseBytes(release: Release): Uint8Array {
  const { charts, images, values } = release;
  const ordered = Release.parse({
    ...release,
    charts: sorted(charts),
    images: sorted(images),
    values: sorted(
      Object.fromEntries(Object.entries(values).map(([component, texts]) => [component, sorted(texts)])),
    ),
  });
  return goJson(ordered);
}

/**
 * The release document for these facts. B-03, B-30: an incomplete set is refused, nothing falls back to another image, nothing is named by
 * tag alone.
 */
export function buildRelease(product: Product, facts: ReleaseFacts): Verdict<Release> {
  const parsed = Release.safeParse({
    ...facts,
    schema: RELEASE_SCHEMA,
    product: product.id,
    defaultProfile: product.defaultProfile,
    inject: product.inject,
    components: product.components,
  });
  if (!parsed.success) {
    const found = parsed.error.issues.slice(0, 4).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    return refuse('publish.lint', found.join('; '));
  }
  const found = [...new Set(offences(parsed.data, product))];
  return found.length === 0 ? accept(parsed.data) : refuse('publish.lint', found.slice(0, 4).join('; '));
}
