import { describe, expect, it } from 'vitest';
import { Problem, type ProblemCode } from 'host-service/contract/problem.ts';
import { digestFor, HOST } from '../fixtures/documents.ts';
import { Box } from './world/box.ts';

/** Runs an installation in which the first calls of a kind fail with a code; answers the box and the warnings of its journal. */
async function failing(verb: string, code: ProblemCode, times: number, from = 0): Promise<Box> {
  const box = new Box();
  box.vendor.publish('1.0.0');
  let calls = 0;
  const engine = box.engine({
    fault: (called) => {
      if (called !== verb) return;
      calls += 1;
      if (calls > from && calls <= from + times) throw new Problem(code, 'on purpose');
    },
  });
  await box.settle(engine);
  return box;
}
const warnings = (box: Box): string =>
  box
    .operations()
    .flatMap(({ status }) => status?.events ?? [])
    .filter(({ level }) => level !== 'info')
    .map(({ text }) => text)
    .join('\n');

describe('engine: steps', () => {
  it('tells a lost race as apply.conflict and repeats the step', async () => {
    const box = await failing('apply', 'cluster.conflict', 2);
    expect(warnings(box)).toContain('apply.conflict');
    expect(box.outcomes()).toEqual(['install 1.0.0 succeeded']);
  });

  it('tells missing rights as apply.denied and goes on when they are there', async () => {
    const box = await failing('apply', 'cluster.forbidden', 3);
    expect(warnings(box)).toContain('apply.denied');
    expect(box.outcomes()).toEqual(['install 1.0.0 succeeded']);
  });

  it('ends an operation whose object the platform refuses, with apply.rejected', async () => {
    const box = await failing('apply', 'cluster.invalid', 1);
    expect(box.outcomes()).toEqual(['install 1.0.0 failed']);
    expect(warnings(box)).toContain('on purpose');
    expect(box.operations()[0]?.status?.problem?.code).toBe('apply.rejected');
  });

  it('gives up a delivery engine that never becomes ready without blaming the release', async () => {
    const box = new Box();
    const release = box.vendor.publish('1.0.0');
    box.patience = {
      ...box.patience,
      stepMs: { ...box.patience.stepMs, 'install-flux': 5_000 },
      retryMs: 4_000,
    };
    box.platform.paused = true;
    const engine = box.engine();
    for (let round = 0; round < 80; round += 1) {
      await box.tryCycle(engine);
      box.clock.advance(1_100);
    }
    expect(box.operations().at(-1)?.status?.problem?.code).toBe('apply.flux-failed');
    expect(box.release(release.digest)?.status?.quarantine).toBeUndefined();
    expect(box.outcomes()).toEqual(Array(3).fill('install 1.0.0 failed'));
    expect(box.status()?.problems.some(({ detail }) => detail.includes('given up after 3 tries'))).toBe(true);
    box.platform.paused = false;
    box.request('retry', 'retry-0001');
    expect((await box.settle(engine)).running?.version).toBe('1.0.0');
  });

  it('ends the wait when preparing the data fails, with apply.migration-failed', async () => {
    const box = new Box();
    const gate = { kind: 'Deployment', namespace: 'msp', tier: 'core', images: ['web'] };
    const release = box.vendor.publish('1.0.0', 'crash', {
      components: [{ ...gate, name: 'migrate', title: 'Data', gate: true }],
      images: {
        web: { repository: `${HOST}/vendor/web`, digest: digestFor('web 1.0.0'), tag: 'x', size: 1 },
      },
    });
    await box.run();
    expect(box.release(release.digest)?.status?.quarantine?.reason.code).toBe('apply.migration-failed');
  });

  it('lets no time run against a release that cannot be fetched for the moment', async () => {
    const box = new Box();
    box.vendor.publish('1.0.0');
    await box.run();
    const next = box.vendor.publish('1.1.0');
    const bundle = box.vendor.byConfig.get(next.config);
    box.vendor.byConfig.delete(next.config);
    box.patience = { ...box.patience, stepMs: { ...box.patience.stepMs, 'wait-components': 10_000 } };
    box.intent({ approvedRelease: next.digest });
    const engine = box.engine();
    for (let round = 0; round < 60; round += 1) {
      await box.tryCycle(engine);
      box.platform.tick();
      box.clock.advance(1_100);
    }
    expect(box.status()?.problems.map(({ code }) => code)).toContain('apply.source-failed');
    expect(box.open()?.spec.to.version).toBe('1.1.0');
    box.vendor.byConfig.set(next.config, bundle ?? {});
    expect((await box.settle(engine)).running?.version).toBe('1.1.0');
  });

  it('marks what a person cancelled with apply.cancelled until it is approved again', async () => {
    const box = new Box();
    box.vendor.publish('1.0.0');
    await box.run();
    const next = box.vendor.publish('1.1.0');
    box.intent({ approvedRelease: next.digest });
    const engine = box.engine();
    while (box.open() === undefined) await box.tryCycle(engine);
    box.request('cancel', 'cancel-0001');
    await box.settle(engine);
    expect(box.release(next.digest)?.status?.quarantine?.reason.code).toBe('apply.cancelled');
    box.request('retry', 'retry-0001', { release: next.digest });
    expect((await box.settle(engine)).running?.version).toBe('1.1.0');
  });
});
