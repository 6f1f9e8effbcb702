import { chmod, cp, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ChannelStatement } from 'host-service/contract/channel.ts';
import { unpack } from 'host-service/edges/archive/unpack.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryServer } from '../../../host-service/oci-client-lite/test/registry-server.ts';
import { sha256 } from '../../fixtures/sign.ts';
import { Vendor, type Ran } from './vendor.ts';

let registry: RegistryServer;
let vendor: Vendor;

beforeEach(async () => {
  registry = await RegistryServer.start();
  vendor = await Vendor.open(registry.host);
});
afterEach(async () => {
  await registry.close();
  await vendor.close();
});

interface Layer {
  readonly mediaType: string;
  readonly digest: string;
  readonly data: string;
}
interface Manifest {
  readonly config: Layer;
  readonly layers: readonly Layer[];
}

function manifestOf(repository: string, reference: string): Manifest {
  const digest = reference.startsWith('sha256:')
    ? reference
    : registry.tags.get(`${repository}:${reference}`);
  const stored =
    registry.manifests.get(`${repository}@${digest ?? ''}`) ?? registry.manifests.get(digest ?? '');
  if (stored === undefined) throw new Error(`no ${repository} ${reference}`);
  return JSON.parse(stored.bytes.toString()) as Manifest;
}

const data = (layer: Layer): Buffer => Buffer.from(layer.data, 'base64');
function statementOf(tag: string): ChannelStatement {
  const layer = manifestOf('release', tag).layers.find((one) => one.mediaType.includes('channel'));
  return ChannelStatement.parse(JSON.parse(data(layer!).toString()));
}
const refusal = (ran: Ran): readonly [number, unknown] => [ran.code, ran.json?.['code']];

describe('push', () => {
  it('makes the same digests from another checkout with other modes, and writes nothing the second time', async () => {
    await vendor.pushParts('1.0.0');
    const first = await vendor.must(...vendor.bundleCommand('1.0.0'));
    expect(first['pushed']).toBe(false);
    const moved = join(vendor.folder, 'elsewhere/deep');
    await cp(vendor.path('flux-base'), moved, { recursive: true });
    await chmod(join(moved, 'base/web.yaml'), 0o600);
    await chmod(join(moved, 'base'), 0o700);
    const before = registry.seen.length;
    const second = await vendor.must(...vendor.bundleCommand('1.0.0', moved));
    expect(second['digest']).toBe(first['digest']);
    expect(registry.seen.slice(before).map((one) => one.method)).toEqual(['HEAD']);
  });

  it('bakes version and chart digests into the bundle and leaves profiles out', async () => {
    await vendor.pushParts('1.0.0');
    const manifest = manifestOf('config', '1.0.0');
    const stored = [...registry.blobs].find(([key]) => key.includes(manifest.layers[0]!.digest));
    const files = unpack(stored![1]);
    expect([...files.keys()].sort()).toEqual(['base/kustomization.yaml', 'base/web.yaml', 'product.yaml']);
    const text = Buffer.from(files.get('base/web.yaml')!).toString();
    expect(text).toMatch(/name: chart-web-[0-9a-f]{12}\n/);
    expect(text).toContain('url: oci://${appliance_registry}/charts/web\n');
  });

  it('publish.exists: a version never changes its content', async () => {
    await vendor.pushParts('1.0.0');
    await vendor.write('flux-base/base/kustomization.yaml', '# changed\nresources:\n  - web.yaml\n');
    const ran = await vendor.run('--json', ...vendor.bundleCommand('1.0.0'));
    expect(refusal(ran)).toEqual([3, 'publish.exists']);
  });

  it('publish.lint: refuses links, unknown variables and a chart without Chart.yaml', async () => {
    await vendor.pushParts('1.0.0');
    await vendor.write('flux-base/base/bad.yaml', 'a: ${chart_other_digest}\n');
    expect(refusal(await vendor.run('--json', ...vendor.bundleCommand('1.0.1')))).toEqual([
      3,
      'publish.lint',
    ]);
    await rename(vendor.path('flux-base/base/bad.yaml'), vendor.path('bad.yaml'));
    await vendor.write('flux-base/base/kustomization.yaml', 'resources: [none.yaml]\n');
    const lint = await vendor.run('--json', ...vendor.bundleCommand('1.0.1'));
    expect(lint.json?.['detail']).toMatch(/^base\/kustomization\.yaml:1 references: /);
    await symlink('/etc/passwd', vendor.path('flux-base/base/link.yaml'));
    expect(refusal(await vendor.run('--json', ...vendor.bundleCommand('1.0.1')))).toEqual([
      3,
      'publish.lint',
    ]);
    const chart = ['push', 'chart', vendor.path('images/web'), '--repository', `${registry.host}/charts`];
    expect(refusal(await vendor.run('--json', ...chart, '--version', '1.0.0'))).toEqual([3, 'publish.lint']);
  });

  it('publish.lint: flux/flux.yaml lists what the bundle does not have, or a definition is not the locked one', async () => {
    await vendor.pushParts('1.0.0');
    const pin = {
      schema: 'appliance.flux/v1',
      version: '2.9.4',
      kubernetes: '>=1.33',
      adopts: '>=2',
      serves: ['a/v1/b'],
    };
    const flux = { ...pin, controllers: [{ name: 'c', image: 'r.io/c@sha256:0' }], manifests: ['crds.yaml'] };
    await vendor.write('flux-base/flux/flux.yaml', JSON.stringify(flux));
    const missing = await vendor.run('--json', ...vendor.bundleCommand('1.0.1'));
    expect(missing.json).toMatchObject({
      code: 'publish.lint',
      detail: expect.stringContaining('--flux-crds') as unknown,
    });
    await vendor.write('crds/a.yaml', 'kind: CustomResourceDefinition\n');
    const lock = { crds: [{ module: 'm', version: 'v1', path: 'x/a.yaml', sha256: '0'.repeat(64) }] };
    await vendor.write('flux-base/flux/crds.lock.yaml', JSON.stringify(lock));
    const other = await vendor.run(
      '--json',
      ...vendor.bundleCommand('1.0.1'),
      '--flux-crds',
      vendor.path('crds'),
    );
    expect(other.json).toMatchObject({
      code: 'publish.lint',
      detail: expect.stringMatching(/has no a.yaml of m v1/) as unknown,
    });
  });
});

