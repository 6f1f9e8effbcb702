import { describe, expect, it } from 'vitest';
import type { ApplianceStatus } from 'host-service/contract/appliance.ts';
import { Floor } from 'host-service/contract/objects.ts';
import { readParts } from 'host-service/core/parts/read-parts.ts';
import type { Layout } from 'host-service/edges/layout/layout.ts';
import { withLayout } from 'host-service/edges/layout/with-layout.ts';
import type { Engine } from 'host-service/engine/engine.ts';
import type { ReleaseArtifact } from 'host-service/engine/ports.ts';
import { ensureAppliance } from 'host-service/engine/report.ts';
import { Box } from './world/box.ts';
import type { Published } from './world/vendor.ts';

const AWAY = { code: 'registry.connect', detail: 'registry.example.com refuses' } as const;

interface Iso extends Published {
  readonly layout: Layout;
}

/** Publishes a release and takes it along on a medium; what the registry has of it may go afterwards. */
function bake(box: Box, version: string): Iso {
  const published = box.vendor.publish(version);
  const { registry } = box.vendor;
  const artifact = registry.references.get('stable-v2');
  const files = registry.bundles.get(published.config);
  if (artifact === undefined || files === undefined) throw new Error('nothing was published');
  const layout: Layout = {
    baked: { artifact, digest: published.digest },
    files,
    release: () => undefined,
    bundle: (digest) => (digest === published.config ? files : undefined),
    has: (digest) => digest === published.config,
    image: () => undefined,
  };
  return { ...published, layout };
}

/** A control plane that was started with a medium in the box. */
function engineWith(box: Box, { layout }: Iso): Engine {
  const engine = box.engine();
  const parts = readParts(layout.files);
  return {
    ...engine,
    ports: { ...engine.ports, registry: withLayout(engine.ports.registry, layout) },
    baked: layout.baked,
    bakedParts: parts.ok ? parts.value : undefined,
  };
}

async function run(box: Box, iso: Iso): Promise<ApplianceStatus> {
  const engine = engineWith(box, iso);
  await ensureAppliance(engine, box.signal);
  return await box.settle(engine);
}

/** The registry is away, with everything in it. */
function cut(box: Box): void {
  box.vendor.registry.away = AWAY;
  box.vendor.registry.bundles.clear();
}

async function installedOffline(): Promise<{ box: Box; iso: Iso; status: ApplianceStatus }> {
  const box = new Box();
  const iso = bake(box, '1.0.0');
  cut(box);
  return { box, iso, status: await run(box, iso) };
}

function floorOf(box: Box): Floor {
  const object = box.cluster.must('ConfigMap', 'appliance-floor', 'alga-appliance-control-plane');
  return Floor.parse(JSON.parse((object['data'] as Record<string, string>)['stable'] ?? ''));
}

