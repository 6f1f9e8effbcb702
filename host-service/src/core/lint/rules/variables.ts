import type { LintDocument } from '../document.ts';
import type { Bundle } from '../bundle.ts';
import type { Finding } from '../finding.ts';
import { at, strings, text, tree } from '../tree.ts';

/** What the box fills in (docs/architecture.md, "One switch per update"). */
const BOX = ['appliance_registry', 'appliance_registry_insecure', 'appliance_profile'];
const VARIABLE = /(\$?)\$\{([^}]*)\}/g;

function packed(name: string, charts: ReadonlySet<string> | undefined): boolean {
  if (name === 'appliance_version') return true;
  const chart = /^chart_([a-z0-9_]+)_(?:digest|repository|short)$/.exec(name)?.[1];
  if (chart === undefined) return false;
  return charts === undefined || [...charts].some((key) => key.replaceAll('-', '_') === chart);
}

/** Variables in the values and keys of a document, with `$${escaped}` ones left out. */
function* used(
  document: LintDocument,
): Generator<{ readonly name: string; readonly finding: (message: string) => Finding }> {
  for (const { path, text: value } of strings(document.value)) {
    for (const [, escape, name = ''] of value.matchAll(VARIABLE)) {
      if (escape === '') yield { name, finding: (message) => document.finding('variables', path, message) };
    }
  }
}

/** An undeclared variable makes Flux refuse the whole stage, or (older Flux) becomes empty. */
export function* variables(bundle: Bundle): Generator<Finding> {
  const base = bundle.documents.filter(({ area }) => area === 'base');
  const stages = base.filter(
    (document) => document.kind === 'Kustomization' && document.apiVersion.startsWith('kustomize.toolkit'),
  );
  for (const document of base) {
    for (const { name, finding } of used(document)) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
        yield finding(`\${${name}}: only plain variables are allowed`);
      else if (!BOX.includes(name) && !packed(name, bundle.charts))
        yield finding(`\${${name}} is filled in by nobody`);
    }
  }
  for (const stage of stages) yield* handedOn(base, stage);
}

/** A stage below the root gets only what is handed on to it. */
function* handedOn(base: readonly LintDocument[], stage: LintDocument): Generator<Finding> {
  const folder = `${text(stage.value, 'spec', 'path').replace(/^\.\//, '').replace(/\/$/, '')}/`;
  const given = tree(stage.value, 'spec', 'postBuild', 'substitute');
  const wanted = new Set<string>();
  for (const document of base.filter(({ file }) => file.startsWith(folder))) {
    for (const { name } of used(document)) if (BOX.includes(name)) wanted.add(name);
  }
  for (const name of wanted) {
    if (Object.hasOwn(given, name)) continue;
    yield stage.finding(
      'variables',
      ['spec', 'postBuild'],
      `Kustomization ${stage.name} does not hand on \${${name}}`,
    );
  }
  for (const [name, value] of Object.entries(given)) {
    // Substitution is textual: true or 12 would arrive as something else than a string and be refused.
    const plain = typeof value === 'string' && value === `\${${name}}`;
    if (!plain || at(given, name) === undefined) continue;
    const message = `postBuild.substitute.${name}: write it as a block scalar (|), else its value may arrive as no string`;
    yield stage.finding('variables', ['spec', 'postBuild', 'substitute', name], message);
  }
}
