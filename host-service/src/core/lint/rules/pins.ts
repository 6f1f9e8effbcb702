import { containersOf, podsOf, type LintDocument } from '../document.ts';
import type { Bundle } from '../bundle.ts';
import type { Finding } from '../finding.ts';
import { at, list, text, trees, type Path } from '../tree.ts';

const DIGEST = /^(sha256:[a-f0-9]{64}|\$\{chart_[a-z0-9_]+_digest\})$/;
const PINNED = /@sha256:[a-f0-9]{64}$/;

/** B-30, S10: whatever could mean something else tomorrow. */
export function* mutableReferences(bundle: Bundle): Generator<Finding> {
  for (const document of bundle.documents) {
    if (document.kind === 'OCIRepository') yield* source(document);
    else if (/^(HelmRepository|HelmChart|GitRepository|Bucket)$/.test(document.kind)) {
      yield document.finding('mutable-reference', ['kind'], `a ${document.kind} cannot be pinned by digest`);
    } else if (document.kind === 'HelmRelease' && at(document.value, 'spec', 'chart') !== undefined) {
      yield document.finding(
        'mutable-reference',
        ['spec', 'chart'],
        'spec.chart names a version; use chartRef to a source with a digest',
      );
    } else if (document.file.endsWith('kustomization.yaml')) yield* remote(document);
    else if (document.file.endsWith('flux/flux.yaml')) yield* controllers(document);
    else if (document.area === 'profile') yield* values(bundle, document);
  }
  for (const { document, path, image } of images(bundle)) {
    if (PINNED.test(image)) continue;
    yield document.finding('mutable-reference', path, `image '${image}' has no digest`);
  }
}

function* source(document: LintDocument): Generator<Finding> {
  if (!DIGEST.test(text(document.value, 'spec', 'ref', 'digest'))) {
    yield document.finding(
      'mutable-reference',
      ['spec', 'ref'],
      `OCIRepository ${document.name} has no digest in spec.ref`,
    );
  }
  const other = ['tag', 'semver'].find((key) => at(document.value, 'spec', 'ref', key) !== undefined);
  if (other !== undefined) {
    yield document.finding(
      'mutable-reference',
      ['spec', 'ref', other],
      `spec.ref.${other} is not needed beside a digest`,
    );
  }
  if (/@|:[^/]*$/.test(text(document.value, 'spec', 'url').replace(/^oci:\/\/[^/]*/, ''))) {
    yield document.finding('mutable-reference', ['spec', 'url'], 'spec.url carries a tag or digest');
  }
}

function* remote(document: LintDocument): Generator<Finding> {
  for (const key of ['resources', 'components', 'bases']) {
    for (const [index, entry] of list(document.value, key).entries()) {
      if (typeof entry === 'string' && /^[a-z+]+:\/\/|^git@|^github\.com\//.test(entry)) {
        yield document.finding(
          'mutable-reference',
          [key, index],
          `${key}: '${entry}' is fetched from outside the bundle`,
        );
      }
    }
  }
}

function* controllers(document: LintDocument): Generator<Finding> {
  for (const [index, one] of list(document.value, 'controllers').entries()) {
    if (PINNED.test(text(one, 'image'))) continue;
    yield document.finding(
      'mutable-reference',
      ['controllers', index, 'image'],
      `image '${text(one, 'image')}' has no digest`,
    );
  }
}

/** An image in a values file has a digest, or is filled in from the release. */
function* values(bundle: Bundle, document: LintDocument): Generator<Finding> {
  const component = document.file.slice(document.file.lastIndexOf('/') + 1).replace(/\.ya?ml$/, '');
  for (const { path, tree } of trees(document.value)) {
    if (at(tree, 'repository') === undefined || at(tree, 'tag') === undefined) continue;
    const tag = [...path, 'tag'];
    const filled = bundle.product.inject.some(
      (one) =>
        one.component === component &&
        one.path === tag.join('.') &&
        one.image !== undefined &&
        one.form !== 'repository',
    );
    if (filled || PINNED.test(text(tree, 'tag')) || PINNED.test(`@${text(tree, 'digest')}`)) continue;
    yield document.finding(
      'mutable-reference',
      tag,
      `${tag.join('.')}: no digest, and nothing fills it in from the release`,
    );
  }
}

interface ImageUse {
  readonly document: LintDocument;
  readonly path: Path;
  readonly image: string;
}

function images(bundle: Bundle): readonly ImageUse[] {
  return podsOf(bundle.documents).flatMap((pod) =>
    containersOf(pod).map(({ path, container }) => ({
      document: pod.document,
      path: [...path, 'image'],
      image: text(container, 'image'),
    })),
  );
}

/** R14: an image without registry host comes from docker.io, which nobody checks for and which limits rates. */
export function* registries(bundle: Bundle): Generator<Finding> {
  const complain = (document: LintDocument, path: Path, image: string): Finding | undefined => {
    const host = image.split('/')[0] ?? '';
    const named = image.includes('/') && (/[.:]/.test(host) || host === 'localhost' || host.startsWith('${'));
    if (named && !/^(.+\.)?docker\.(io|com)$/.test(host)) return undefined;
    return document.finding(
      'registry',
      path,
      `image '${image}' comes from docker.io or from no named registry`,
    );
  };
  for (const { document, path, image } of images(bundle)) {
    const finding = image === '' ? undefined : complain(document, path, image);
    if (finding !== undefined) yield finding;
  }
  for (const document of bundle.documents.filter(({ area }) => area === 'profile')) {
    for (const { path, tree } of trees(document.value)) {
      const repository = text(tree, 'repository');
      if (repository === '' || at(tree, 'tag') === undefined) continue;
      const finding = complain(document, [...path, 'repository'], repository);
      if (finding !== undefined) yield finding;
    }
  }
}