describe('release', () => {
  beforeEach(() => vendor.makeKeys());

  it('publishes under its version and its digest; the same again writes nothing', async () => {
    const made = await vendor.publishVersion('1.0.0');
    const document = data(manifestOf('release', '1.0.0').config);
    expect(made['digest']).toBe(sha256(document));
    expect(registry.tags.get(`release:release-${sha256(document).slice(7)}`)).toBe(made['ociDigest']);
    const writes = registry.seen.filter((one) => one.method === 'PUT').length;
    expect(await vendor.must(...vendor.releaseCommand('1.0.0'))).toMatchObject({
      pushed: false,
      digest: made['digest'],
    });
    expect(registry.seen.filter((one) => one.method === 'PUT').length).toBe(writes);
  });

  it('adds the signature of a second key to the same document', async () => {
    const made = await vendor.publishVersion('1.0.0');
    await vendor.must(
      'keys',
      'create',
      '--out',
      vendor.path('keys'),
      '--id',
      'second',
      '--role',
      'release',
      '--type',
      'ed25519',
    );
    const again = await vendor.must(
      ...vendor.releaseCommand('1.0.0', '--key', vendor.path('keys/second.key.pem')),
    );
    expect(again).toMatchObject({ digest: made['digest'], signatures: 2, pushed: true });
  });

  it('publish.exists: a version is never released twice with other content', async () => {
    await vendor.publishVersion('1.0.0');
    const ran = await vendor.run('--json', ...vendor.releaseCommand('1.0.0', '--reversible', '>=0.1.0'));
    expect(refusal(ran)).toEqual([3, 'publish.exists']);
  });

  it('B-03 refuses images from different sources unless told that this is meant', async () => {
    await vendor.pushParts('1.0.0', 'main@sha1:1');
    await vendor.pushParts('1.0.1', 'main@sha1:2');
    const images = { web: `${registry.host}/images/web:1.0.1`, old: `${registry.host}/images/web:1.0.0` };
    await vendor.write('images.json', JSON.stringify(images));
    const ran = await vendor.run('--json', ...vendor.releaseCommand('1.0.1'));
    expect(ran.json).toMatchObject({
      code: 'publish.lint',
      detail: expect.stringContaining('main@sha1:2: web') as unknown,
    });
    expect((await vendor.run(...vendor.releaseCommand('1.0.1', '--allow-mixed-revisions'))).code).toBe(0);
    await vendor.write(
      'images.json',
      JSON.stringify({ ...images, old: { ref: images.old, thirdParty: true } }),
    );
    await vendor.must(...vendor.releaseCommand('1.0.1'));
  });

  it('R-20 release.incomplete: refuses a part of which a blob is missing; registry.not-found: a part that is not there', async () => {
    await vendor.pushParts('1.0.0');
    const layer = manifestOf('images/web', '1.0.0').layers[0]!.digest;
    registry.on(new RegExp(`^HEAD .*${layer}`), (_request, response) => {
      response.writeHead(404).end();
      return true;
    });
    expect(refusal(await vendor.run('--json', ...vendor.releaseCommand('1.0.0')))).toEqual([
      3,
      'release.incomplete',
    ]);
    await vendor.write('images.json', JSON.stringify({ web: `${registry.host}/images/none:1.0.0` }));
    expect(refusal(await vendor.run('--json', ...vendor.releaseCommand('1.0.0')))).toEqual([
      3,
      'registry.not-found',
    ]);
  });

  it('lays overlays over values and writes requires and notes into the document', async () => {
    await vendor.pushParts('1.0.0');
    const overlay = await vendor.write('overlay.yaml', 'web:\n  image: { registry: here }\n');
    const notes = await vendor.write('notes.md', '# New\n');
    const more = ['--values-overlay', overlay, '--notes', notes, '--requires', '{"kubernetes": ">=1.33"}'];
    await vendor.must(...vendor.releaseCommand('1.0.0', ...more));
    const document: unknown = JSON.parse(data(manifestOf('release', '1.0.0').config).toString());
    expect(document).toMatchObject({
      notes: '# New',
      requires: { kubernetes: '>=1.33' },
      values: { web: { 'single-node': 'image:\n  tag: none # injected\n  registry: here\nurl: none\n' } },
    });
  });
});

