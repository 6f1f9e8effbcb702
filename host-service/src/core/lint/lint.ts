import type { Product } from '../../contract/product.ts';
import { parseFile, type LintDocument } from './document.ts';
import type { Bundle, Rule } from './bundle.ts';
import type { Finding } from './finding.ts';
import { text } from './tree.ts';
import { clusterHosts, placeholders } from './rules/addresses.ts';
import { keepData, claims } from './rules/data.ts';
import { namespaceInBase, servedApi, uniqueNames } from './rules/objects.ts';
import { mutableReferences, registries } from './rules/pins.ts';
import { hostPorts, podSecurity } from './rules/node.ts';
import { hooks, probes, serviceLinks } from './rules/pods.ts';
import { order, references } from './rules/references.ts';
import { variables } from './rules/variables.ts';

export interface LintOptions {
  readonly product: Product;
  /** Objects that a chart renders with its values file: component (name of the HelmRelease) -> YAML stream. */
  readonly rendered?: ReadonlyMap<string, string>;
  /** Keys of the release's charts, so that variables of other charts are found. */
  readonly charts?: ReadonlySet<string>;
}

const ALL: readonly Rule[] = [
  references,
  order,
  mutableReferences,
  registries,
  podSecurity,
  claims,
  hostPorts,
  serviceLinks,
  clusterHosts,
  probes,
  hooks,
  namespaceInBase,
  uniqueNames,
  keepData,
  servedApi,
  placeholders,
  variables,
];

/**
 * Looks for the bundle defects of the ledger before a box meets them (B-18, R-55). Pure; nothing is fetched.
 *
 * @param files config bundle and values by path: `base/`, `control-plane/`, `flux/`, `profiles/<profile>/<component>.yaml`; others are not looked at.
 * @returns findings in order of file and line; empty = clean.
 */
export function lintBundle(files: ReadonlyMap<string, string>, options: LintOptions): readonly Finding[] {
  const findings: Finding[] = [];
  const documents: LintDocument[] = [];
  const add = (file: string, content: string, namespace = ''): void => {
    const parsed = parseFile(file, content, namespace);
    documents.push(...parsed.documents);
    findings.push(...parsed.findings);
  };
  for (const [file, content] of files) {
    if (/^(base|control-plane|flux|profiles)\/.*\.ya?ml$/.test(file)) add(file, content);
  }
  const releases = documents.filter((document) => document.kind === 'HelmRelease');
  for (const [component, content] of options.rendered ?? []) {
    const release = releases.find((document) => document.name === component);
    const namespace = text(release?.value, 'spec', 'targetNamespace') || (release?.namespace ?? '');
    add(`rendered/${component}.yaml`, content, namespace);
  }
  const bundle: Bundle = {
    documents,
    files,
    product: options.product,
    rendered: (options.rendered?.size ?? 0) > 0,
    charts: options.charts,
  };
  for (const rule of ALL) findings.push(...rule(bundle));
  return findings.sort(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.text.localeCompare(b.text),
  );
}

/** `file:line rule text`, as compilers write it. */
export const findingLine = (finding: Finding): string =>
  `${finding.file}:${finding.line} ${finding.rule}: ${finding.text}`;
