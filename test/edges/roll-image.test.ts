import { afterEach, describe, expect, it } from 'vitest';
import { CONTRACT_LABEL } from 'host-service/contract/control-plane.ts';
import { Digest, Repository } from 'host-service/contract/names.ts';
import { createRegistry } from 'host-service/edges/registry/registry.ts';
import { INDEX, MANIFEST } from '../../host-service/oci-client-lite/test/registry-content.ts';
import { RegistryServer } from '../../host-service/oci-client-lite/test/registry-server.ts';

const signal = new AbortController().signal;
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

const PATH = 'vendor/control-plane';
/** Bytes of the manifests that were put. */
const sizes = new Map<string, number>();

async function start() {
  const server = await RegistryServer.start({});
  const registry = createRegistry({ registries: [], unpack: () => new Map() });
  opened.push(registry, server);
  const repository = Repository.parse(`${server.host}/${PATH}`);
  return { server, ask: (digest: Digest) => registry.imageFacts({ repository, digest }, 'amd64', signal) };
}

function putImage(
  server: RegistryServer,
  config: unknown,
  type = 'application/vnd.oci.image.config.v1+json',
): Digest {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  const { digest, size } = server.putBlob(PATH, text);
  const manifest = {
    ...{ schemaVersion: 2, mediaType: MANIFEST, layers: [] },
    config: { mediaType: type, digest, size },
  };
  const made = Digest.parse(server.putManifest(PATH, 'x', manifest));
  sizes.set(made, JSON.stringify(manifest).length);
  return made;
}

const image = (architecture: string, contract: string): object => ({
  ...{ architecture, os: 'linux' },
  config: { Labels: { [CONTRACT_LABEL]: contract } },
});

describe('what the registry says about an image', () => {
  it('B-53 comes from the configuration of an image for one processor', async () => {
    const { server, ask } = await start();
    expect(await ask(putImage(server, image('amd64', '1')))).toEqual({
      architectures: ['amd64'],
      labels: { [CONTRACT_LABEL]: '1' },
    });
    const old = putImage(server, { architecture: 'amd64' }, 'application/vnd.docker.container.image.v1+json');
    expect(await ask(old)).toEqual({ architectures: ['amd64'], labels: {} });
  });

  it('comes from the child for our processor, and names those that there are when there is none', async () => {
    const { server, ask } = await start();
    const child = (architecture: string, contract: string) => {
      const digest = putImage(server, image(architecture, contract));
      return {
        mediaType: MANIFEST,
        digest,
        size: sizes.get(digest) ?? 0,
        platform: { architecture, os: 'linux' },
      };
    };
    const attestation = { ...child('amd64', '9'), platform: { architecture: 'unknown', os: 'unknown' } };
    const index = (manifests: readonly object[]): Digest =>
      Digest.parse(server.putManifest(PATH, 'i', { schemaVersion: 2, mediaType: INDEX, manifests }, INDEX));
    const both = index([attestation, child('arm64', '2'), child('amd64', '1')]);
    expect(await ask(both)).toEqual({ architectures: ['amd64'], labels: { [CONTRACT_LABEL]: '1' } });
    const other = index([attestation, child('arm64', '1')]);
    expect(await ask(other)).toEqual({ architectures: ['arm64'], labels: {} });
  });

  it.each([
    ['not there', () => Digest.parse(`sha256:${'0'.repeat(64)}`), 'registry.not-found'],
    ['no configuration', (server: RegistryServer) => putImage(server, 'nonsense'), 'registry.damaged'],
    [
      'far too large',
      (server: RegistryServer) => putImage(server, `"${'x'.repeat(1024 * 1024)}"`),
      'registry.too-large',
    ],
  ] as const)('is a problem of the registry when it is %s', async (_what, put, code) => {
    const { server, ask } = await start();
    await expect(ask(put(server))).rejects.toMatchObject({ code });
  });
});
