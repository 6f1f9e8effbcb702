import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onPath } from '../cluster/tools.ts';
import type { EmbeddedRegistry } from '../world/ports.ts';
import { startRegistry, type OwnOptions } from '../world/registry/registry.ts';
import { refusal } from './publish/look.ts';
import { Vendor } from './publish/vendor.ts';

const run = promisify(execFile);
const skopeo = await onPath('skopeo');
const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function vendorAt(options: OwnOptions = {}): Promise<{ registry: EmbeddedRegistry; vendor: Vendor }> {
  const registry = await startRegistry(options);
  opened.push(() => registry.stop());
  const vendor = await Vendor.open(registry.host);
  opened.push(() => vendor.close());
  await vendor.makeKeys();
  return { registry, vendor };
}

describe('appliance-publish and the embedded registry', () => {
  it('publish a release, move a channel twice, and a box accepts what is there', async () => {
    const { vendor, registry } = await vendorAt();
    const made = await vendor.publishVersion('1.0.0');
    await vendor.publishVersion('1.1.0');
    await vendor.must(...vendor.promoteCommand('stable', '--release', '1.0.0'));
    await vendor.must(...vendor.promoteCommand('stable', '--release', '1.1.0'));
    await vendor.must(...vendor.promoteCommand('nightly', '--release', String(made['digest'])));
    const trust = await trustOf(vendor, registry);
    const verified = async (tag: string) =>
      vendor.must('verify', `${registry.host}/release:${tag}`, '--trust', trust);
    expect(await verified('stable-v2')).toMatchObject({ result: 'resolved', version: '1.1.0' });
    expect(await verified('nightly-v2')).toMatchObject({ result: 'resolved', release: made['digest'] });
  });

  it('write nothing the second time', async () => {
    const { vendor, registry } = await vendorAt();
    const first = await vendor.publishVersion('1.0.0');
    const again = await vendor.publishVersion('1.0.0');
    expect(again).toMatchObject({ pushed: false, digest: first['digest'] });
    const before = registry.counters().requests;
    expect(await vendor.must(...vendor.bundleCommand('1.0.0'))).toMatchObject({ pushed: false });
    expect(registry.counters().requests - before).toBeLessThanOrEqual(3);
  });

  it('push with the account of the docker configuration, and not without it', async () => {
    const { vendor, registry } = await vendorAt({ push: { user: 'ci', password: 'secret' } });
    const command = ['push', 'chart', vendor.path('charts/web'), '--version', '1.0.0'];
    const target = ['--repository', `${registry.host}/charts`, '--out', vendor.path('charts.json')];
    expect(refusal(await vendor.run('--json', ...command, ...target))).toEqual([3, 'registry.denied']);
    const auth = Buffer.from('ci:secret').toString('base64');
    await vendor.write('docker/config.json', JSON.stringify({ auths: { [registry.host]: { auth } } }));
    vendor.env = { DOCKER_CONFIG: vendor.path('docker') };
    expect(await vendor.must(...command, ...target)).toMatchObject({ web: { pushed: true } });
  });

  it('say that the registry is away, and go on where they were when it is back', async () => {
    const { vendor, registry } = await vendorAt();
    await vendor.pushParts('1.0.0');
    await registry.setFault({ kind: 'down' });
    const away = await vendor.run('--json', ...vendor.releaseCommand('1.0.0'));
    expect(refusal(away)).toEqual([4, 'registry.connect']);
    await registry.setFault({ kind: 'none' });
    expect(await vendor.must(...vendor.releaseCommand('1.0.0'))).toMatchObject({ pushed: true });
  });
});

async function trustOf(vendor: Vendor, registry: EmbeddedRegistry): Promise<string> {
  const file = vendor.path('trust.yaml');
  const keys = ['release', 'channel'].flatMap((id) => [
    '--key',
    `${id}=${vendor.path(`keys/${id}.pub.pem`)}:${id}`,
  ]);
  await vendor.must(
    ...['keys', 'trust', '--product', 'test-product', '--out', file, ...keys],
    ...['--registry', registry.host, '--repository', `${registry.host}/*`],
  );
  return file;
}

describe.skipIf(skopeo === undefined)(
  `skopeo and the embedded registry${skopeo === undefined ? ' (skipped: skopeo not installed)' : ''}`,
  () => {
    let folder = '';
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'world-registry-'));
      await writeFile(join(folder, 'policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}');
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const call = async (...args: readonly string[]): Promise<string> => {
      const options = ['--policy', join(folder, 'policy.json'), ...args];
      const { stdout } = await run(skopeo ?? '', options, { timeout: 60_000, maxBuffer: 2 ** 24 });
      return stdout;
    };

    it.each([
      ['with tokens and redirects', {}],
      ['without', { token: false, redirectBlobs: false }],
    ])('copy an image out, in again and elsewhere, %s', async (_name, options) => {
      const { vendor, registry } = await vendorAt(options);
      await vendor.pushParts('1.0.0');
      const image = `docker://${registry.host}/images/web:1.0.0`;
      const layout = `oci:${join(folder, 'layout')}:web`;
      const original = await call('inspect', '--raw', '--tls-verify=false', image);
      await call('copy', '--src-tls-verify=false', image, layout);
      const target = `docker://${registry.host}/copied/web:2`;
      await call('copy', '--dest-tls-verify=false', '--preserve-digests', layout, target);
      expect(await call('inspect', '--raw', '--tls-verify=false', target)).toBe(original);
      const { layers } = JSON.parse(original) as { layers: { digest: string; size: number }[] };
      const blob = await readFile(join(folder, 'layout/blobs/sha256', layers[0]!.digest.slice(7)));
      expect(blob.length).toBe(layers[0]!.size);
      const mounted = `docker://${registry.host}/third/web:3`;
      await call('copy', '--src-tls-verify=false', '--dest-tls-verify=false', target, mounted);
      const list = await call('list-tags', '--tls-verify=false', `docker://${registry.host}/third/web`);
      expect(JSON.parse(list)).toMatchObject({ Tags: ['3'] });
    });

    it('is told that nothing is there, and that it may not push', async () => {
      const { registry, vendor } = await vendorAt({ push: { user: 'ci', password: 'secret' } });
      const said = async (...args: readonly string[]): Promise<string> =>
        call(...args).then(
          () => '',
          (error: unknown) => (error instanceof Error ? error.message : ''),
        );
      const nothing = `docker://${registry.host}/images/none:1`;
      expect(await said('inspect', '--tls-verify=false', nothing)).toMatch(/manifest unknown/i);
      const auth = Buffer.from('ci:secret').toString('base64');
      await vendor.write('docker/config.json', JSON.stringify({ auths: { [registry.host]: { auth } } }));
      vendor.env = { DOCKER_CONFIG: vendor.path('docker') };
      await vendor.pushParts('1.0.0');
      const image = `docker://${registry.host}/images/web:1.0.0`;
      const copy = ['copy', '--src-tls-verify=false', '--dest-tls-verify=false', image];
      const target = `docker://${registry.host}/copied/web:2`;
      expect(await said(...copy, target)).toMatch(/denied|unauthorized|authentication required/i);
      await call(...copy, '--dest-creds', 'ci:secret', target);
    });
  },
);
