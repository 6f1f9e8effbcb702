import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { MANIFEST, sha } from './registry-content.ts';
import { client, registry, tagged } from './world.ts';

const read = (name: string): Promise<Buffer> =>
  readFile(new URL(`fixtures/oci/${name}.bytes`, import.meta.url));

interface Fixture {
  readonly tool: string;
  readonly name: string;
  readonly digest: string;
  readonly config: string;
  readonly configType: string;
  readonly artifactType?: string;
  readonly layers: readonly (readonly [mediaType: string, file: string | undefined])[];
}

const HELM = 'application/vnd.cncf.helm';
const FLUX = 'application/vnd.cncf.flux';
const fluxLayers = [[`${FLUX}.content.v1.tar+gzip`, 'flux.layer']] as const;

const FIXTURES: readonly Fixture[] = [
  {
    tool: 'oras push --config, no layers (image-spec 1.0 packing)',
    name: 'oras-1.0',
    digest: 'sha256:8393f5e410d660f6593f9fe1c6f7605a7a16c5f15bc908c7a089275ed1d23994',
    config: 'oras.config',
    configType: 'application/vnd.example.release.v1+json',
    layers: [],
  },
  {
    tool: 'oras push --config --artifact-type (image-spec 1.1 packing)',
    name: 'oras-1.1',
    digest: 'sha256:ad2fafb6983909d9fc5e93a8a2cff4be76cf450bdcf08399e79a5d9e32ba00a6',
    config: 'oras.config',
    configType: 'application/vnd.example.release.v1+json',
    artifactType: 'application/vnd.example.release.v1',
    layers: [['application/vnd.oci.empty.v1+json', undefined]],
  },
  {
    tool: 'flux push artifact up to 2.8',
    name: 'flux-2.8',
    digest: 'sha256:eca60a81e325236cb06c27ebaec79d53878e5bfa37ce986b42bec30d122d0814',
    config: 'flux-2.8.config',
    configType: `${FLUX}.config.v1+json`,
    layers: fluxLayers,
  },
  {
    tool: 'flux push artifact 2.9',
    name: 'flux-2.9',
    digest: 'sha256:34797a8918897ee3bafba03147c1b7b0f0947a3bad35f8052eef8cf56b27499a',
    config: 'flux-2.9.config',
    configType: `${FLUX}.config.v1+json`,
    layers: fluxLayers,
  },
  {
    tool: 'helm push with provenance (no mediaType in the body)',
    name: 'helm',
    digest: 'sha256:9212a9aba7313e63fcffb9b1a1461e3d7d6bbb812faeeb240ba5ad147b54877a',
    config: 'helm.config',
    configType: `${HELM}.config.v1+json`,
    layers: [
      [`${HELM}.chart.content.v1.tar+gzip`, 'helm.layer'],
      [`${HELM}.chart.provenance.v1.prov`, 'helm-prov.layer'],
    ],
  },
];

describe('we read what other tools push, byte for byte', () => {
  it.each(FIXTURES)('$tool', async ({ name, digest, config, configType, artifactType, layers }) => {
    const bytes = await read(`${name}.manifest`);
    expect(sha(bytes)).toBe(digest);
    const server = await registry();
    server.putBlob('a/b', await read(config));
    for (const [, file] of layers) if (file !== undefined) server.putBlob('a/b', await read(file));
    server.putManifest('a/b', 'one', bytes.toString(), MANIFEST);
    const oci = client();
    const fetched = await oci.manifest(tagged(server));
    if (fetched.kind !== 'manifest') throw new Error('not a manifest');
    expect(Buffer.from(fetched.bytes).equals(bytes)).toBe(true);
    expect(fetched).toMatchObject({ digest, mediaType: MANIFEST });
    const { manifest } = fetched;
    expect([manifest.config.mediaType, manifest.artifactType]).toEqual([configType, artifactType]);
    expect(manifest.layers.map((layer) => layer.mediaType)).toEqual(layers.map(([mediaType]) => mediaType));
    const limits = { maxBytes: 10_000 };
    expect(
      Buffer.from(await oci.blob(tagged(server), manifest.config, limits)).equals(await read(config)),
    ).toBe(true);
    for (const [i, [, file]] of layers.entries()) {
      const content = Buffer.from(await oci.blob(tagged(server), manifest.layers[i]!, limits));
      expect(content.equals(file === undefined ? Buffer.from('{}') : await read(file))).toBe(true);
    }
  });
});
