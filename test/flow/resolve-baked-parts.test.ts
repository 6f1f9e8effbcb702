import { describe, expect, it } from 'vitest';
import type { KnownRelease } from 'host-service/core/plan/observed.ts';
import { readParts } from 'host-service/core/parts/read-parts.ts';
import type { Engine } from 'host-service/engine/engine.ts';
import { partsOf } from 'host-service/engine/parts.ts';
import { known } from './plan-world.ts';
import { Box } from './world/box.ts';

const BASE = new Map([['base/kustomization.yaml', Buffer.from('resources: []\n')]]);

/** A box with a baked release, and a release whose bundle brings nothing but the application. */
function world(upgraded: boolean, over: Partial<Engine> = {}) {
  const box = new Box();
  const { config } = box.vendor.publish('1.0.0');
  const files = box.vendor.registry.bundles.get(config) ?? new Map<string, Uint8Array>();
  const parts = readParts(files);
  if (!parts.ok) throw new Error(parts.problem.detail);
  const bare = known('0.9.0');
  box.vendor.registry.bundles.set(bare.release.config.digest, BASE);
  const spec = { ...bare.object.spec, ...(upgraded ? { upgradedFrom: 'v1' as const } : {}) };
  const release: KnownRelease = { ...bare, object: { ...bare.object, spec } };
  return { box, release, parts: parts.value, engine: { ...box.engine(), bakedParts: parts.value, ...over } };
}

describe('a bundle without a delivery engine', () => {
  it('of the predecessor takes the one that came with the box, and is fetched once', async () => {
    const { box, engine, release, parts } = world(true);
    expect(await partsOf(engine, release, box.signal)).toEqual({ parts, problem: undefined });
    box.vendor.registry.bundles.clear();
    expect(await partsOf(engine, release, box.signal)).toEqual({ parts, problem: undefined });
  });

  it('of the predecessor on a box that came without a release cannot be used', async () => {
    const { box, engine, release } = world(true, { bakedParts: undefined });
    const { parts, problem } = await partsOf(engine, release, box.signal);
    expect(parts).toBeUndefined();
    expect(problem).toMatchObject({ code: 'release.bundle-invalid', detail: 'flux/flux.yaml: is missing' });
  });

  it('of our own kind cannot be used, whatever came with the box', async () => {
    const { box, engine, release } = world(false);
    const { problem } = await partsOf(engine, release, box.signal);
    expect(problem?.code).toBe('release.bundle-invalid');
  });
});
