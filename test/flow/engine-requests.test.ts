import { describe, expect, it } from 'vitest';
import { Box } from './world/box.ts';

/** A box that runs 1.0.0 with 1.1.0 approved and not begun. */
async function approved(): Promise<Box> {
  const box = new Box();
  box.vendor.publish('1.0.0');
  await box.run();
  const next = box.vendor.publish('1.1.0');
  box.intent({ approvedRelease: next.digest });
  return box;
}

describe('engine: requests', () => {
  it('R-12 cancelled at any boundary, an update ends at the release it came from', async () => {
    const box = await approved();
    const before = box.pointsTo();
    const engine = box.engine();
    const seen = new Set<string>();
    const turn = async (): Promise<void> => {
      await box.tryCycle(engine);
      box.platform.tick();
      box.clock.advance(1_100);
    };
    while (box.open() === undefined) await turn();
    while (box.open() !== undefined) {
      const other = box.fork();
      const step = other.open()?.status?.steps.findLast(({ state }) => state === 'running')?.kind ?? 'none';
      seen.add(step);
      other.request('cancel', 'cancel-0001');
      const status = await other.run();
      expect(other.pointsTo(), step).toBe(before);
      expect(status.running?.version, step).toBe('1.0.0');
      expect(status.handledRequests, step).toContain('cancel-0001');
      expect(other.outcomes(), step).toContain('update 1.1.0 cancelled');
      await turn();
    }
    expect(seen.size).toBeGreaterThanOrEqual(3);
  });

  it('R-03 serves a request once, however often it is seen', async () => {
    const box = await approved();
    await box.run();
    box.request('revert', 'revert-0001');
    const status = await box.run();
    expect(status.running?.version).toBe('1.0.0');
    const count = box.operations().length;
    await box.run();
    expect(box.operations()).toHaveLength(count);
    expect(box.outcomes()).toContain('revert 1.0.0 succeeded');
  });

  it('R-18 refuses to go back where nothing leads back, and changes nothing', async () => {
    const box = new Box();
    box.vendor.publish('1.0.0');
    await box.run();
    const before = box.pointsTo();
    box.request('revert', 'revert-0001');
    const status = await box.run();
    expect(status.handledRequests).toContain('revert-0001');
    expect(box.pointsTo()).toBe(before);
    expect(box.outcomes()).toEqual(['install 1.0.0 succeeded']);
    expect(status.problems.map(({ code }) => code)).toContain('plan.nothing-to-revert');
  });

  it('ignores a request that is older than a day, and says so', async () => {
    const box = await approved();
    await box.run();
    box.request('revert', 'revert-0001', { at: '2026-11-19T12:00:00Z' });
    const status = await box.run();
    expect(status.running?.version).toBe('1.1.0');
    expect(status.problems.map(({ code }) => code)).toContain('request.invalid');
  });

  it('goes back to a named earlier release and stays there', async () => {
    const box = new Box();
    const first = box.vendor.publish('1.0.0');
    box.edit((spec) => ({ ...spec, updatePolicy: { update: 'auto' } }));
    await box.run();
    for (const version of ['1.1.0', '1.2.0']) {
      box.vendor.publish(version);
      box.request('check-now', `check-${version.replaceAll('.', '-')}`);
      await box.run();
    }
    box.request('revert', 'revert-0001', { release: first.digest });
    const status = await box.run();
    expect(status.running?.version).toBe('1.0.0');
    box.clock.advance(3_600_000);
    expect((await box.run()).running?.version).toBe('1.0.0');
  });

  it('R-53 looks at once when asked to, and not before its time otherwise', async () => {
    const box = new Box();
    box.vendor.publish('1.0.0');
    const engine = box.engine();
    await box.settle(engine);
    const asked = box.vendor.registry.asked.length;
    await box.settle(engine);
    expect(box.vendor.registry.asked).toHaveLength(asked);
    box.request('check-now', 'check-0001');
    await box.settle(engine);
    expect(box.vendor.registry.asked.length).toBeGreaterThan(asked);
  });
});
