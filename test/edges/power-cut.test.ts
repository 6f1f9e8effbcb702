import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApplianceStatus } from 'host-service/contract/appliance.ts';
import { openEmbedded } from '../demo/embedded-parts.ts';
import { Stage } from '../demo/stage.ts';

const isAt = ({ operation }: ApplianceStatus, after: 'power' | 'restart'): boolean =>
  operation?.continued?.kind === after;

describe('an installation that is interrupted, with the real control plane', { timeout: 120_000 }, () => {
  let stage: Stage;

  beforeAll(async () => {
    // Slow enough that there is something to interrupt.
    stage = await Stage.open({
      open: (at) => openEmbedded(at, { startMs: 2_500, packageMs: 100 }),
      restartMs: 100,
    });
  }, 60_000);
  afterAll(() => stage?.close());

  it('R-05 says after a kill that the program was away, after a power cut that the power was, and ends well', async () => {
    await stage.until('it asks its questions', ({ phase }) => phase === 'needs-you');
    await stage.answer();
    const begun = await stage.until('it installs', ({ operation }) => operation?.outcome === 'running');
    await stage.controlPlane.kill();
    const restarted = await stage.until('taken up after the kill', (status) => isAt(status, 'restart'));
    expect(restarted.operation?.name).toBe(begun.operation?.name);
    expect(restarted.operation?.outcome).toBe('running');

    const cutAt = Date.now();
    await stage.cutPower();
    const back = await stage.until('taken up after the power cut', (status) => isAt(status, 'power'));
    const { stoppedAt, at } = back.operation?.continued ?? {};
    expect(back.operation?.name).toBe(begun.operation?.name);
    expect(Date.parse(at ?? '')).toBeGreaterThanOrEqual(cutAt);
    // When it was last alive is known from before the cut, not from after it.
    expect(Date.parse(stoppedAt ?? '')).toBeLessThanOrEqual(cutAt);
    expect(Date.parse(stoppedAt ?? '')).toBeGreaterThan(cutAt - 60_000);

    const done = await stage.until('people can log in', ({ phase }) => phase === 'running');
    expect(done.running?.version).toBe('1.0.0');
    expect(done.operation).toMatchObject({ name: begun.operation?.name, outcome: 'succeeded' });
  });
});
