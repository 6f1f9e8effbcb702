import { chmod, cp, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { unpack } from 'host-service/edges/archive/unpack.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryServer } from '../../../host-service/oci-client-lite/test/registry-server.ts';
import { sha256 } from '../../fixtures/sign.ts';
import { data, manifestOf, refusal } from './look.ts';
import { Vendor } from './vendor.ts';

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
    const manifest = manifestOf(registry, 'config', '1.0.0');
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
    const document = data(manifestOf(registry, 'release', '1.0.0').config);
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
    const layer = manifestOf(registry, 'images/web', '1.0.0').layers[0]!.digest;
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
    const document: unknown = JSON.parse(data(manifestOf(registry, 'release', '1.0.0').config).toString());
    expect(document).toMatchObject({
      notes: '# New',
      requires: { kubernetes: '>=1.33' },
      values: { web: { 'single-node': 'image:\n  tag: none # injected\n  registry: here\nurl: none\n' } },
    });
  });
});

describe('the program', () => {
  it('pushes with the credentials of the docker configuration, and is refused without them', async () => {
    const closed = await RegistryServer.start({ basic: { user: 'ci', password: 'secret' } });
    try {
      const push = [
        'push',
        'chart',
        vendor.path('charts/web'),
        '--out',
        vendor.path('out.json'),
        '--version',
        '1.0.0',
      ];
      const target = ['--repository', `${closed.host}/charts`];
      expect((await vendor.run('--json', ...push, ...target)).json?.['code']).toMatch(
        /^registry\.(denied|credentials-stale)$/,
      );
      const auth = Buffer.from('ci:secret').toString('base64');
      await vendor.write('docker/config.json', JSON.stringify({ auths: { [closed.host]: { auth } } }));
      vendor.env = { DOCKER_CONFIG: vendor.path('docker') };
      expect(await vendor.must(...push, ...target)).toMatchObject({ web: { pushed: true } });
    } finally {
      await closed.close();
    }
  });

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
