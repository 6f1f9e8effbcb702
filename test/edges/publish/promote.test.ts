import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryServer } from '../../../host-service/oci-client-lite/test/registry-server.ts';
import { sha256 } from '../../fixtures/sign.ts';
import { data, manifestOf, refusal, statementOf } from './look.ts';
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

describe('promote', () => {
  beforeEach(() => vendor.makeKeys());

  it('puts the same bytes and signatures of the release into every channel', async () => {
    await vendor.publishVersion('1.0.0');
    await vendor.must(...vendor.promoteCommand('nightly', '--release', '1.0.0'));
    await vendor.must(...vendor.promoteCommand('stable', '--release', '1.0.0'));
    const [release, nightly, stable] = ['1.0.0', 'nightly-v2', 'stable-v2'].map((tag) =>
      manifestOf(registry, 'release', tag),
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
    const moved = statementOf(registry, 'stable-v2');
    expect(moved).toMatchObject({
      sequence: vendor.now.getTime() + 1,
      previous: { version: '1.0.0' },
      rollout: { percent: 10 },
    });
    vendor.now = new Date('2020-01-01T00:00:00Z');
    await vendor.must(
      ...vendor.promoteCommand('stable', '--release', '1.0.0', '--withdraw', '1.1.0=loses mail=1.0.0'),
    );
    expect(statementOf(registry, 'stable-v2')).toMatchObject({
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
    const layer = manifestOf(registry, 'images/web', '1.0.0').layers[0]!.digest;
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
      config: manifestOf(registry, 'config', '1.0.0').config,
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
  it('says what a box makes of a channel; with --trust promote refuses what a box would refuse', async () => {
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
    await vendor.must(...vendor.promoteCommand('stable', '--trust', vendor.path('trust.yaml')));
    const tag = registry.tags.get('release:stable-v2');
    const promoted = await vendor.run(
      '--json',
      ...vendor.promoteCommand('stable', '--trust', vendor.path('other.yaml')),
    );
    expect(refusal(promoted)).toEqual([3, 'release.key-role']);
    const wrongKey = vendor
      .promoteCommand('stable', '--trust', vendor.path('trust.yaml'))
      .map((text) => text.replace('channel.key', 'release.key'));
    expect(refusal(await vendor.run('--json', ...wrongKey))).toEqual([3, 'release.key-role']);
    expect(registry.tags.get('release:stable-v2')).toBe(tag);
  });
});
