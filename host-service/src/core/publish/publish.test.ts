import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Version, type Digest } from '../../contract/names.ts';
import { Product } from '../../contract/product.ts';
import { Release } from '../../contract/release.ts';
import { digestOfBytes } from '../release/digest.ts';
import { readBundle } from '../release/signature/bundle.ts';
import { fluxArtifact } from './artifact.ts';
import { buildRelease, mixedRevisions, releaseBytes, type ReleaseFacts } from './build-release.ts';
import { goJson } from './bytes.ts';
import { nextStatement, statementBytes, type Promotion } from './channel-statement.ts';
import { chartOf } from './chart.ts';
import { packVariables, substitute } from './pack-variables.ts';
import { releaseArtifact } from './release-manifest.ts';
import { hintOf, signatureBundle } from './signature-bundle.ts';
import { overlayValues } from './values-overlay.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const digest = (word: string): Digest => digestOfBytes(new TextEncoder().encode(word));
const HOST = 'registry.example.com';
const pin = (name: string): Record<string, unknown> => ({
  repository: `${HOST}/${name}`,
  digest: digest(name),
  size: 10,
});

const product = (over: Record<string, unknown> = {}): Product =>
  Product.parse({
    schema: 'appliance.product/v1',
    id: 'demo',
    name: 'Demo',
    vendor: { name: 'Vendor' },
    release: {
      repository: `${HOST}/release`,
      channels: { stable: { tag: 'stable-v2', title: 'Stable', description: 'Tested.' } },
      defaultChannel: 'stable',
    },
    defaultProfile: 'single-node',
    namespaces: [],
    flux: { namespace: 'flux-system', name: 'demo', path: './base' },
    values: { namespace: 'demo', prefix: 'demo-values-' },
    selection: { namespace: 'demo', name: 'selection' },
    settings: { appUrl: { type: 'url', title: 'Address' } },
    secrets: [],
    components: [
      {
        name: 'web',
        kind: 'HelmRelease',
        namespace: 'demo',
        tier: 'core',
        title: 'Web',
        chart: 'web',
        images: ['web'],
      },
    ],
    inject: [
      { component: 'web', path: 'image.tag', image: 'web', form: 'tag-at-digest' },
      { component: 'web', path: 'url', setting: 'appUrl' },
    ],
    ...over,
  });

const VALUES = { web: { 'single-node': 'image:\n  tag: none\nurl: none\n' } };
const facts = (over: Record<string, unknown> = {}): ReleaseFacts =>
  Release.omit({
    schema: true,
    product: true,
    defaultProfile: true,
    inject: true,
    components: true,
    hostBundle: true,
  }).parse({
    version: '1.0.0',
    released: '2026-11-21T12:00:00Z',
    sourceRevision: 'main@sha1:0',
    config: pin('config'),
    controlPlane: { ...pin('control-plane'), version: '1.0.0' },
    charts: { web: { ...pin('charts/web'), version: '1.0.0' } },
    images: { web: { ...pin('web'), tag: '1.0.0', sourceRevision: 'abc' } },
    values: VALUES,
    requires: {},
    reversible: ['>=0.9.0'],
    notes: '',
    ...over,
  });

const lintOf = (over: Record<string, unknown>, productOver = {}): string => {
  const built = buildRelease(product(productOver), facts(over));
  return built.ok ? 'accepted' : `${built.problem.code} ${built.problem.detail}`;
};

