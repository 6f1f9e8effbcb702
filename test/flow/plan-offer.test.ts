import { describe, expect, it } from 'vitest';
import { ApplianceStatus } from 'host-service/contract/appliance.ts';
import { PlanDescription } from 'host-service/contract/api/plan.ts';
import { CAPS } from 'host-service/contract/names.ts';
import { Problem } from 'host-service/contract/problem.ts';
import type { Operation } from 'host-service/contract/objects.ts';
import { stepTimes } from 'host-service/core/status/operation-summary.ts';
import { fitStatus, statusBytes } from 'host-service/core/status/fit.ts';
import { digestFor, HOST } from '../fixtures/documents.ts';
import { Box } from './world/box.ts';

const GB = 1_000_000_000;
const host = (name: string, facts: Record<string, unknown>) => ({
  apiVersion: 'appliance.nineminds.com/v1alpha1',
  kind: 'Host',
  metadata: { name },
  spec: {},
  status: { facts },
});

/** A box that runs 1.0.0 and is offered 1.1.0 with 3 GB of image. */
async function offered(): Promise<Box> {
  const box = new Box();
  box.vendor.publish('1.0.0');
  await box.run();
  const image = { repository: `${HOST}/vendor/web`, digest: digestFor('large'), tag: 'large', size: 3 * GB };
  box.vendor.publish('1.1.0', 'good', { images: { web: image } });
  box.request('check-now', 'check-0001');
  return box;
}

describe('the plan that a status shows', () => {
  it('tells how long it takes, from what steps took on this box', async () => {
    const box = await offered();
    const { plan } = await box.run();
    const outstanding = plan?.steps.filter(({ done }) => !done).map(({ kind }) => kind) ?? [];
    expect(outstanding).toEqual(['write-settings', 'point-source', 'wait-components', 'confirm']);
    const usual = (history: readonly Operation[]): number =>
      outstanding.reduce((sum, kind) => sum + stepTimes(kind, history).usualMs, 0);
    expect(plan?.timeMs?.usual).toBe(usual(box.operations()));
    expect(plan?.timeMs?.usual).not.toBe(usual([]));
    expect(plan?.timeMs?.worst).toBeGreaterThan(2_400_000);
  });

  it('tells the disk of the fullest host before and after, and is no news because a byte was written', async () => {
    const box = await offered();
    box.cluster.store.seed(host('large', { diskTotalBytes: 500 * GB, diskFreeBytes: 400 * GB }));
    box.cluster.store.seed(host('small', { diskTotalBytes: 50 * GB, diskFreeBytes: 2 * GB + 50_000_000 }));
    box.cluster.store.seed(host('odd', { diskTotalBytes: 'much', diskFreeBytes: -1 }));
    const engine = box.engine();
    const { plan } = await box.settle(engine);
    expect(plan?.disk).toEqual({
      total: 50 * GB,
      freeNow: 2 * GB,
      freeAfter: 2 * GB - (plan?.pullBytes ?? 0),
    });
    expect(plan?.disk?.freeAfter).toBeLessThan(0);
    const { version } = box.cluster.store;
    const spec = box.cluster.store.get({ kind: 'Host', name: 'small' })?.['spec'];
    const small = host('small', { diskTotalBytes: 50 * GB, diskFreeBytes: 2 * GB + 20_000_000 });
    box.cluster.store.seed({ ...small, spec });
    await box.settle(engine);
    expect(box.cluster.store.version).toBe(version + 1);
  });

  it('is shown without disk where no host tells or may be asked', async () => {
    const box = await offered();
    const engine = box.engine();
    const list: typeof engine.ports.cluster.list = (kind, options) =>
      kind.kind === 'Host'
        ? Promise.reject(new Problem('cluster.forbidden', 'hosts'))
        : engine.ports.cluster.list(kind, options);
    const cluster = { ...engine.ports.cluster, list };
    const { plan } = await box.settle({ ...engine, ports: { ...engine.ports, cluster } });
    expect(plan).toMatchObject({ kind: 'steps', to: { version: '1.1.0' } });
    expect(plan?.disk).toBeUndefined();
  });

  it('never makes the status larger than 64 KiB, and keeps its sums', async () => {
    const box = await offered();
    const status = await box.run();
    const lines = (word: string): string[] =>
      Array.from({ length: 64 }, (_, n) => `${word} ${n} ${'x'.repeat(480)}`);
    const plan = PlanDescription.parse({
      ...status.plan,
      creates: lines('creates'),
      changes: lines('changes'),
      removes: lines('removes'),
      pulls: lines('image').map((what, n) => ({ what, digest: digestFor(String(n)), bytes: 1 })),
      pullBytes: 64,
    });
    expect(statusBytes({ ...status, plan })).toBeGreaterThan(CAPS.applianceStatus);
    const fitted = fitStatus({ ...status, plan });
    expect(statusBytes(fitted)).toBeLessThanOrEqual(CAPS.applianceStatus);
    expect(ApplianceStatus.parse(fitted).plan).toMatchObject({ pullBytes: 64, kind: 'steps' });
    expect(fitted.trace).toEqual(status.trace);
  });
});