describe('promote', () => {
  beforeEach(() => vendor.makeKeys());

  it('puts the same bytes and signatures of the release into every channel', async () => {
    await vendor.publishVersion('1.0.0');
    await vendor.must(...vendor.promoteCommand('nightly', '--release', '1.0.0'));
    await vendor.must(...vendor.promoteCommand('stable', '--release', '1.0.0'));
    const [release, nightly, stable] = ['1.0.0', 'nightly-v2', 'stable-v2'].map((tag) =>
      manifestOf('release', tag),
    );
    expect([nightly!.config.digest, stable!.config.digest]).toEqual([
      release!.config.digest,
      release!.config.digest,
    ]);
    expect(stable!.layers[0]!.digest).toBe(release!.layers[0]!.digest);
    expect(stable!.layers.every((layer) => sha256(data(layer)) === layer.digest)).toBe(true);
  });

  it('counts on, remembers the release before, and keeps what was withdrawn (R-22)', async () => {
    await vendor.publishVersion('1.0.0');
    await vendor.publishVersion('1.1.0');
    const first = await vendor.must(...vendor.promoteCommand('stable', '--release', '1.0.0'));
    expect(first['sequence']).toBe(vendor.now.getTime());
    await vendor.must(
      ...vendor.promoteCommand('stable', '--release', '1.1.0', '--rollout', '10', '--path', '<0.9.0=1.0.0'),
    );
    const moved = statementOf('stable-v2');
    expect(moved).toMatchObject({
      sequence: vendor.now.getTime() + 1,
      previous: { version: '1.0.0' },
      rollout: { percent: 10 },
    });
    vendor.now = new Date('2020-01-01T00:00:00Z');
    await vendor.must(
      ...vendor.promoteCommand('stable', '--release', '1.0.0', '--withdraw', '1.1.0=loses mail=1.0.0'),
    );
    expect(statementOf('stable-v2')).toMatchObject({
      sequence: moved.sequence + 1,
      withdrawn: [{ digest: moved.release.digest, reason: 'loses mail', instead: { version: '1.0.0' } }],
      path: [{ from: '<0.9.0', release: { version: '1.0.0' } }],
    });
    const again = await vendor.run('--json', ...vendor.promoteCommand('stable', '--release', '1.1.0'));
    expect(refusal(again)).toEqual([3, 'publish.lint']);
  });

  it('renews a statement without naming a release, and finds releases by either digest', async () => {
    const made = await vendor.publishVersion('1.0.0');
    for (const name of ['digest', 'ociDigest'] as const) {
      await vendor.must(...vendor.promoteCommand('stable', '--release', String(made[name])));
    }
    const renewed = await vendor.must(...vendor.promoteCommand('stable', '--now', '2026-12-01T00:00:00Z'));
    expect(renewed).toMatchObject({ digest: made['digest'], expires: '2026-12-15T00:00:00Z' });
    const empty = await vendor.run('--json', ...vendor.promoteCommand('nightly'));
    expect(refusal(empty)).toEqual([2, 'request.invalid']);
  });

  it.each(['before', 'after'])(
    'publish.race: somebody else moves the channel right %s the write',
    async (moment) => {
      await vendor.publishVersion('1.0.0');
      await vendor.must(...vendor.promoteCommand('stable', '--release', '1.0.0'));
      const other = registry.tags.get('release:1.0.0')!;
      const looks = { count: 0 };
      registry.on(/^HEAD .*\/release\/manifests\/stable-v2/, () => {
        looks.count += 1;
        if ((moment === 'before') === (looks.count === 1)) registry.tags.set('release:stable-v2', other);
        return false;
      });
      const ran = await vendor.run('--json', ...vendor.promoteCommand('stable'));
      expect(refusal(ran)).toEqual([3, 'publish.race']);
      expect(registry.tags.get('release:stable-v2')).toBe(other);
    },
  );

  it('R-20 release.incomplete: refuses to point a channel at a release of which a part has gone', async () => {
    await vendor.publishVersion('1.0.0');
    const layer = manifestOf('images/web', '1.0.0').layers[0]!.digest;
    registry.on(new RegExp(`^HEAD .*${layer}`), (_request, response) => {
      response.writeHead(404).end();
      return true;
    });
    const ran = await vendor.run('--json', ...vendor.promoteCommand('stable', '--release', '1.0.0'));
    expect(refusal(ran)).toEqual([3, 'release.incomplete']);
    expect(registry.tags.has('release:stable-v2')).toBe(false);
  });

  it('refuses what is not a release of this product under the channel’s tag', async () => {
    await vendor.publishVersion('1.0.0');
    registry.putManifest('release', 'stable-v2', {
      schemaVersion: 2,
      config: manifestOf('config', '1.0.0').config,
      layers: [],
    });
    const ran = await vendor.run('--json', ...vendor.promoteCommand('stable', '--release', '1.0.0'));
    expect(refusal(ran)).toEqual([3, 'release.damaged']);
    const channel = await vendor.run('--json', ...vendor.promoteCommand('beta', '--release', '1.0.0'));
    expect(refusal(channel)).toEqual([2, 'request.invalid']);
    const version = await vendor.run('--json', ...vendor.promoteCommand('nightly', '--release', '9.0.0'));
    expect(refusal(version)).toEqual([3, 'registry.not-found']);
  });
});

