import { at, listOf, objectOf, textOf, textsOf } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import { BUILT_IN, apiVersionOf } from './kinds.ts';
import type { Resource } from './kinds.ts';
import { customType } from './types.ts';

/** What is served now: the built-in kinds and those of the custom resource definitions. */
export class Resources {
  private readonly builtIn = new Map(BUILT_IN.map((one) => [`${apiVersionOf(one)}/${one.plural}`, one]));
  private custom = new Map<string, Resource>();
  /** Bucket name to the resources of its definition. */
  private readonly byDefinition = new Map<string, readonly Resource[]>();

  find(group: string, version: string, plural: string): Resource | undefined {
    const key = `${apiVersionOf({ group, version })}/${plural}`;
    return this.builtIn.get(key) ?? this.custom.get(key);
  }

  all(): readonly Resource[] {
    return [...this.builtIn.values(), ...this.custom.values()];
  }

  define(name: string, resources: readonly Resource[]): void {
    this.byDefinition.set(name, resources);
    this.renew();
  }

  forget(name: string): void {
    this.byDefinition.delete(name);
    this.renew();
  }

  private renew(): void {
    const all = [...this.byDefinition.values()].flat();
    this.custom = new Map(all.map((one) => [`${apiVersionOf(one)}/${one.plural}`, one]));
  }

  /** As `GET /apis`. */
  groups(): JsonObject {
    const names = new Set(this.all().map(({ group }) => group));
    names.delete('');
    const groups = [...names, 'authorization.k8s.io'].map((name) => this.group(name));
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.filter((one) => one !== undefined) };
  }

  /** As `GET /apis/GROUP`; undefined when there is none. */
  group(name: string): JsonObject | undefined {
    const of = this.all().filter(({ group }) => group === name);
    const versions = [...new Set(of.map(({ version }) => version))].toSorted(byPriority);
    if (name === 'authorization.k8s.io') versions.push('v1');
    const entries = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
    const [preferredVersion] = entries;
    if (preferredVersion === undefined) return undefined;
    return { kind: 'APIGroup', apiVersion: 'v1', name, versions: entries, preferredVersion };
  }

  /** As `GET /apis/GROUP/VERSION`; undefined when there is none. */
  list(group: string, version: string): JsonObject | undefined {
    const groupVersion = apiVersionOf({ group, version });
    const own = group === 'authorization.k8s.io' && version === 'v1' ? REVIEWS : [];
    const of = this.all().filter((one) => one.group === group && one.version === version);
    const resources = [...own, ...of.flatMap(discoveryOf)];
    if (resources.length === 0) return undefined;
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
  }
}

const REVIEWS: readonly JsonObject[] = ['SelfSubjectAccessReview', 'SelfSubjectRulesReview'].map((kind) => ({
  name: `${kind.toLowerCase()}s`,
  singularName: kind.toLowerCase(),
  namespaced: false,
  kind,
  verbs: ['create'],
}));

const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

function discoveryOf(resource: Resource): readonly JsonObject[] {
  const { plural, singular, kind, namespaced, shortNames, categories } = resource;
  const sub = (name: string, verbs: readonly string[]): JsonObject => ({
    name: `${plural}/${name}`,
    singularName: '',
    namespaced,
    kind,
    verbs,
  });
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs: VERBS,
      ...(shortNames.length === 0 ? {} : { shortNames }),
      ...(categories.length === 0 ? {} : { categories }),
    },
    ...(resource.hasStatus ? [sub('status', ['get', 'patch', 'update'])] : []),
    ...(plural === 'pods' && resource.group === '' ? [sub('log', ['get'])] : []),
  ];
}

/** GA before beta before alpha, higher before lower (apimachinery version.CompareKubeAwareVersionStrings). */
function byPriority(a: string, b: string): number {
  const rank = (version: string): number => {
    const [, major = '0', stage = 'zz', minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
    const stages: Readonly<Record<string, number>> = { zz: 2, beta: 1, alpha: 0 };
    return (stages[stage] ?? 0) * 1e6 + Number(major) * 1e3 + Number(minor);
  };
  return rank(b) - rank(a);
}

/** What a definition makes served, one resource for each of its served versions. */
export function resourcesOf(definition: JsonObject): readonly Resource[] {
  const spec = objectOf(definition['spec']);
  const names = objectOf(spec['names']);
  const kind = textOf(names['kind']);
  return listOf(spec['versions'])
    .map(objectOf)
    .filter((version) => version['served'] === true)
    .map((version): Resource => {
      const schema: Json = at(version, 'schema', 'openAPIV3Schema') ?? {};
      return {
        group: textOf(spec['group']),
        version: textOf(version['name']),
        plural: textOf(names['plural']),
        singular: textOf(names['singular']),
        kind,
        namespaced: spec['scope'] === 'Namespaced',
        shortNames: textsOf(names['shortNames']),
        categories: textsOf(names['categories']),
        hasStatus: at(version, 'subresources', 'status') !== undefined,
        counts: true,
        unconditional: false,
        type: customType(schema),
        schema: objectOf(schema),
        custom: true,
      };
    });
}
