import { describe, expect, it } from 'vitest';
import { sources, type Source } from './sources.ts';

/** Zones by path, most specific first (design §10: roots -> api, cli, edges -> engine -> core -> contract). */
const ZONES: readonly (readonly [RegExp, string])[] = [
  [/^host-service\/oci-client-lite\/src\//, 'oci-client-lite'],
  [/^host-service\/systemd-notify\/src\//, 'systemd-notify'],
  [/^host-service\/src\/contract\//, 'contract'],
  [/^host-service\/src\/core\//, 'core'],
  [/^host-service\/src\/engine\//, 'engine'],
  [/^host-service\/src\/edges\//, 'edges'],
  [/^host-service\/src\/api\//, 'api'],
  [/^host-service\/src\/agent\//, 'agent'],
  [/^host-service\/src\/(cli|publish)\//, 'cli'],
  [/^setup-ui\/src\//, 'setup-ui'],
  [/^host-service\/(src\/[^/]+\.ts|bin\/)/, 'root'],
];

/** What a zone may import of our own. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  'oci-client-lite': ['oci-client-lite'],
  'systemd-notify': ['systemd-notify'],
  contract: ['contract'],
  core: ['core', 'contract'],
  engine: ['engine', 'core', 'contract'],
  edges: ['edges', 'core', 'contract'],
  api: ['api', 'contract'],
  agent: ['agent', 'engine', 'core', 'contract'],
  cli: ['cli', 'engine', 'core', 'contract', 'edges', 'oci-client-lite'],
  'setup-ui': ['setup-ui', 'contract'],
  root: ['root', 'api', 'agent', 'cli', 'engine', 'core', 'contract', 'edges', 'oci-client-lite'],
};

/** Outside libraries and node modules by zone; edges are held by IMPORTERS. */
const LIBRARIES: Readonly<Record<string, RegExp>> = {
  'oci-client-lite': /^(undici|node:)/,
  'systemd-notify': /^node:/,
  contract: /^zod$/,
  core: /^(zod|semver|yaml|node:crypto|@scure\/bip39\/wordlists\/english\.js)$/,
  engine: /^zod$/,
  edges: /./,
  // node:stream and the like belong to edges; a cookie and a nonce need node:crypto.
  agent: /^zod$/,
  api: /^(hono|zod|node:crypto)$/,
  cli: /^(commander|zod|semver|yaml|uqr|node:.*)$/,
  'setup-ui':
    /^(react|react-dom(\/client)?|@tanstack\/react-query|@lingui\/core|wouter|radix-ui|@zxcvbn-ts\/(core|[a-z-]+\/dist\/\w+\.json\.mjs)|uqr|zod)$/,
  root: /^(commander|node:.*)$/,
};

/** One importer (folder) for each outside library (style §4.3). Raising a row needs an ADR. */
const IMPORTERS: Readonly<Record<string, readonly RegExp[]>> = {
  'systemd-notify': [/^host-service\/src\/edges\/systemd\//],
  undici: [/^host-service\/oci-client-lite\/src\//, /^host-service\/src\/edges\/kubernetes\//],
  pino: [/^host-service\/src\/edges\/log\//],
  'modern-tar': [/^host-service\/src\/edges\/archive\//],
  commander: [/^host-service\/(src\/(cli|publish)|bin)\//],
  hono: [/^host-service\/src\/(api|edges\/listener)\//],
  '@hono/node-server': [/^host-service\/src\/edges\/listener\//],
  '@scure/bip39': [/^host-service\/src\/core\/access\//],
  uqr: [/^host-service\/src\/cli\/access\//, /^setup-ui\/src\/screens\/setup\/install\/failure\//],
  'prom-client': [/^host-service\/src\/edges\/metrics\//],
  '@lingui/core': [/^setup-ui\/src\/words\//],
  ...Object.fromEntries(
    ['core', 'language-common', 'language-en'].map((name) => [
      `@zxcvbn-ts/${name}`,
      [/^setup-ui\/src\/parts\/form\/strength\//],
    ]),
  ),
  'radix-ui': [/^setup-ui\/src\/parts\//],
  '@tanstack/react-query': [/^setup-ui\/src\/(api|app|main|gallery)/],
  '@kubernetes/client-node': [],
};

const zoneOf = (path: string): string => ZONES.find(([pattern]) => pattern.test(path))?.[1] ?? 'test';
const edgeOf = (path: string): string => path.split('/').slice(0, 4).join('/');
const libraryOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const isProduct = (source: Source): boolean =>
  !source.path.endsWith('.test.ts') && !source.path.includes('/test/');
const product = (await sources(/^(host-service|setup-ui\/src)\/.*\.tsx?$/)).filter(isProduct);

function internalOffence(source: Source, target: string): string | undefined {
  const [from, to] = [zoneOf(source.path), zoneOf(target)];
  // The page and the API know the engine by what it offers, as types only.
  if (from === 'api' && to === 'engine') {
    return target.startsWith('host-service/src/engine/handle/handle.ts')
      ? undefined
      : `${source.path} -> ${target}`;
  }
  if (from === 'edges' && to === 'engine') {
    return target === 'host-service/src/engine/ports.ts' ? undefined : `${source.path} -> ${target}`;
  }
  if (from === 'edges' && to === 'edges' && edgeOf(source.path) !== edgeOf(target))
    return `${source.path} -> ${target}`;
  return MAY[from]?.includes(to) ? undefined : `${source.path} (${from}) -> ${target} (${to})`;
}

function outsideOffence(source: Source, specifier: string): string | undefined {
  const library = libraryOf(specifier);
  // Tested as any other file would be: the page takes the contract by its package name.
  if (zoneOf(source.path) === 'setup-ui' && library === 'host-service') {
    return specifier.startsWith('host-service/contract/') ? undefined : `${source.path} -> ${specifier}`;
  }
  if (zoneOf(source.path) === 'setup-ui' && /\.(css|json|svg)(\?.*)?$/.test(specifier)) return undefined;
  if (library === 'oci-client-lite') {
    return /^host-service\/src\/(edges\/(registry|licence)|publish|cli)\//.test(source.path)
      ? undefined
      : `${source.path} -> ${specifier}`;
  }
  const only = IMPORTERS[library];
  if (only !== undefined && !only.some((pattern) => pattern.test(source.path)))
    return `${source.path} -> ${specifier}`;
  return LIBRARIES[zoneOf(source.path)]?.test(specifier) ? undefined : `${source.path} -> ${specifier}`;
}

describe('imports', () => {
  it('has sources to look at', () => {
    expect(product.length).toBeGreaterThan(20);
  });

  it('go one way: roots, then cli and edges, then engine, core, contract', () => {
    const offences = product.flatMap((source) =>
      source.imports
        .filter((entry) => entry.specifier.startsWith('.'))
        .map((entry) => internalOffence(source, entry.target))
        .filter((offence) => offence !== undefined),
    );
    expect(offences).toEqual([]);
  });

  it('let each outside library be touched by one folder only', () => {
    const offences = product.flatMap((source) =>
      source.imports
        .filter((entry) => !entry.specifier.startsWith('.'))
        .filter((entry) => !(entry.typeOnly && entry.specifier === '@kubernetes/client-node'))
        .map((entry) => outsideOffence(source, entry.specifier))
        .filter((offence) => offence !== undefined),
    );
    expect(offences).toEqual([]);
  });

  it('form no cycles, not even by type', () => {
    const graph = new Map(
      product.map((source) => [source.path, source.imports.map((entry) => entry.target)]),
    );
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path))
        return void cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      if (done.has(path)) return;
      for (const next of graph.get(path) ?? []) if (graph.has(next)) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of graph.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });

  it('use no default exports and no barrels', () => {
    const offences = product.filter(
      (source) =>
        /\bexport default\b/.test(source.text) ||
        /\/index\.ts$/.test(source.path) ||
        /^export \* from/m.test(source.text),
    );
    expect(offences.map((source) => source.path)).toEqual([]);
  });
});