describe('documents', () => {
  it('are written as Go writes JSON: compact, HTML characters escaped, no newline at the end', () => {
    expect(text(goJson({ a: '<&>\u2028', b: [1] }))).toBe('{"a":"\\u003c\\u0026\\u003e\\u2028","b":[1]}');
  });

  it('have the same bytes whatever the order in which their facts were given', () => {
    const images = { web: facts().images['web'], a: { ...facts().images['web'] } };
    const one = buildRelease(product(), facts({ images }));
    const two = buildRelease(product(), facts({ images: { a: images.a, web: images.web } }));
    if (!one.ok || !two.ok) throw new Error('not built');
    expect(text(releaseBytes(one.value))).toBe(text(releaseBytes(two.value)));
    expect(text(releaseBytes(one.value))).toMatch(
      /^\{"schema":"appliance.release\/v2.0","product":"demo","version":/,
    );
  });
});

describe('building a release', () => {
  it('accepts a complete set', () => {
    expect(lintOf({})).toBe('accepted');
  });

  it.each([
    ['B-03 an image that a component needs', { images: {} }, {}, /publish.lint .*image web/],
    ['a chart that a component is installed from', { charts: {} }, {}, /publish.lint .*chart web/],
    [
      'values that something is injected into',
      { values: {} },
      {},
      /publish.lint .*values has no component web/,
    ],
    [
      'a place in the values to inject into',
      { values: { web: { 'single-node': 'url: x\n' } } },
      {},
      /image.tag: not in its values/,
    ],
    [
      'the default profile',
      { values: { web: { other: VALUES.web['single-node'] } } },
      {},
      /no profile single-node/,
    ],
    ['a setting that is injected', {}, { settings: {} }, /no setting appUrl/],
    ['a version range that means something', { reversible: ['about one'] }, {}, /not a version range/],
    ['a tag for form tag-at-digest', { images: { web: { ...pin('web') } } }, {}, /no tag/],
  ])('refuses a release without %s', (_name, over, productOver, says) => {
    expect(lintOf(over, productOver)).toMatch(says);
  });

  it('B-03 names the images that come from other sources, and leaves out what is not the vendor’s own', () => {
    const images = facts({
      images: {
        web: { ...pin('web'), sourceRevision: 'abc' },
        worker: { ...pin('worker'), sourceRevision: 'def' },
        db: { ...pin('db') },
      },
    }).images;
    expect(mixedRevisions(images, ['web', 'worker'])).toBe('abc: web; def: worker');
    expect(mixedRevisions(images, ['web', 'db'])).toBe('no revision: db; abc: web');
    expect(mixedRevisions(images, ['web'])).toBeUndefined();
  });
});

describe('packing', () => {
  const chart = { digest: digest('chart'), repository: `${HOST}:5000/charts/temporal-worker` };
  const variables = packVariables('1.2.3', {
    'temporal-worker': { ...facts().charts['web']!, ...chart } as never,
  });

  it('bakes in version, digests and paths, and leaves the variables of the box', () => {
    const source =
      '${appliance_version} ${chart_temporal_worker_short} oci://${appliance_registry}/${chart_temporal_worker_repository} $${chart_x} ${HOME}';
    expect(substitute('a.yaml', source, variables)).toEqual({
      ok: true,
      value: `1.2.3 ${chart.digest.slice(7, 19)} oci://\${appliance_registry}/charts/temporal-worker $\${chart_x} \${HOME}`,
    });
  });

  it('refuses a variable of ours that does not exist: it would be empty on the box', () => {
    expect(substitute('a.yaml', '${chart_web_digest}', variables)).toMatchObject({
      problem: { code: 'publish.lint' },
    });
    expect(substitute('a.yaml', '${appliance_version:=1}', variables)).toMatchObject({ ok: false });
  });

  it('writes the manifest of a config bundle byte by byte as flux up to 2.8 does', () => {
    const artifact = fluxArtifact({
      content: new Uint8Array([1]),
      tar: new Uint8Array([2]),
      annotations: {
        'org.opencontainers.image.source': undefined,
        'org.opencontainers.image.created': '1970-01-01T00:00:00Z',
      },
    });
    const [config] = artifact.blobs;
    expect(text(config!.bytes)).toBe(
      `{"architecture":"","created":"0001-01-01T00:00:00Z","history":[{"created":"0001-01-01T00:00:00Z"}],"os":"","rootfs":{"type":"layers","diff_ids":["${digestOfBytes(new Uint8Array([2]))}"]},"config":{}}`,
    );
    expect(text(artifact.manifest)).toBe(
      `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.cncf.flux.config.v1+json","size":${config!.bytes.length},"digest":"${digestOfBytes(config!.bytes)}"},"layers":[{"mediaType":"application/vnd.cncf.flux.content.v1.tar+gzip","size":1,"digest":"${digestOfBytes(new Uint8Array([1]))}"}],"annotations":{"org.opencontainers.image.created":"1970-01-01T00:00:00Z"}}`,
    );
  });

  it('gives a chart the version to publish and keeps its comments', () => {
    const chart = chartOf(
      'Chart.yaml',
      '# ours\nversion: 0.0.1\nname: web\napiVersion: v2\nextra: x\n',
      '1.2.3',
    );
    if (!chart.ok) throw new Error(chart.problem.detail);
    expect(chart.value.chartYaml).toContain('# ours\nversion: 1.2.3');
    expect(JSON.stringify(chart.value.metadata)).toBe('{"name":"web","version":"1.2.3","apiVersion":"v2"}');
    expect(chartOf('Chart.yaml', 'name: Web\napiVersion: v2\n', '1.0.0')).toMatchObject({
      problem: { code: 'publish.lint' },
    });
  });

  it('lays overlays over values: mappings merge, lists are replaced, comments stay', () => {
    const laid = overlayValues('web.yaml', '# top\nimage:\n  tag: a # which\n  list: [1, 2]\n', {
      image: { list: [3] },
      more: { x: 1 },
    });
    expect(laid).toEqual({
      ok: true,
      value: '# top\nimage:\n  tag: a # which\n  list:\n    - 3\nmore:\n  x: 1\n',
    });
    expect(overlayValues('web.yaml', '', { a: 1 })).toMatchObject({ ok: true });
    expect(overlayValues('web.yaml', '- 1\n', { a: 1 })).toMatchObject({ problem: { code: 'publish.lint' } });
  });
});

describe('the channel statement', () => {
  const release = { digest: digest('one'), version: Version.parse('1.0.0') };
  const second = { digest: digest('two'), version: Version.parse('1.1.0') };
  const promotion = (over: Partial<Promotion> = {}): Promotion => ({
    product: 'demo',
    repository: `${HOST}/release`,
    channel: 'stable',
    release,
    now: new Date('2026-11-21T12:00:00.500Z'),
    expiresDays: 14,
    rollout: undefined,
    withdraw: [],
    path: undefined,
    ...over,
  });
  const next = (...args: Parameters<typeof nextStatement>) => {
    const statement = nextStatement(...args);
    if (!statement.ok) throw new Error(statement.problem.detail);
    return statement.value;
  };

  it('counts in milliseconds, and by one where the clock was set back', () => {
    const first = next(undefined, promotion());
    expect(first).toMatchObject({
      sequence: 1795262400500,
      issued: '2026-11-21T12:00:00Z',
      expires: '2026-12-05T12:00:00Z',
    });
    const before = new Date('2020-01-01T00:00:00Z');
    expect(next(first, promotion({ now: before })).sequence).toBe(first.sequence + 1);
  });

  it('R-22 keeps what was withdrawn, the stops, and the release before', () => {
    const first = next(undefined, promotion());
    const path = [{ from: '<1.0.0', release }];
    const moved = next(
      first,
      promotion({ release: second, withdraw: [{ digest: release.digest, reason: 'bad' }], path }),
    );
    expect(moved).toMatchObject({ previous: release, withdrawn: [{ digest: release.digest }], path });
    expect(next(moved, promotion({ release: second }))).toMatchObject({
      previous: release,
      withdrawn: [{ reason: 'bad' }],
      path,
    });
    expect(nextStatement(moved, promotion())).toMatchObject({ problem: { code: 'publish.lint' } });
  });

  it('refuses to speak for another product or channel', () => {
    const first = next(undefined, promotion());
    expect(nextStatement(first, promotion({ channel: 'nightly' }))).toMatchObject({
      problem: { code: 'publish.lint' },
    });
  });

  it('fits into one manifest with everything embedded, or is refused', () => {
    const document = new TextEncoder().encode('x'.repeat(200_000));
    const statement = statementBytes(next(undefined, promotion()));
    const bundle = new TextEncoder().encode('{}');
    const labels = { created: '2026-11-21T12:00:00Z', version: '1.0.0' };
    const made = releaseArtifact(
      { document, documentBundles: [bundle], statement, statementBundles: [bundle] },
      labels,
    );
    expect(made).toMatchObject({
      ok: true,
      value: { mediaType: 'application/vnd.oci.image.manifest.v1+json' },
    });
    const many = Array.from({ length: 17 }, () => bundle);
    expect(releaseArtifact({ document, documentBundles: many }, labels)).toMatchObject({
      problem: { code: 'publish.lint' },
    });
    expect(releaseArtifact({ document: new Uint8Array(300_000), documentBundles: [] }, labels)).toMatchObject(
      { ok: false },
    );
  });
});

describe('a signature bundle', () => {
  it('is read by our own verifier and names its key as cosign does', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const document = new TextEncoder().encode('document');
    const signature = sign('sha256', document, privateKey);
    const bundle = readBundle(
      signatureBundle({ document, signature, hint: hintOf(createPublicKey(privateKey)) }),
    );
    expect(bundle?.digest).toBe(digestOfBytes(document));
    expect(bundle?.hint).toBe(hintOf(publicKey));
  });
});
