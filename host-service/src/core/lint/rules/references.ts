import type { LintDocument } from '../document.ts';
import type { Bundle } from '../bundle.ts';
import type { Finding } from '../finding.ts';
import { at, list, text, type Path } from '../tree.ts';
import { known, named } from './names.ts';
import { podReferences } from './pod-references.ts';

const KUSTOMIZE = 'kustomize.toolkit.fluxcd.io/';

/** Flux Kustomizations, not the files that kustomize reads. */
const isFluxKustomization = (document: LintDocument): boolean =>
  document.kind === 'Kustomization' && document.apiVersion.startsWith(KUSTOMIZE);

/** B-18, R-55: names that lead nowhere. */
export function* references(bundle: Bundle): Generator<Finding> {
  const names = known(bundle);
  for (const document of bundle.documents) {
    if (isFluxKustomization(document)) yield* stage(bundle, names, document);
    else if (document.kind === 'HelmRelease') yield* release(bundle, names, document);
    else if (document.kind === 'OCIRepository') yield* source(names, document);
    else if (/(^|\/)kustomization\.yaml$/.test(document.file)) yield* folder(bundle, document);
  }
  yield* podReferences(bundle, names);
}

function* dependencies(names: ReadonlySet<string>, document: LintDocument): Generator<Finding> {
  for (const [index, one] of list(document.value, 'spec', 'dependsOn').entries()) {
    const namespace = text(one, 'namespace') || document.namespace;
    const what = { kind: document.kind, namespace, name: text(one, 'name') };
    yield* named(names, document, ['spec', 'dependsOn', index], what);
  }
}

function* stage(bundle: Bundle, names: ReadonlySet<string>, document: LintDocument): Generator<Finding> {
  const ref = at(document.value, 'spec', 'sourceRef');
  const namespace = text(ref, 'namespace') || document.namespace;
  const what = { kind: text(ref, 'kind'), namespace, name: text(ref, 'name') };
  yield* named(names, document, ['spec', 'sourceRef'], what);
  yield* dependencies(names, document);
  const path = text(document.value, 'spec', 'path').replace(/^\.\//, '').replace(/\/$/, '');
  if (!bundle.files.has(`${path}/kustomization.yaml`)) {
    yield document.finding(
      'references',
      ['spec', 'path'],
      `spec.path: there is no ${path}/kustomization.yaml`,
    );
  }
  for (const [index, check] of list(document.value, 'spec', 'healthChecks').entries()) {
    const target = {
      kind: text(check, 'kind'),
      namespace: text(check, 'namespace'),
      name: text(check, 'name'),
    };
    yield* named(names, document, ['spec', 'healthChecks', index], target);
  }
}

function* release(bundle: Bundle, names: ReadonlySet<string>, document: LintDocument): Generator<Finding> {
  const { values } = bundle.product;
  yield* dependencies(names, document);
  const chart = at(document.value, 'spec', 'chartRef');
  if (chart !== undefined) {
    const namespace = text(chart, 'namespace') || document.namespace;
    yield* named(names, document, ['spec', 'chartRef'], {
      kind: text(chart, 'kind'),
      namespace,
      name: text(chart, 'name'),
    });
  }
  for (const [index, from] of list(document.value, 'spec', 'valuesFrom').entries()) {
    if (at(from, 'optional') === true) continue;
    const path = ['spec', 'valuesFrom', index];
    const [kind, name] = [text(from, 'kind'), text(from, 'name')];
    const ours =
      kind === 'ConfigMap' && document.namespace === values.namespace && name.startsWith(values.prefix);
    if (!ours) {
      yield* named(names, document, path, { kind, namespace: document.namespace, name });
      continue;
    }
    yield* valuesKey(bundle, document, path, name.slice(values.prefix.length), text(from, 'valuesKey'));
  }
}

/** The key that the engine writes for this component, and a values file from which it is written. */
function* valuesKey(
  bundle: Bundle,
  document: LintDocument,
  path: Path,
  component: string,
  key: string,
): Generator<Finding> {
  const start = `${component}.\${appliance_profile}.`;
  if (
    !key.startsWith(start) ||
    !/^(\$\{appliance_version\}|\d+\.\d+\.\d+[0-9A-Za-z.-]*)\.yaml$/.test(key.slice(start.length))
  ) {
    const wanted = `${start}\${appliance_version}.yaml`;
    yield document.finding(
      'references',
      path,
      `${path.join('.')}: key '${key}' is never written, ${wanted} is`,
    );
  }
  const files = [...bundle.files.keys()].filter((file) => file.startsWith('profiles/'));
  if (files.length > 0 && !files.some((file) => file.endsWith(`/${component}.yaml`))) {
    yield document.finding('references', path, `${path.join('.')}: no profile has values for ${component}`);
  }
}

function* source(names: ReadonlySet<string>, document: LintDocument): Generator<Finding> {
  for (const key of [['secretRef'], ['certSecretRef'], ['proxySecretRef'], ['verify', 'secretRef']]) {
    const name = text(document.value, 'spec', ...key, 'name');
    if (name !== '')
      yield* named(names, document, ['spec', ...key], {
        kind: 'Secret',
        namespace: document.namespace,
        name,
      });
  }
}

/** A kustomization.yaml: what it lists exists, and what lies beside it is listed. */
function* folder(bundle: Bundle, document: LintDocument): Generator<Finding> {
  const here = document.file.slice(0, document.file.lastIndexOf('/') + 1);
  const listed = new Set<string>();
  for (const [index, entry] of list(document.value, 'resources').entries()) {
    if (typeof entry !== 'string' || /^[a-z]+:\/\//.test(entry)) continue;
    const file = `${here}${entry.replace(/^\.\//, '')}`;
    listed.add(file);
    if (bundle.files.has(file) || bundle.files.has(`${file}/kustomization.yaml`)) continue;
    yield document.finding('references', ['resources', index], `resources: there is no ${file}`);
  }
  for (const file of bundle.files.keys()) {
    const beside = file.startsWith(here) && !file.slice(here.length).includes('/') && /\.ya?ml$/.test(file);
    if (!beside || file === document.file || listed.has(file)) continue;
    yield document.finding(
      'references',
      ['resources'],
      `resources: ${file} is listed nowhere and would not be applied`,
    );
  }
}

/** B-01: what waits for each other never starts. */
export function* order(bundle: Bundle): Generator<Finding> {
  const members = bundle.documents.filter(
    (document) => isFluxKustomization(document) || document.kind === 'HelmRelease',
  );
  const id = (document: LintDocument): string => `${document.kind}/${document.namespace}/${document.name}`;
  const byId = new Map(members.map((document) => [id(document), document]));
  const next = (document: LintDocument): readonly LintDocument[] =>
    list(document.value, 'spec', 'dependsOn').flatMap((one) => {
      const namespace = text(one, 'namespace') || document.namespace;
      return byId.get(`${document.kind}/${namespace}/${text(one, 'name')}`) ?? [];
    });
  for (const start of members) {
    const seen = new Set<LintDocument>();
    const todo = [...next(start)];
    for (let here = todo.pop(); here !== undefined; here = todo.pop()) {
      if (seen.has(here)) continue;
      seen.add(here);
      todo.push(...next(here));
    }
    if (seen.has(start)) {
      yield start.finding('order', ['spec', 'dependsOn'], `${start.kind} ${start.name} waits for itself`);
    }
  }
}