describe('a box that came with a release', () => {
  it('R-21 installs it while the registry is away, and its statement is the first floor', async () => {
    const { box, iso, status } = await installedOffline();
    expect(status.running).toMatchObject({ version: '1.0.0', signed: true });
    expect(status.lastGood?.version).toBe('1.0.0');
    expect(status.channel?.problem?.code).toBe('registry.connect');
    expect(box.pointsTo()).toBe(iso.config);
    expect(box.release(iso.digest)?.spec.source).toBe('baked');
    expect(floorOf(box)).toMatchObject({ release: { digest: iso.digest }, signedSeen: true });
  });

  it('R-21 shows it with its plan before anybody has agreed', async () => {
    const box = new Box();
    box.edit((spec) => ({ ...spec, updatePolicy: { install: 'approve' } }));
    const iso = bake(box, '1.0.0');
    cut(box);
    const status = await run(box, iso);
    expect(status.available?.version).toBe('1.0.0');
    expect(status.problems.map(({ code }) => code)).toContain('plan.approval-needed');
    expect(status['plan']).toMatchObject({ kind: 'steps', verb: 'install', to: { digest: iso.digest } });
    expect(status.trace.find(({ rule }) => rule === 'channel-answer')?.detail).toContain(
      'came with this box',
    );
    expect(box.pointsTo()).toBeUndefined();
  });

  it('installs it although its statement has run out meanwhile', async () => {
    const box = new Box();
    const iso = bake(box, '1.0.0');
    cut(box);
    box.clock.advance(3 * 365 * 24 * 3600 * 1000);
    const status = await run(box, iso);
    expect(status.running?.version).toBe('1.0.0');
    expect(status.problems.map(({ code }) => code)).toContain('release.expired');
  });

  it('installs what the channel names when the registry is there', async () => {
    const box = new Box();
    const iso = bake(box, '1.0.0');
    const next = box.vendor.publish('1.1.0');
    const status = await run(box, iso);
    expect(status.running?.version).toBe('1.1.0');
    expect(box.pointsTo()).toBe(next.config);
  });

  it('moves on with the next channel statement', async () => {
    const { box, iso } = await installedOffline();
    box.vendor.registry.away = undefined;
    const next = box.vendor.publish('1.1.0');
    box.intent({ approvedRelease: next.digest });
    const status = await run(box, iso);
    expect(status.running?.version).toBe('1.1.0');
    expect(floorOf(box).release.digest).toBe(next.digest);
    expect(box.outcomes()).toEqual(['install 1.0.0 succeeded', 'update 1.1.0 succeeded']);
  });

  it('release.rollback: refuses a channel that is older than what it came with', async () => {
    const box = new Box();
    const old = olderChannel(box);
    const iso = bake(box, '1.0.0');
    box.vendor.registry.publish('stable-v2', old);
    const first = await run(box, iso);
    expect(first.channel?.problem?.code).toBe('release.rollback');
    expect(box.pointsTo()).toBeUndefined();
    // A person may take what came with the box all the same.
    box.intent({ pin: '1.0.0' });
    expect((await run(box, iso)).running?.version).toBe('1.0.0');
    box.intent({ pin: undefined });
    const status = await run(box, iso);
    expect(status.channel?.problem?.code).toBe('release.rollback');
    expect(status.running?.version).toBe('1.0.0');
    expect(floorOf(box).release.digest).toBe(iso.digest);
  });

  it('B-53 keeps what is newer through a restart while the registry is away', async () => {
    const { box, iso } = await installedOffline();
    box.vendor.registry.away = undefined;
    const next = box.vendor.publish('1.1.0');
    box.intent({ approvedRelease: next.digest });
    await run(box, iso);
    cut(box);
    const before = box.outcomes();
    const status = await run(box, iso);
    expect(status.running?.version).toBe('1.1.0');
    expect(status.available).toBeUndefined();
    expect(box.pointsTo()).toBe(next.config);
    expect(box.outcomes()).toEqual(before);
    expect(floorOf(box).release.digest).toBe(next.digest);
  });

  it('B-53 changes nothing by itself when a medium with another release is put in', async () => {
    const { box } = await installedOffline();
    const newer = bake(box, '1.5.0');
    const config = box.pointsTo();
    const status = await run(box, newer);
    expect(status.running?.version).toBe('1.0.0');
    expect(box.pointsTo()).toBe(config);
    expect(box.outcomes()).toEqual(['install 1.0.0 succeeded']);
  });

  it('finishes an installation after a power cut, still without the registry', async () => {
    const box = new Box();
    const iso = bake(box, '1.0.0');
    cut(box);
    const engine = engineWith(box, iso);
    await ensureAppliance(engine, box.signal);
    for (let cycles = 0; cycles < 3; cycles += 1) await box.tryCycle(engine);
    const status = await run(box, iso);
    expect(status.running?.version).toBe('1.0.0');
    expect(box.outcomes()).toEqual(['install 1.0.0 succeeded']);
  });

  it('writes nothing while nothing changes', async () => {
    const { box, iso } = await installedOffline();
    const engine = engineWith(box, iso);
    await box.settle(engine);
    const { length } = box.cluster.audit;
    await box.settle(engine);
    expect(box.cluster.audit.slice(length)).toEqual([]);
  });

  it('tells people when it cannot be used, and follows the channel', async () => {
    const box = new Box();
    const iso = bake(box, '1.0.0');
    const { artifact, digest } = iso.layout.baked;
    const stripped = {
      ...iso,
      layout: { ...iso.layout, baked: { artifact: { ...artifact, bundles: [] }, digest } },
    };
    const next = box.vendor.publish('1.1.0');
    const status = await run(box, stripped);
    expect(status.running?.version).toBe('1.1.0');
    expect(box.pointsTo()).toBe(next.config);
    expect(status.problems).toContainEqual(
      expect.objectContaining({ code: 'release.unsigned', subject: 'baked' }),
    );
  });
});

/** What the channel said before the release of the medium was promoted. */
function olderChannel(box: Box): ReleaseArtifact {
  box.vendor.publish('0.9.0');
  const found = box.vendor.registry.references.get('stable-v2');
  if (found === undefined) throw new Error('nothing was published');
  return found;
}
