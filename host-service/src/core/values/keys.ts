import type { Version } from '../../contract/names.ts';

/** A key of a values ConfigMap, taken apart. `version` is undefined for the predecessor's key. */
export interface ValuesKey {
  readonly component: string;
  readonly profile: string;
  readonly version: string | undefined;
}

/** `<component>.<profile>.<version>.yaml`: what the HelmReleases of one release read (docs/architecture.md). */
export const versionKey = (component: string, profile: string, version: Version): string =>
  `${component}.${profile}.${version}.yaml`;

/** `<component>.<profile>.yaml`: the predecessor's key; follows the release that the source points to. */
export const plainKey = (component: string, profile: string): string => `${component}.${profile}.yaml`;

/** `<component>/<key>`: how values are named across components. */
export const valuesName = (component: string, key: string): string => `${component}/${key}`;

/** Splits `<component>/<key>`; undefined when the key is not one of ours. Component and profile hold no dots, versions do. */
export function parseValuesName(name: string): ValuesKey | undefined {
  const match = /^([a-z0-9-]+)\/\1\.([a-z0-9-]+)(?:\.(\d+\.\d+\.\d+[0-9A-Za-z.-]*))?\.yaml$/.exec(name);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { component: match[1], profile: match[2], version: match[3] };
}
