import { parse, stringify } from 'yaml';
import { isRecord } from '../fields.ts';

const SWITCH = 'kustomize.toolkit.fluxcd.io/substitute';
const VARIABLE = /\$\$\{([^}]*)\}|\$\{([_A-Za-z][_A-Za-z0-9]*)(?::?[-=]([^}]*))?\}/g;

/**
 * postBuild of kustomize-controller: the object's text is written out, variables are put in, and what comes is read again, so that types are those of the
 * result. Strict as of Flux 2.9: an unknown variable without a default is an error. Without variables nothing is touched.
 *
 * @throws Error naming the variable
 */
export function substitute(object: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (Object.keys(variables).length === 0 || isDisabled(object)) return object;
  const text = stringify(object, { lineWidth: 0, defaultStringType: 'PLAIN' });
  if (!text.includes('${')) return object;
  const known = new Map(Object.entries(variables).map(([name, value]) => [name, value.replaceAll('\n', '')]));
  const out = text.replace(
    VARIABLE,
    (_whole, escaped: string | undefined, name: string, fallback: string | undefined) => {
      if (escaped !== undefined) return `\${${escaped}}`;
      const value = known.get(name) ?? fallback;
      if (value === undefined)
        throw new Error(`variable substitution failed: variable not set (strict mode): "${name}"`);
      return value;
    },
  );
  return parse(out) as unknown;
}

function isDisabled(object: unknown): boolean {
  const metadata = isRecord(object) ? object['metadata'] : undefined;
  return ['labels', 'annotations'].some((part) => {
    const map = isRecord(metadata) ? metadata[part] : undefined;
    return isRecord(map) && map[SWITCH] === 'disabled';
  });
}
