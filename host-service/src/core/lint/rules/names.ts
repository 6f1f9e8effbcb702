import type { LintDocument } from '../document.ts';
import type { Bundle } from '../bundle.ts';
import type { Finding } from '../finding.ts';
import type { Path } from '../tree.ts';

/** What exists for others to name: `kind/namespace/name`. */
export function known(bundle: Bundle): ReadonlySet<string> {
  const { product, documents } = bundle;
  const made = documents
    .filter((document) => document.kind !== '' && document.name !== '')
    .map((document) => `${document.kind}/${document.namespace}/${document.name}`);
  const { namespace, name } = product.flux;
  return new Set([
    ...made,
    `OCIRepository/${namespace}/${name}`,
    `Kustomization/${namespace}/${name}`,
    `ConfigMap/${product.selection.namespace}/${product.selection.name}`,
    ...product.secrets.map((secret) => `Secret/${secret.namespace}/${secret.name}`),
    ...product.components.map((one) => `${one.kind}/${one.namespace}/${one.name}`),
  ]);
}

/** A finding when nothing of this name exists. */
export function* named(
  names: ReadonlySet<string>,
  document: LintDocument,
  path: Path,
  what: { readonly kind: string; readonly namespace: string; readonly name: string },
): Generator<Finding> {
  if (names.has(`${what.kind}/${what.namespace}/${what.name}`)) return;
  const where = what.namespace === '' ? what.name : `${what.namespace}/${what.name}`;
  yield document.finding('references', path, `${path.join('.')}: there is no ${what.kind} ${where}`);
}
