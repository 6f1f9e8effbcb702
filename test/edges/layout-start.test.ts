import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBaked, type Baked } from 'host-service/baked.ts';
import { Repository } from 'host-service/contract/names.ts';
import type { Log } from 'host-service/engine/ports.ts';
import { REPOSITORY } from '../fixtures/documents.ts';
import { blobAt, bundleOf, releaseOf, writeLayout } from '../fixtures/layout.ts';
import { MemoryRegistry } from '../fixtures/memory-registry.ts';
import { FLUX_VERSION, Vendor } from '../flow/world/vendor.ts';

let folder = '';
let digest = '';
let logged: [string, unknown][] = [];
const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (message, fields) => void logged.push([message, fields?.['code']]),
};

/** A folder with a release whose bundle brings a delivery engine, or none. */
async function bake(withEngine: boolean): Promise<void> {
  const vendor = new Vendor();
  const files = vendor.registry.bundles.get(vendor.publish('1.0.0').config);
  const plain = new Map([['base/kustomization.yaml', Buffer.from('resources: []\n')]]);
  const bundle = await bundleOf(withEngine && files !== undefined ? files : plain);
  const release = releaseOf(bundle);
  digest = release.digest;
  await writeLayout(folder, [
    ['release', release],
    ['bundle', bundle],
  ]);
}

beforeEach(async () => {
  logged = [];
  folder = await mkdtemp(join(tmpdir(), 'layout-start-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const open = (path: string | undefined): Baked => openBaked(path, Repository.parse(REPOSITORY), log);

describe('a control plane at its start', () => {
  it('takes the release that came with the box, and its delivery engine', async () => {
    await bake(true);
    const { baked, bakedParts } = open(folder);
    expect(baked?.artifact.ociDigest).toBe(digest);
    expect(bakedParts?.flux.version).toBe(FLUX_VERSION);
    expect(logged).toEqual([]);
  });

  it('is as before where nothing came along', () => {
    const { baked, bakedParts, before } = open(undefined);
    const { port } = new MemoryRegistry();
    expect([baked, bakedParts, before(port)]).toEqual([undefined, undefined, port]);
  });

  it('ends with config.invalid when the folder is a wrong one', () => {
    expect(() => open(join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'config.invalid' }));
  });

  it('goes on without it, and says so, when its bytes have rotted', async () => {
    await bake(true);
    await writeFile(blobAt(folder, digest), 'rotten');
    expect(open(folder).baked).toBeUndefined();
    expect(logged).toEqual([['the release that came with this box cannot be used', 'release.damaged']]);
  });

  it('goes on without it when its bundle brings no delivery engine', async () => {
    await bake(false);
    expect(open(folder).baked).toBeUndefined();
    expect(logged.map(([, code]) => code)).toEqual(['release.bundle-invalid']);
  });
});
