import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Repository } from 'host-service/contract/names.ts';
import { verifySignatures } from 'host-service/core/release/signature/verify.ts';
import { inspect } from 'host-service/publish/inspect.ts';
import { findRelease } from 'host-service/publish/read-release.ts';
import { cosignSigner, pemSigner } from 'host-service/publish/sign/signer.ts';
import { createClient } from 'oci-client-lite/client.ts';
import type { OciClient } from 'oci-client-lite/types.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRegistry, type TestRegistry } from '../edges/publish/real-registry.ts';
import { Vendor } from '../edges/publish/vendor.ts';
import { makeTrust, sha256 } from '../fixtures/sign.ts';
import { ensureTools } from './build.ts';

const run = promisify(execFile);
const TOOLS = ['cosign', 'crane', 'helm', 'skopeo', 'docker-registry'];
const { paths, missing } = await ensureTools({ only: TOOLS, lookOnly: true });
const bin = (name: string): string => paths.get(name) ?? name;

/** Titles say why a case did not run. */
function needs(...names: readonly string[]): { readonly skip: boolean; readonly why: string } {
  const lacks = missing.filter(({ name }) => [...names, 'docker-registry'].includes(name));
  const why = lacks.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  return { skip: lacks.length > 0, why: why === '' ? '' : ` (skipped: ${why})` };
}

let registry: TestRegistry;
let vendor: Vendor;
let client: OciClient;

beforeAll(async () => {
  registry = await startRegistry();
  vendor = await Vendor.open(registry.host);
  client = createClient({});
  await vendor.makeKeys();
  await vendor.publishVersion('1.0.0');
  await vendor.must(...vendor.promoteCommand('stable', '--release', '1.0.0'));
});
afterAll(async () => {
  await client?.close();
  await vendor?.close();
  await registry?.close();
});

const DOCUMENT = new TextEncoder().encode('{"schema":"appliance.release/v2.0"}');
const cosign = needs('cosign');

