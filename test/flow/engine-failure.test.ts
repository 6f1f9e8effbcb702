import { describe, expect, it } from 'vitest';
import { Box } from './world/box.ts';
import type { Behaviour } from './world/vendor.ts';
import type { Json } from './world/store.ts';

/** A box that runs 1.0.0 and is told to take another release. */
async function updated(behaviour: Behaviour, over: Json = {}, intent: Json = {}) {
  const box = new Box();
  const good = box.vendor.publish('1.0.0');
  await box.run();
  const next = box.vendor.publish('1.1.0', behaviour, over);
  box.intent({ approvedRelease: next.digest, ...intent });
  box.cluster.logText = 'starting\nfatal: no database\u001b[31m\n';
  return { box, good, next, status: await box.run() };
}

describe('engine: a release that fails', () => {
  it('R-09 goes back by itself, keeps the reason and the log, and never tries it again', async () => {
    const { box, good, next, status } = await updated('crash');
    expect(box.outcomes()).toEqual([
      'install 1.0.0 succeeded',
      'update 1.1.0 failed',
      'revert 1.0.0 succeeded',
    ]);
    expect(box.pointsTo()).toBe(good.config);
    expect(status.phase).toBe('running');
    expect(status.running?.version).toBe('1.0.0');
    const quarantine = box.release(next.digest)?.status?.quarantine;
    expect(quarantine?.reason.code).toBe('observe.crash-loop');
    expect(quarantine?.evidence).toContain('fatal: no database');
    // eslint-disable-next-line no-control-regex -- that none is left is the point
    expect(quarantine?.evidence).not.toMatch(/\u001b/);
    expect(box.release(next.digest)?.status?.attempts).toBe(1);
    await box.run();
    box.clock.advance(3_600_000);
    await box.run();
    expect(box.outcomes()).toHaveLength(3);
    const reverted = box.operations().find(({ spec }) => spec.verb === 'revert');
    expect(reverted?.spec.cause?.problem?.code).toBe('observe.crash-loop');
  });

  it('R-11 goes back when the pods are ready but the application does not answer', async () => {
    const { box, good, next } = await updated('mute');
    expect(box.pointsTo()).toBe(good.config);
    expect(box.release(next.digest)?.status?.quarantine?.reason.code).toBe('observe.probe-failed');
  });

  it('stops and keeps what runs when there is no way back', async () => {
    const { box, next, status } = await updated(
      'crash',
      { reversible: [] },
      { approvedIrreversible: undefined },
    );
    expect(box.outcomes()).toEqual(['install 1.0.0 succeeded']);
    expect(status.problems.map(({ code }) => code)).toContain('plan.irreversible');
    box.intent({ approvedIrreversible: next.digest });
    const after = await box.run();
    expect(box.outcomes()).toEqual(['install 1.0.0 succeeded', 'update 1.1.0 failed']);
    expect(box.pointsTo()).toBe(next.config);
    expect(after.problems.map(({ code }) => code)).toContain('plan.no-way-back');
    box.clock.advance(3_600_000);
    await box.run();
    expect(box.outcomes()).toHaveLength(2);
  });

  it('R-13 goes back to the newest good release: good A, good B, bad C ends at B', async () => {
    const box = new Box();
    box.vendor.publish('1.0.0');
    box.edit((spec) => ({ ...spec, updatePolicy: { update: 'auto' } }));
    await box.run();
    const second = box.vendor.publish('1.1.0');
    box.request('check-now', 'check-0001');
    await box.run();
    box.vendor.publish('1.2.0', 'crash');
    box.request('check-now', 'check-0002');
    await box.run();
    expect(box.pointsTo()).toBe(second.config);
    expect(box.outcomes()).toEqual([
      'install 1.0.0 succeeded',
      'update 1.1.0 succeeded',
      'update 1.2.0 failed',
      'revert 1.1.0 succeeded',
    ]);
  });

  it('R-10 tries again only after a person asks for a retry, once for each', async () => {
    const { box, next } = await updated('crash');
    box.request('retry', 'retry-0001', { release: next.digest });
    await box.run();
    expect(box.release(next.digest)?.status?.attempts).toBe(2);
    await box.run();
    expect(box.release(next.digest)?.status?.attempts).toBe(2);
    box.vendor.behaviour.set(next.image, 'good');
    box.request('retry', 'retry-0002', { release: next.digest });
    const status = await box.run();
    expect(box.pointsTo()).toBe(next.config);
    expect(status.running?.version).toBe('1.1.0');
    expect(box.release(next.digest)?.status?.quarantine).toBeUndefined();
  });

  it('R-09 counts an approval for another try once', async () => {
    const { box, good, next } = await updated('crash');
    box.intent({ approvedRetry: next.digest });
    await box.run();
    expect(box.release(next.digest)?.status?.attempts).toBe(2);
    expect(box.pointsTo()).toBe(good.config);
    box.intent({ hold: false });
    box.clock.advance(3_600_000);
    await box.run();
    expect(box.release(next.digest)?.status?.attempts).toBe(2);
  });

  it('says which step stood still when nothing moves for longer than it ever should', async () => {
    const box = new Box();
    box.patience = { ...box.patience, stepMs: { ...box.patience.stepMs, 'wait-components': 20_000 } };
    const release = box.vendor.publish('1.0.0', 'slow');
    const status = await box.run();
    expect(box.outcomes()).toEqual(['install 1.0.0 failed']);
    expect(box.release(release.digest)?.status?.quarantine?.reason.code).toBe('apply.step-timeout');
    expect(status.problems.length).toBeGreaterThan(0);
  });
});
