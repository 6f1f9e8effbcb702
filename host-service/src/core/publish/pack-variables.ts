import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import type { ChartPin } from '../../contract/release.ts';

/** Left for the box: substituted by the root Kustomization (docs/architecture.md, "One switch per update"). */
const OPEN = new Set(['appliance_registry', 'appliance_registry_insecure', 'appliance_profile']);

/** A repository's path without its registry host. */
export const pathOfRepository = (repository: string): string => repository.slice(repository.indexOf('/') + 1);

/** What packing bakes into a bundle: `appliance_version` and for each chart `chart_<name>_digest`, `_repository` and `_short`. */
export function packVariables(
  version: string,
  charts: Readonly<Record<string, Pick<ChartPin, 'digest' | 'repository'>>>,
): ReadonlyMap<string, string> {
  const entries = Object.entries(charts).flatMap(([name, chart]): [string, string][] => {
    const prefix = `chart_${name.replaceAll('-', '_')}`;
    return [
      [`${prefix}_digest`, chart.digest],
      [`${prefix}_repository`, pathOfRepository(chart.repository)],
      [`${prefix}_short`, chart.digest.slice('sha256:'.length, 'sha256:'.length + 12)],
    ];
  });
  return new Map([['appliance_version', version], ...entries]);
}

/**
 * Puts the variables into one file's text. `$${name}` is an escape of the later substitution and stays. A name of ours that is not
 * known is a mistake: it would silently become empty on the box.
 */
export function substitute(
  path: string,
  text: string,
  variables: ReadonlyMap<string, string>,
): Verdict<string> {
  const unknown = new Set<string>();
  const out = text.replace(
    /(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)([^}]*)\}/g,
    (whole, escape: string, name: string, rest: string) => {
      if (escape !== '' || OPEN.has(name)) return whole;
      const value = rest === '' ? variables.get(name) : undefined;
      if (value === undefined && /^(appliance|chart)_/.test(name)) unknown.add(name);
      return value ?? whole;
    },
  );
  return unknown.size === 0
    ? accept(out)
    : refuse('publish.lint', `${path} uses variables that do not exist: ${[...unknown].join(', ')}`, path);
}
