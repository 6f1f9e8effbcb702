import { describe, expect, it } from 'vitest';
import { Box } from './world/box.ts';

describe('engine: install and update', () => {
  it('installs the release of the channel on an empty cluster', async () => {
    const box = new Box();
    const release = box.vendor.publish('1.0.0');
    const status = await box.run();
    expect(box.outcomes()).toEqual(['install 1.0.0 succeeded']);
    expect(box.pointsTo()).toBe(release.config);
    expect(status.phase).toBe('running');
    expect(status.running?.version).toBe('1.0.0');
    expect(status.lastGood?.version).toBe('1.0.0');
    expect(box.release(release.digest)?.status?.confirmedAt).toBeDefined();
  });

  it('waits for approval, then updates', async () => {
    const box = new Box();
    box.vendor.publish('1.0.0');
    await box.run();
    const next = box.vendor.publish('1.1.0');
    box.request('check-now', 'check-0001');
    const waiting = await box.run();
    expect(waiting.available?.version).toBe('1.1.0');
    expect(waiting.problems.map(({ code }) => code)).toContain('plan.approval-needed');
    box.intent({ approvedRelease: next.digest });
    const status = await box.run();
    expect(box.outcomes()).toEqual(['install 1.0.0 succeeded', 'update 1.1.0 succeeded']);
    expect(status.running?.version).toBe('1.1.0');
    expect(box.pointsTo()).toBe(next.config);
  });

  it('shows the whole plan of a first installation and of an update before they are approved', async () => {
    const box = new Box();
    box.edit((spec) => ({ ...spec, updatePolicy: { install: 'approve' } }));
    const first = box.vendor.publish('1.0.0');
    const planOf = ({ plan }: Readonly<Record<string, unknown>>): unknown => plan;
    expect(planOf(await box.run())).toMatchObject({ kind: 'steps', verb: 'install' });
    expect(box.pointsTo()).toBeUndefined();
    box.intent({ approvedRelease: first.digest });
    await box.run();
    box.vendor.publish('1.1.0');
    box.request('check-now', 'check-0001');
    expect(planOf(await box.run())).toMatchObject({ kind: 'steps', verb: 'update' });
    expect(box.pointsTo()).toBe(first.config);
  });
});