describe.skipIf(cosign.skip)(`cosign and we${cosign.why}`, () => {
  const tool = (...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> =>
    run(bin('cosign'), [...args], { cwd: vendor.folder, env: { ...process.env, COSIGN_PASSWORD: 'secret' } });
  const check = (bundle: string, document: string): Promise<unknown> =>
    tool(
      'verify-blob',
      '--key',
      'keys/release.pub.pem',
      '--bundle',
      bundle,
      '--insecure-ignore-tlog=true',
      document,
    );

  it('agree on our signatures: verify-blob accepts them, and not for a changed byte', async () => {
    const bundle = await pemSigner(vendor.path('keys/release.key.pem'), undefined).sign(DOCUMENT);
    await vendor.write('bundle.json', bundle);
    await vendor.write('document', DOCUMENT);
    await vendor.write('changed', new TextEncoder().encode('{"schema":"appliance.release/v2.1"}'));
    await check('bundle.json', 'document');
    await expect(check('bundle.json', 'changed')).rejects.toThrow(/verif|digest|signature/iu);
  });

  it('agree on the published release as it lies in the registry', async () => {
    const found = await findRelease(client, Repository.parse(`${registry.host}/release`), '1.0.0');
    await vendor.write('published.json', found.bundles[0] ?? new Uint8Array());
    await vendor.write('published', found.document);
    await check('published.json', 'published');
  });

  it('agree on signatures of sign-blob: our verifier accepts them, and a release is signed through it', async () => {
    await tool('generate-key-pair');
    const signer = await cosignSigner({
      program: bin('cosign'),
      key: vendor.path('cosign.key'),
      password: 'secret',
      env: process.env,
    });
    const bundle = await signer.sign(DOCUMENT);
    const publicKey = await readFile(vendor.path('cosign.pub'), 'utf8');
    const trust = makeTrust([{ id: 'cosign', publicKey, roles: ['release'] }]);
    const input = {
      bytes: DOCUMENT,
      trust,
      role: 'release',
      date: '2026-11-21T12:00:00Z',
      what: 'document',
    } as const;
    expect(verifySignatures({ ...input, bundles: [bundle] })).toMatchObject({ ok: true });
    await vendor.write('password', 'secret\n');
    const external = [
      '--cosign',
      bin('cosign'),
      '--cosign-key',
      vendor.path('cosign.key'),
      '--password-file',
      vendor.path('password'),
    ];
    expect(await vendor.must(...vendor.releaseCommand('1.0.0', ...external))).toMatchObject({
      signatures: 2,
    });
    expect(await vendor.must(...vendor.releaseCommand('1.0.0', ...external))).toMatchObject({
      pushed: false,
    });
  });

  it('publish.signer-failed: a wrong password is told in the words of cosign', async () => {
    await vendor.write('wrong', 'wrong\n');
    const external = [
      '--cosign',
      bin('cosign'),
      '--cosign-key',
      vendor.path('cosign.key'),
      '--password-file',
      vendor.path('wrong'),
    ];
    const ran = await vendor.run('--json', ...vendor.releaseCommand('1.0.0', ...external));
    expect([ran.code, ran.json?.['code']]).toEqual([3, 'publish.signer-failed']);
  });
});

const helm = needs('helm');
describe.skipIf(helm.skip)(`helm and we${helm.why}`, () => {
  it('pulls and renders the charts that we push, under the published version', async () => {
    const chart = `oci://${registry.host}/charts/web`;
    await run(bin('helm'), ['pull', chart, '--version', '1.0.0', '--plain-http', '-d', vendor.folder]);
    const { stdout } = await run(bin('helm'), ['template', 'x', vendor.path('web-1.0.0.tgz')]);
    expect(stdout).toContain('kind: ConfigMap');
    const shown = await run(bin('helm'), ['show', 'chart', vendor.path('web-1.0.0.tgz')]);
    expect(shown.stdout).toContain('version: 1.0.0');
  });

  it('pushes charts that we find, sizes included', async () => {
    await run(bin('helm'), ['package', vendor.path('charts/web'), '--version', '3.0.0', '-d', vendor.folder]);
    await run(bin('helm'), [
      'push',
      vendor.path('web-3.0.0.tgz'),
      `oci://${registry.host}/helm`,
      '--plain-http',
    ]);
    const found = await inspect(client, `${registry.host}/helm/web:3.0.0`);
    expect(found.labels['org.opencontainers.image.title']).toBe('web');
    expect(found.size).toBeGreaterThan((await readFile(vendor.path('web-3.0.0.tgz'))).length);
  });
});

const crane = needs('crane');
describe.skipIf(crane.skip)(`crane and we${crane.why}`, () => {
  const tool = async (...args: readonly string[]): Promise<Buffer> =>
    (await run(bin('crane'), [...args, '--insecure'], { encoding: 'buffer' })).stdout;

  it.each(['release:stable-v2', 'release:1.0.0', 'config:1.0.0', 'charts/web:1.0.0', 'images/web:1.0.0'])(
    'reads %s byte for byte',
    async (name) => {
      const found = await inspect(client, `${registry.host}/${name}`);
      expect(sha256(await tool('manifest', `${registry.host}/${name}`))).toBe(found.digest);
    },
  );

  it('validates the images that we push, and makes images that we find', async () => {
    await tool('validate', '--remote', `${registry.host}/images/web:1.0.0`);
    await mkdir(vendor.path('layer'), { recursive: true });
    await writeFile(vendor.path('layer/file'), 'content');
    await run('tar', ['cf', vendor.path('layer.tar'), '-C', vendor.path('layer'), 'file']);
    await tool(
      'append',
      '--oci-empty-base',
      '-f',
      vendor.path('layer.tar'),
      '-t',
      `${registry.host}/crane/app:1`,
    );
    await tool(
      'mutate',
      `${registry.host}/crane/app:1`,
      '--label',
      'org.opencontainers.image.revision=abc',
      '-t',
      `${registry.host}/crane/app:1`,
    );
    const found = await inspect(client, `${registry.host}/crane/app:1`);
    expect(found.labels).toMatchObject({ 'org.opencontainers.image.revision': 'abc' });
  });
});

const skopeo = needs('skopeo');
describe.skipIf(skopeo.skip)(`skopeo and we${skopeo.why}`, () => {
  it('reads and copies what we push, and we find the copies under the same digests', async () => {
    await vendor.write('policy.json', '{"default":[{"type":"insecureAcceptAnything"}]}');
    const tool = (...args: readonly string[]): Promise<{ readonly stdout: string }> =>
      run(bin('skopeo'), ['--policy', vendor.path('policy.json'), ...args]);
    const raw = await tool(
      'inspect',
      '--raw',
      '--tls-verify=false',
      `docker://${registry.host}/release:stable-v2`,
    );
    const found = await inspect(client, `${registry.host}/release:stable-v2`);
    expect(sha256(raw.stdout)).toBe(found.digest);
    const insecure = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    await tool(
      'copy',
      ...insecure,
      `docker://${registry.host}/images/web:1.0.0`,
      `docker://${registry.host}/copy/web:1`,
    );
    const copy = await inspect(client, `${registry.host}/copy/web:1`);
    expect(copy.digest).toBe((await inspect(client, `${registry.host}/images/web:1.0.0`)).digest);
  });
});
