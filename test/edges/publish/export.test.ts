import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Digest, Repository } from 'host-service/contract/names.ts';
import { unpack } from 'host-service/edges/archive/unpack.ts';
import { readLayout, type Layout } from 'host-service/edges/layout/layout.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onPath } from '../../cluster/tools.ts';
import { sha256 } from '../../fixtures/sign.ts';
import { refusal } from './look.ts';
import { startRegistry, type TestRegistry } from './real-registry.ts';
import { Vendor } from './vendor.ts';

const run = promisify(execFile);
const skopeo = await onPath('skopeo');
let registry: TestRegistry;
let vendor: Vendor;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-'));
  registry = await startRegistry();
  vendor = await Vendor.open(registry.host);
  await vendor.makeKeys();
  await vendor.publishVersion('1.0.0');
  await vendor.must(...vendor.promoteCommand('stable', '--release', '1.0.0'));
});
afterAll(async () => {
  await vendor?.close();
  await registry?.close();
  await rm(folder, { recursive: true, force: true });
});

const open = (path: string): Layout =>
  readLayout(path, { repository: Repository.parse(`${registry.host}/release`), unpack });
const exportTo = (path: string, ...more: readonly string[]) =>
  vendor.must('export', '--release', `${registry.host}/release:stable-v2`, '--out', path, ...more);

interface Pins {
  readonly controlPlane: { readonly digest: string };
  readonly charts: Readonly<Record<string, { readonly digest: string }>>;
  readonly images: Readonly<Record<string, { readonly digest: string }>>;
}

/** Which parts of the release are in a layout. */
function parts(layout: Layout): Readonly<Record<string, boolean>> {
  const pins = JSON.parse(Buffer.from(layout.baked.artifact.document).toString()) as Pins;
  const has = (digest: string | undefined): boolean => layout.has(Digest.parse(digest), 'amd64');
  return {
    chart: has(pins.charts['web']?.digest),
    image: has(pins.images['web']?.digest),
    controlPlane: has(pins.controlPlane.digest),
  };
}

describe('export', () => {
  it('writes release, statement, bundle and charts as a folder that a box reads', async () => {
    const out = join(folder, 'plain');
    const said = await exportTo(out);
    expect(said).toMatchObject({ version: '1.0.0', statement: true, artifacts: 3 });
    const layout = open(out);
    expect(layout.baked.digest).toBe(said['digest']);
    expect(layout.baked.artifact.ociDigest).toBe(said['ociDigest']);
    expect([...layout.files.keys()].sort()).toEqual([
      'base/kustomization.yaml',
      'base/web.yaml',
      'product.yaml',
    ]);
    expect(parts(layout)).toEqual({ chart: true, image: false, controlPlane: false });
    for (const name of await readdir(join(out, 'blobs/sha256'))) {
      expect(sha256(await readFile(join(out, 'blobs/sha256', name)))).toBe(`sha256:${name}`);
    }
  });

  it('takes images along where asked for, and may be repeated in the same folder', async () => {
    const out = join(folder, 'images');
    await exportTo(out);
    await exportTo(out, '--with-images');
    expect(parts(open(out))).toEqual({ chart: true, image: true, controlPlane: true });
  });

  it('writes a version without a channel statement, and says so', async () => {
    const out = join(folder, 'version');
    const ran = await vendor.run('export', '--release', `${registry.host}/release:1.0.0`, '--out', out);
    expect([ran.code, ran.out]).toEqual([0, expect.stringContaining('without a channel statement')]);
    expect(open(out).baked.artifact.statement).toBeUndefined();
  });

  it('refuses what is not a release, what is not there, and a folder of something else', async () => {
    const attempt = async (release: string, out: string) =>
      refusal(await vendor.run('--json', 'export', '--release', `${registry.host}/${release}`, '--out', out));
    const out = join(folder, 'refused');
    expect(await attempt('config:1.0.0', out)).toEqual([3, 'release.damaged']);
    expect(await attempt('release:none', out)).toEqual([3, 'registry.not-found']);
    expect(await attempt('release', out)).toEqual([2, 'request.invalid']);
    expect(await attempt('release:1.0.0', vendor.path('flux-base'))).toEqual([3, 'request.conflict']);
    await writeFile(out, 'a file');
    expect(await attempt('release:1.0.0', out)).toEqual([2, 'config.unreadable']);
  });
});

describe.skipIf(skopeo === undefined)(
  `skopeo and a box${skopeo === undefined ? ' (skipped: no skopeo)' : ''}`,
  () => {
    it('agree on a folder that skopeo made of release and bundle', async () => {
      const out = join(folder, 'skopeo');
      const policy = await vendor.write('policy.json', '{"default":[{"type":"insecureAcceptAnything"}]}');
      const copy = (from: string, name: string) =>
        run(skopeo ?? '', [
          ...['--policy', policy, 'copy', '--src-tls-verify=false'],
          ...[`docker://${registry.host}/${from}`, `oci:${out}:${name}`],
        ]);
      await copy('release:stable-v2', 'release');
      await copy('config:1.0.0', 'bundle');
      const ours = open(join(folder, 'plain')).baked;
      const theirs = open(out).baked;
      expect(theirs.artifact.ociDigest).toBe(ours.artifact.ociDigest);
      expect(theirs.digest).toBe(ours.digest);
      expect(theirs.artifact.bundles).toHaveLength(2);
    });
  },
);
