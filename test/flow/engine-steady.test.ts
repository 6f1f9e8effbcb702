import { describe, expect, it } from 'vitest';
import { Box } from './world/box.ts';
import { FLUX_VERSION } from './world/vendor.ts';

const AWAY = { code: 'registry.connect', detail: 'registry.example.com refuses' } as const;

async function running(): Promise<Box> {
  const box = new Box();
  box.vendor.publish('1.0.0');
  await box.run();
  return box;
}

describe('engine: in daily life', () => {
  it('writes nothing at all while nothing changes', async () => {
    const box = await running();
    const engine = box.engine();
    await box.settle(engine);
    const { length } = box.cluster.audit;
    await box.settle(engine);
    expect(box.cluster.audit.slice(length)).toEqual([]);
  });

  it('R-21 keeps what runs while the registry is away and says how old the answer is', async () => {
    const box = await running();
    const before = box.pointsTo();
    box.vendor.registry.away = AWAY;
    const status = await box.run();
    expect(box.pointsTo()).toBe(before);
    expect(status.running?.version).toBe('1.0.0');
    expect(status.channel?.problem?.code).toBe('registry.connect');
  });

  it('R-21 finishes an update although the registry went away and the control plane was restarted', async () => {
    const box = await running();
    const next = box.vendor.publish('1.1.0');
    box.intent({ approvedRelease: next.digest });
    const engine = box.engine();
    while (box.open() === undefined) {
      await box.tryCycle(engine);
      box.clock.advance(1_100);
    }
    box.vendor.registry.away = AWAY;
    const status = await box.run();
    expect(status.running?.version).toBe('1.1.0');
    expect(box.outcomes()).toContain('update 1.1.0 succeeded');
  });

  it('does nothing while on hold, and goes on when the hold is taken back', async () => {
    const box = await running();
    const next = box.vendor.publish('1.1.0');
    box.intent({ approvedRelease: next.digest, hold: true });
    expect((await box.run()).running?.version).toBe('1.0.0');
    box.intent({ hold: false });
    expect((await box.run()).running?.version).toBe('1.1.0');
  });

  it('B-46 brings a changed setting to the application and keeps it over an update', async () => {
    const box = await running();
    box.edit((spec) => ({ ...spec, settings: { appUrl: 'https://new.example.com' } }));
    await box.run();
    const data = () =>
      JSON.stringify(box.cluster.must('ConfigMap', 'appliance-values-web', 'alga-system')['data']);
    expect(data()).toContain('https://new.example.com');
    expect(box.outcomes()).toEqual(['install 1.0.0 succeeded', 'repair 1.0.0 succeeded']);
    const next = box.vendor.publish('1.1.0');
    box.intent({ approvedRelease: next.digest });
    await box.run();
    expect(data()).toContain('web.single-node.1.1.0.yaml');
    expect(data()).not.toContain('psa.example.com');
  });

  it('B-06 generates secrets once, whatever happens later', async () => {
    const box = await running();
    const secret = () => JSON.stringify(box.cluster.must('Secret', 'shared-keys', 'msp')['data']);
    const before = secret();
    const next = box.vendor.publish('1.1.0', 'crash');
    box.intent({ approvedRelease: next.digest });
    await box.run();
    expect(secret()).toBe(before);
    expect(box.cluster.store.revisions('Secret msp/shared-keys')).toBe(1);
  });

  it('puts back what somebody has changed at the source', async () => {
    const box = await running();
    const source = box.cluster.must('OCIRepository', 'test-product', 'flux-system');
    box.cluster.store.replace({
      ...source,
      metadata: { ...source.metadata, resourceVersion: undefined },
      spec: { ...(source['spec'] as object), ref: { digest: `sha256:${'0'.repeat(64)}` } },
    });
    const before = box.pointsTo();
    await box.run();
    expect(box.pointsTo()).not.toBe(before);
    expect(box.outcomes()).toContain('repair 1.0.0 succeeded');
  });

  it('blocks before the first write when the platform is too old for the delivery engine', async () => {
    const box = new Box();
    box.cluster.platform = '1.30.0';
    box.vendor.publish('1.0.0');
    const status = await box.run();
    expect(status.problems.map(({ code }) => code)).toContain('plan.kubernetes-too-old');
    expect(
      box.cluster.audit.map(({ key }) => key).filter((key) => !/Appliance|Release|appliance-floor/.test(key)),
    ).toEqual([]);
  });

  it('adopts a delivery engine that is there and fits, and writes nothing to it', async () => {
    const first = await running();
    const box = new Box();
    for (const kind of ['Namespace', 'CustomResourceDefinition', 'Deployment']) {
      for (const object of first.cluster.store.list(kind)) {
        if (object.metadata.namespace === 'msp' || object.metadata.name === 'msp') continue;
        const text = JSON.stringify(object)
          .replaceAll(FLUX_VERSION, '2.8.1')
          .replaceAll('"appliance"', '"flux"');
        box.cluster.store.seed(JSON.parse(text) as typeof object);
      }
    }
    box.vendor.publish('1.0.0');
    const status = await box.run();
    expect(status.running?.version).toBe('1.0.0');
    expect(box.cluster.audit.filter(({ key }) => /CustomResource|Deployment/.test(key))).toEqual([]);
  });
});