describe('verify', () => {
  it('says what a box makes of a channel: accepted, or refused with the box’s own reason', async () => {
    await vendor.makeKeys();
    await vendor.publishVersion('1.0.0');
    await vendor.must(...vendor.promoteCommand('stable', '--release', '1.0.0'));
    const keys = ['release', 'channel'].flatMap((id) => [
      '--key',
      `${id}=${vendor.path(`keys/${id}.pub.pem`)}:${id}`,
    ]);
    const scope = ['--registry', registry.host, '--repository', `${registry.host}/*`];
    const trust = ['keys', 'trust', '--product', 'test-product', ...scope];
    await vendor.must(...trust, ...keys, '--out', vendor.path('trust.yaml'));
    const verify = ['verify', `${registry.host}/release:stable-v2`, '--trust'];
    expect(await vendor.must(...verify, vendor.path('trust.yaml'))).toMatchObject({
      version: '1.0.0',
      channel: 'stable',
    });
    const swapped = keys.map((text) => text.replace(/:release$/, ':gate'));
    await vendor.must(...trust, ...swapped, '--out', vendor.path('other.yaml'));
    const refused = await vendor.run('--json', ...verify, vendor.path('other.yaml'));
    expect(refusal(refused)).toEqual([3, 'release.key-role']);
  });
});

describe('the program', () => {
  it('exits with 2 for a mistake in the command, 3 when refused, 4 when the registry is away, and says it in words', async () => {
    expect((await vendor.run('push', 'bundle')).code).toBe(2);
    expect((await vendor.run('push', 'chart', '.', '--repository', 'h/x', '--version', '1')).code).toBe(2);
    expect((await vendor.run('--help')).code).toBe(0);
    await vendor.makeKeys();
    await vendor.pushParts('1.0.0');
    await registry.close();
    const away = await vendor.run(...vendor.releaseCommand('1.0.0'));
    expect(away.code).toBe(4);
    expect(away.err).toMatch(/^The registry cannot be reached\. \(registry\.connect\)\n/);
  });
});
