import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryServer } from '../../../host-service/oci-client-lite/test/registry-server.ts';
import { sha256 } from '../../fixtures/sign.ts';
import { refusal } from './look.ts';
import { Vendor } from './vendor.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

let registry: RegistryServer;
let vendor: Vendor;
let layout: string;

interface Part {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Puts a blob into the layout. */
async function put(bytes: Uint8Array, mediaType: string): Promise<Part> {
  const digest = sha256(bytes);
  await writeFile(join(layout, 'blobs/sha256', digest.slice('sha256:'.length)), bytes);
  return { mediaType, digest, size: bytes.length };
}
const putJson = (value: unknown, mediaType: string): Promise<Part> =>
  put(Buffer.from(JSON.stringify(value)), mediaType);

async function image(architecture: string): Promise<Part> {
  const config = await putJson({ architecture, os: 'linux' }, 'application/vnd.oci.image.config.v1+json');
  const layer = await put(Buffer.from(`layer of ${architecture}`), 'application/vnd.oci.image.layer.v1.tar');
  return putJson({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] }, MANIFEST);
}
const writeIndex = (manifests: readonly Part[]): Promise<void> =>
  writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
const command = (version: string): readonly string[] => [
  ...['--json', 'push', 'layout', '--repository', `${registry.host}/vendor/control-plane`],
  ...['--version', version, '--out', vendor.path('images.json'), `controlPlane=${layout}`],
];

beforeEach(async () => {
  registry = await RegistryServer.start();
  vendor = await Vendor.open(registry.host);
  layout = vendor.path('layout');
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true });
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
});
afterEach(async () => {
  await registry.close();
  await vendor.close();
});

describe('push layout', () => {
  it('pushes an image as it is and notes where it lies; the second time nothing is written', async () => {
    const root = await image('amd64');
    await writeIndex([root]);
    expect((await vendor.run(...command('1.0.0'))).code).toBe(0);
    const images: unknown = JSON.parse(await readFile(vendor.path('images.json'), 'utf8'));
    expect(images).toEqual({ controlPlane: `${registry.host}/vendor/control-plane:1.0.0@${root.digest}` });
    const before = registry.seen.length;
    expect((await vendor.run(...command('1.0.0'))).code).toBe(0);
    expect(registry.seen.slice(before).map(({ method }) => method)).toEqual(['HEAD']);
  });

  it('pushes an index with the images of all architectures, children first', async () => {
    const children = [await image('amd64'), await image('arm64')];
    const root = await putJson({ schemaVersion: 2, mediaType: INDEX, manifests: children }, INDEX);
    await writeIndex([root]);
    expect((await vendor.run(...command('1.0.0'))).code).toBe(0);
    const put = registry.seen.filter(({ method, url }) => method === 'PUT' && url.includes('/manifests/'));
    expect(put.map(({ url }) => url.split('/').at(-1))).toEqual([
      ...children.map(({ digest }) => digest),
      root.digest,
      '1.0.0',
    ]);
  });

  it('publish.exists: refuses to give a version other content, and to push what is not one image', async () => {
    await writeIndex([await image('amd64')]);
    await vendor.run(...command('1.0.0'));
    await writeIndex([await image('arm64')]);
    expect(refusal(await vendor.run(...command('1.0.0')))).toEqual([3, 'publish.exists']);
    await writeIndex([]);
    expect(refusal(await vendor.run(...command('1.0.1')))[1]).toBe('config.invalid');
  });

  it('refuses a layout whose layer was changed afterwards (B-57)', async () => {
    await writeIndex([await image('amd64')]);
    const layer = sha256(Buffer.from('layer of amd64'));
    await writeFile(join(layout, 'blobs/sha256', layer.slice('sha256:'.length)), 'layer of AMD64');
    expect(refusal(await vendor.run(...command('1.0.0')))[1]).toBe('release.damaged');
  });
});
