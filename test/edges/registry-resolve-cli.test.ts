import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { MEDIA } from 'host-service/contract/names.ts';
import { MANIFEST, sha } from '../../host-service/oci-client-lite/test/registry-content.ts';
import { RegistryServer } from '../../host-service/oci-client-lite/test/registry-server.ts';
import { bytesOf, productJson, releaseJson, statementJson } from '../fixtures/documents.ts';
import { makeKey, makeTrust, sha256, signBundle, trustKey } from '../fixtures/sign.ts';

const PROGRAM = fileURLToPath(new URL('../../host-service/bin/appliance.ts', import.meta.url));
const key = makeKey();
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Outcome {
  readonly exit: number;
  readonly out: string;
  readonly json: Record<string, unknown>;
}

function run(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [PROGRAM, ...args],
      { timeout: 25_000 },
      (_error, out, failure) => {
        const json = out.startsWith('{') ? (JSON.parse(out) as Record<string, unknown>) : {};
        resolve({ exit: child.exitCode ?? -1, out: out + failure, json });
      },
    );
  });
}

const embedded = (mediaType: string, bytes: Uint8Array) => ({
  ...{ mediaType, digest: sha(bytes), size: bytes.length },
  data: Buffer.from(bytes).toString('base64'),
});

/** A registry with one signed release on the channel, and the files that a person has at hand. */
async function world(options: { signed?: boolean } = {}) {
  const server = await RegistryServer.start({ token: {} });
  cleanups.push(() => server.close());
  const folder = await mkdtemp(join(tmpdir(), 'appliance-resolve-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const repository = `${server.host}/vendor/appliance-release`;
  const document = bytesOf(releaseJson());
  const digest = sha256(document);
  const statement = bytesOf(
    statementJson({ digest, version: '1.0.0' }, { repository, expires: '2126-01-01T00:00:00Z' }),
  );
  const signatures =
    options.signed === false
      ? []
      : [document, statement].map((bytes) => embedded(MEDIA.sigstoreBundle, signBundle(bytes, key)));
  const ociDigest = server.putManifest('vendor/appliance-release', 'stable-v2', {
    ...{ schemaVersion: 2, mediaType: MANIFEST, artifactType: MEDIA.releaseArtifact },
    config: embedded(MEDIA.releaseConfig, document),
    layers: [embedded(MEDIA.channelStatement, statement), ...signatures],
  });
  const release = productJson()['release'] as Record<string, unknown>;
  const token = { realm: `${server.origin}/token`, service: 'registry' };
  const [trust, product] = [join(folder, 'trust.yaml'), join(folder, 'product.yaml')];
  await writeFile(trust, JSON.stringify(makeTrust([trustKey(key)])));
  await writeFile(product, JSON.stringify(productJson({ release: { ...release, repository, token } })));
  return { server, repository, digest, ociDigest, trust, product };
}

describe('appliance resolve', () => {
  it('says what a channel means, with two requests on one connection', async () => {
    const { digest, ociDigest, trust, product, server } = await world();
    const { exit, json } = await run('resolve', 'stable', '--trust', trust, '--product', product, '--json');
    expect(json).toMatchObject({
      ...{ result: 'resolved', release: digest, ociDigest, version: '1.0.0', sequence: 1_795_000_000_000 },
      ...{ expires: '2126-01-01T00:00:00Z', signed: true, keyIds: ['vendor-1'], servedBy: server.origin },
      ...{ requests: 2, connections: 1 },
    });
    expect((json['trace'] as { rule: string }[]).map(({ rule }) => rule)).toEqual([
      'pin',
      'channel-answer',
      'signature',
      'freshness',
      'sequence',
      'withdrawn',
    ]);
    expect(exit).toBe(0);
  });

  it('takes a reference and speaks plain words', async () => {
    const { repository, trust } = await world();
    const { exit, out } = await run('resolve', `${repository}:stable-v2`, '--trust', trust, '--plain-http');
    expect(out).toContain(`${repository}:stable-v2 is release 1.0.0`);
    expect(out).toContain('signed by vendor-1');
    expect(out).toContain('3 requests on 1 connections');
    expect(exit).toBe(0);
  });

  it('ends with 3 and the code when the release is refused', async () => {
    const { repository, trust } = await world({ signed: false });
    const { exit, json } = await run('resolve', `${repository}:stable-v2`, '--trust', trust, '--json');
    expect(json).toMatchObject({ result: 'refused', code: 'release.unsigned' });
    expect(exit).toBe(3);
  });

  it('ends with 4 when the tag is not there', async () => {
    const { repository, trust } = await world();
    const { exit, json } = await run('resolve', `${repository}:nightly-v2`, '--trust', trust, '--json');
    expect(json).toMatchObject({ result: 'unavailable', code: 'registry.not-found' });
    expect(exit).toBe(4);
  });

  it('ends with 2 when it was asked nonsense', async () => {
    const { trust } = await world();
    expect(await run('resolve', 'stable', '--trust', trust)).toMatchObject({ exit: 2 });
    const unreadable = await run('resolve', 'stable', '--trust', `${trust}.no`, '--json');
    expect(unreadable.json).toMatchObject({ result: 'error', code: 'config.unreadable' });
  });
});
