import { afterEach, describe, expect, it } from 'vitest';
import type { CheckResult } from 'host-service/contract/checks.ts';
import { OPEN, SetupWorld } from './setup-world.ts';
import { nightly, planeOn, type Plane } from './handle-world.ts';

let world: SetupWorld;
afterEach(() => world.close());

const checkOf = async (plane: Plane, id: string): Promise<CheckResult | undefined> =>
  (await plane.handle.checks(new AbortController().signal)).checks.find((one) => one.id === id);

describe('checks before a channel or release was approved', () => {
  it('R-29 judge the release that the draft names, and again what is wanted once the draft names nothing else', async () => {
    world = await SetupWorld.open('approve');
    const { box } = world;
    const { digest } = nightly(box, '2.0.0');
    await world.change({ answers: OPEN });
    await box.run();
    const plane = planeOn(box);
    expect((await checkOf(plane, 'release.compatible'))?.detail).toContain('1.0.0');

    await world.change({ channel: 'nightly' });
    expect((await checkOf(plane, 'release.compatible'))?.detail).toContain('2.0.0');
    expect((await checkOf(plane, 'release.channel'))?.detail).toContain('nightly');
    expect(box.status()?.available?.version).toBe('1.0.0');

    await world.change({ channel: 'stable' });
    expect((await checkOf(plane, 'release.compatible'))?.detail).toContain('1.0.0');
    await world.change({ pin: digest });
    expect((await checkOf(plane, 'release.compatible'))?.detail).toContain('2.0.0');
    // A release that nobody has: its checks wait for one, and the registry is tried all the same.
    await world.change({ pin: '7.7.7' });
    expect((await checkOf(plane, 'release.compatible'))?.state).toBe('unknown');
    expect(await checkOf(plane, 'registry.dns')).toBeDefined();
  });
});
