import { accept, refuse, type Verdict } from '../../contract/problem.ts';
import type { Product } from '../../contract/product.ts';
import type { Release } from '../../contract/release.ts';
import { ValuesDocument } from './document.ts';
import { injectedValue } from './injected-value.ts';
import { plainKey, valuesName, versionKey } from './keys.ts';
import type { Settings } from './settings.ts';

/**
 * Values texts of a release for this box, `<component>/<key>` -> YAML: for each component the key of this version and, with the same text,
 * the predecessor's key. Comments, anchors and layout of the vendor's file stay; only the injected paths differ, and the same input gives
 * the same bytes. Problems: plan.values-path-missing (names component, profile and path), plan.settings-missing, plan.settings-invalid.
 */
export function renderValues(input: {
  readonly release: Release;
  readonly profile: string;
  readonly settings: Settings;
  readonly product: Product;
}): Verdict<ReadonlyMap<string, string>> {
  const { release, profile } = input;
  const rendered = new Map<string, string>();
  for (const [component, profiles] of Object.entries(release.values)) {
    const text = Object.hasOwn(profiles, profile) ? profiles[profile] : undefined;
    if (text === undefined) {
      return refuse(
        'plan.values-path-missing',
        `${component} has no values for profile ${profile}`,
        component,
      );
    }
    const done = renderOne(component, text, input);
    if (!done.ok) return done;
    rendered.set(valuesName(component, versionKey(component, profile, release.version)), done.value);
    rendered.set(valuesName(component, plainKey(component, profile)), done.value);
  }
  const orphan = release.inject.find((injection) => !Object.hasOwn(release.values, injection.component));
  return orphan === undefined
    ? accept(rendered)
    : refuse(
        'plan.values-path-missing',
        `${orphan.component} has no values file for ${orphan.path}`,
        orphan.component,
      );
}

function renderOne(
  component: string,
  text: string,
  input: {
    readonly release: Release;
    readonly profile: string;
    readonly settings: Settings;
    readonly product: Product;
  },
): Verdict<string> {
  const where = `${component}.${input.profile}.yaml`;
  const document = ValuesDocument.parse(text, where);
  if (!document.ok) return document;
  for (const injection of input.release.inject) {
    if (injection.component !== component) continue;
    const value = injectedValue(injection, input);
    if (!value.ok) return value;
    if (value.value === undefined) continue;
    const set = document.value.set(injection.path, value.value);
    if (!set.ok) return set;
  }
  return accept(document.value.text);
}
