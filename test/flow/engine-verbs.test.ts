import { describe, expect, it } from 'vitest';
import type { Actor } from 'host-service/contract/appliance.ts';
import type { Cluster } from 'host-service/engine/ports.ts';
import { approve, readAppliance, requestVerb, setIntent } from 'host-service/engine/verbs.ts';
import { Box } from './world/box.ts';

const ADA: Actor = { by: 'ada', via: 'cli', reason: 'because' };
const request = (id: string, at = '2026-11-21T12:00:00Z') =>
  ({ id, verb: 'check-now', at, actor: ADA }) as const;

function ready(): { readonly box: Box; readonly cluster: Cluster } {
  const box = new Box();
  return { box, cluster: box.ports().cluster };
}
const specOf = (box: Box): Record<string, unknown> =>
  Object(box.cluster.must('Appliance', 'appliance')['spec']) as Record<string, unknown>;

describe('engine: what people can do', () => {
  it('changes only what was given; members it does not know survive', async () => {
    const { box, cluster } = ready();
    box.edit((spec) => ({ ...spec, futureMember: { deep: true } }));
    await setIntent(cluster, { intent: { pin: '1.0.0', hold: true } }, { actor: ADA }, box.signal);
    await setIntent(
      cluster,
      { intent: { pin: null }, settings: { appUrl: 'https://x.test' } },
      { actor: ADA },
      box.signal,
    );
    expect(specOf(box)['futureMember']).toEqual({ deep: true });
    expect(specOf(box)['intent']).toEqual({ hold: true, actor: ADA });
    expect(specOf(box)['settings']).toEqual({ appUrl: 'https://x.test' });
  });

  it('refuses when the intent is not the one that was looked at (request.conflict)', async () => {
    const { box, cluster } = ready();
    const { metadata } = await readAppliance(cluster, box.signal);
    box.intent({ hold: true });
    const late = setIntent(
      cluster,
      { intent: { hold: false } },
      { actor: ADA, expected: metadata.generation },
      box.signal,
    );
    await expect(late).rejects.toMatchObject({ code: 'request.conflict' });
    expect(specOf(box)['intent']).toEqual({ hold: true });
  });

  it('repeats while only the status moves, and not once somebody else changed the intent', async () => {
    const { box, cluster } = ready();
    let races = 0;
    const racing = (race: () => void): Cluster => ({
      ...cluster,
      replace: async (object, signal) => {
        races += 1;
        if (races <= 2) race();
        return cluster.replace(object, signal);
      },
    });
    const touch = (): void => {
      const found = box.cluster.must('Appliance', 'appliance');
      box.cluster.store.apply(
        { ...found, metadata: { name: 'appliance', annotations: { touched: String(races) } } },
        'other',
      );
    };
    await setIntent(racing(touch), { intent: { channel: 'nightly' } }, { actor: ADA }, box.signal);
    expect(races).toBe(3);
    races = 0;
    const lost = setIntent(
      racing(() => box.intent({ hold: races === 1 })),
      { intent: { channel: 'stable' } },
      { actor: ADA },
      box.signal,
    );
    await expect(lost).rejects.toMatchObject({ code: 'request.conflict' });
  });

  it('refuses a value that cannot be, and writes nothing (request.invalid)', async () => {
    const { box, cluster } = ready();
    const before = JSON.stringify(specOf(box));
    const wrong = setIntent(cluster, { intent: { channel: 'Not A Channel' } }, { actor: ADA }, box.signal);
    await expect(wrong).rejects.toMatchObject({ code: 'request.invalid' });
    expect(JSON.stringify(specOf(box))).toBe(before);
  });

  it('R-03 keeps one request for one id, and makes room by dropping those that were taken up', async () => {
    const { box, cluster } = ready();
    box.vendor.publish('1.0.0');
    await requestVerb(cluster, request('request-00'), box.signal);
    await requestVerb(cluster, request('request-00'), box.signal);
    expect(specOf(box)['requests']).toHaveLength(1);
    for (let n = 1; n < 32; n += 1) await requestVerb(cluster, request(`request-${n}`), box.signal);
    await expect(requestVerb(cluster, request('request-32'), box.signal)).rejects.toMatchObject({
      code: 'request.invalid',
    });
    await box.run();
    await requestVerb(cluster, request('request-33'), box.signal);
    expect(specOf(box)['requests']).toHaveLength(1);
  });

  it('approves by version, and refuses what cannot be undone or has failed here until that is said', async () => {
    const { box, cluster } = ready();
    box.vendor.publish('1.0.0');
    await box.run();
    box.vendor.publish('1.1.0', 'crash', { reversible: [] });
    box.request('check-now', 'check-0001');
    await box.run();
    const plain = approve(cluster, '1.1.0', { actor: ADA }, box.signal);
    await expect(plain).rejects.toMatchObject({ code: 'plan.irreversible' });
    await approve(cluster, '1.1.0', { actor: ADA, irreversible: true }, box.signal);
    await box.run();
    const again = approve(cluster, '1.1.0', { actor: ADA, irreversible: true }, box.signal);
    await expect(again).rejects.toMatchObject({ code: 'release.quarantined' });
    const unknown = approve(cluster, '9.9.9', { actor: ADA }, box.signal);
    await expect(unknown).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('approves a step back where the running release allows it, and says so where it does not', async () => {
    const { box, cluster } = ready();
    box.vendor.publish('1.0.0', 'good', { reversible: [] });
    await box.run();
    box.vendor.publish('1.1.0', 'good', { reversible: ['>=1.0.0'] });
    box.request('check-now', 'check-0001');
    await box.run();
    await approve(cluster, '1.1.0', { actor: ADA }, box.signal);
    await box.run();
    await approve(cluster, '1.0.0', { actor: ADA }, box.signal);
    box.vendor.publish('1.2.0', 'good', { reversible: [] });
    box.request('check-now', 'check-0002');
    await box.run();
    await approve(cluster, '1.2.0', { actor: ADA, irreversible: true }, box.signal);
    const status = await box.run();
    expect(status['running']).toMatchObject({ version: '1.2.0' });
    const back = approve(cluster, '1.0.0', { actor: ADA }, box.signal);
    await expect(back).rejects.toMatchObject({
      code: 'plan.irreversible',
      detail: 'from 1.2.0 one cannot come back to 1.0.0',
    });
  });

  it('says in the status what approving the next release would do', async () => {
    const { box } = ready();
    box.vendor.publish('1.0.0');
    await box.run();
    box.vendor.publish('1.1.0');
    box.request('check-now', 'check-0001');
    const status = await box.run();
    expect(status['plan']).toMatchObject({ kind: 'steps', verb: 'update', to: { version: '1.1.0' } });
  });
});
