import semver from 'semver';
import type { Injection, Release, Requires } from '../../../contract/release.ts';

const FORMS = {
  image: ['digest', 'tag-at-digest', 'repository'],
  setting: ['value', 'host', 'port'],
  literal: ['value'],
} as const;

/** Whether the npm package semver reads this range. */
export const isRange = (range: string): boolean => semver.validRange(range) !== null;

/** Mistakes in the ranges of `requires`. */
export function requiresFaults(requires: Requires): readonly string[] {
  const named = [
    ['controlPlane', requires.controlPlane],
    ['host', requires.host],
    ['kubernetes', requires.kubernetes],
    ...(requires.from ?? []).map((range) => ['from', range] as const),
  ] as const;
  return named.flatMap(([name, range]) =>
    range === undefined || isRange(range) ? [] : [`requires.${name}: '${range}' is not a version range`],
  );
}

function sourceFaults(injection: Injection, release: Release, where: string): readonly string[] {
  const given = (['image', 'setting', 'literal'] as const).filter((name) => injection[name] !== undefined);
  const [source] = given;
  if (source === undefined || given.length > 1)
    return [`${where} needs exactly one of image, setting, literal`];
  if (injection.form !== undefined && !FORMS[source].some((form) => form === injection.form)) {
    return [`${where}: form ${injection.form} does not go with ${source}`];
  }
  if (injection.image === undefined) return [];
  const image = Object.hasOwn(release.images, injection.image) ? release.images[injection.image] : undefined;
  if (image === undefined)
    return [`${where} names image ${injection.image}, which the release does not have`];
  const tagless = injection.form === 'tag-at-digest' && image.tag === undefined;
  return tagless ? [`${where}: image ${injection.image} has no tag for form tag-at-digest`] : [];
}

function injectionFaults(release: Release): readonly string[] {
  const seen = new Set<string>();
  return release.inject.flatMap((injection) => {
    const where = `inject ${injection.component}:${injection.path}`;
    const faults = [...sourceFaults(injection, release, where)];
    if (!Object.hasOwn(release.values, injection.component)) {
      faults.push(`${where}: values has no component ${injection.component}`);
    }
    if (seen.has(where)) faults.push(`${where} occurs twice`);
    seen.add(where);
    return faults;
  });
}

function componentFaults(release: Release): readonly string[] {
  const seen = new Set<string>();
  return release.components.flatMap((component) => {
    const where = `component ${component.kind}/${component.namespace}/${component.name}`;
    const faults = component.images
      .filter((key) => !Object.hasOwn(release.images, key))
      .map((key) => `${where} names image ${key}, which the release does not have`);
    if (component.chart !== undefined && !Object.hasOwn(release.charts, component.chart)) {
      faults.push(`${where} names chart ${component.chart}, which the release does not have`);
    }
    if (seen.has(where)) faults.push(`${where} occurs twice`);
    seen.add(where);
    return faults;
  });
}

/** What a schema cannot say about a release: references inside it, ranges, uniqueness. Empty = all is well. */
export function crossFaults(release: Release): readonly string[] {
  const profiles = Object.entries(release.values)
    .filter(([, profile]) => !Object.hasOwn(profile, release.defaultProfile))
    .map(([component]) => `values.${component} has no profile ${release.defaultProfile}`);
  const reversible = release.reversible
    .filter((range) => !isRange(range))
    .map((range) => `reversible: '${range}' is not a version range`);
  return [
    ...requiresFaults(release.requires),
    ...reversible,
    ...profiles,
    ...injectionFaults(release),
    ...componentFaults(release),
  ];
}
