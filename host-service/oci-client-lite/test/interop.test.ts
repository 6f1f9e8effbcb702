import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INDEX, MANIFEST, sha } from './registry-content.ts';
import { client, CONFIG, document, kindOf } from './world.ts';

const run = promisify(execFile);

function onPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const missing = ['docker-registry', 'skopeo'].filter((name) => !onPath(name));
const reason = missing.length === 0 ? '' : ` (skipped: ${missing.join(' and ')} not installed)`;
const LAYER = randomBytes(200_000);

describe.skipIf(missing.length > 0)(`with the real docker-registry and skopeo${reason}`, () => {
  let folder = '';
  let host = '';
  let registry: ChildProcess | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oci-interop-'));
    host = `127.0.0.1:${await freePort()}`;
    const config = {
      version: 0.1,
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
      http: { addr: host },
    };
    await writeFile(join(folder, 'config.yml'), JSON.stringify(config));
    await writeFile(join(folder, 'policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}');
    registry = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
    for (let i = 0; i < 100; i += 1) {
      const up = await fetch(`http://${host}/v2/`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (up) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('docker-registry did not start');
  });

  afterAll(async () => {
    registry?.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  const skopeo = async (...args: string[]): Promise<string> => {
    const { stdout } = await run('skopeo', ['--policy', join(folder, 'policy.json'), ...args], {
      maxBuffer: 2 ** 24,
    });
    return stdout;
  };

  it('skopeo reads byte for byte what we push: config, layer in chunks, manifest, index', async () => {
    const oci = client();
    const ref = { registry: host, repository: 'ours/app', tag: 'one' };
    await oci.pushBlob(ref, Buffer.from(CONFIG));
    const layer = await oci.pushBlob(ref, LAYER, { chunkBytes: 64_000 });
    const layers = [
      { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layer, size: LAYER.length },
    ];
    const bytes = Buffer.from(JSON.stringify(document({ layers })));
    await oci.pushManifest(ref, bytes, MANIFEST);
    expect(await skopeo('inspect', '--raw', '--tls-verify=false', `docker://${host}/ours/app:one`)).toBe(
      bytes.toString(),
    );
    expect(
      await skopeo('inspect', '--config', '--raw', '--tls-verify=false', `docker://${host}/ours/app:one`),
    ).toBe(CONFIG);
    await skopeo(
      'copy',
      '--src-tls-verify=false',
      `docker://${host}/ours/app:one`,
      `oci:${join(folder, 'copy')}:one`,
    );
    expect((await readFile(join(folder, 'copy/blobs/sha256', layer.slice(7)))).equals(LAYER)).toBe(true);
    const manifests = [{ mediaType: MANIFEST, digest: sha(bytes), size: bytes.length }];
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
    await oci.pushManifest({ ...ref, tag: 'all' }, index, INDEX);
    expect(await skopeo('inspect', '--raw', '--tls-verify=false', `docker://${host}/ours/app:all`)).toBe(
      index.toString(),
    );
    expect(await oci.manifest({ ...ref, tag: 'all' })).toMatchObject({ kind: 'index', digest: sha(index) });
    expect(await oci.tags(ref)).toEqual(['all', 'one']);
    expect(await kindOf(oci.pushManifest({ ...ref, tag: 'one' }, index, INDEX, { immutable: true }))).toBe(
      'conflict',
    );
  });

  it('we read what skopeo pushes, unchanged the second time, and mount it elsewhere', async () => {
    const source = join(folder, 'copy');
    await skopeo('copy', '--dest-tls-verify=false', `oci:${source}:one`, `docker://${host}/theirs/app:two`);
    const oci = client();
    const ref = { registry: host, repository: 'theirs/app', tag: 'two' };
    const fetched = await oci.manifest(ref);
    if (fetched.kind !== 'manifest') throw new Error('not a manifest');
    const [layer] = fetched.manifest.layers;
    expect(Buffer.from(await oci.blob(ref, layer!, { maxBytes: 1_000_000 })).equals(LAYER)).toBe(true);
    expect((await oci.manifest(ref, { unless: { digest: fetched.digest } })).kind).toBe('unchanged');
    const before = oci.counters().requests;
    await oci.pushBlob({ ...ref, repository: 'third' }, LAYER, { mountFrom: 'theirs/app' });
    expect(oci.counters().requests - before).toBe(2);
    expect(oci.counters().connections).toBe(1);
  });

  it('answers of the real thing have their kinds: absent, bad digest, referrers without API', async () => {
    const oci = client();
    const ref = { registry: host, repository: 'ours/app', tag: 'nope' };
    expect(await kindOf(oci.manifest(ref))).toBe('not-found');
    const absent = Buffer.from(
      JSON.stringify(document({ config: { mediaType: 'a/b', digest: sha('gone'), size: 4 } })),
    );
    expect(await kindOf(oci.pushManifest(ref, absent, MANIFEST))).toBe('not-found');
    const subject = await oci.manifest({ ...ref, tag: 'one' });
    const descriptor = { mediaType: MANIFEST, digest: subject.digest, size: subject.bytes.length };
    const attached = Buffer.from(JSON.stringify(document({ subject: descriptor })));
    await oci.pushManifest({ registry: host, repository: 'ours/app' }, attached, MANIFEST);
    const found = await oci.referrers({ registry: host, repository: 'ours/app', digest: subject.digest });
    expect(found.map((entry) => entry.digest)).toEqual([sha(attached)]);
  });
});
