import type { ApplianceStatus } from 'host-service/contract/appliance.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlPlane } from './support/control-plane.ts';
import { at } from './support/facts.ts';
import { changes, fingerprint, settled, type Fingerprint } from './support/fingerprint.ts';
import { artifactAt, deleteManifest, manifestAt, putManifest } from './support/forge.ts';
import { Forger, json, REFUSED } from './support/offers.ts';
import { Scene } from './support/scene.ts';

const WAIT = 150_000;

/** One box on 1.0.0 of stable, told in order: what channels and people can ask of it, and what it makes of that. */
describe('what a channel can offer', () => {
  let scene: Scene;
  let box: ControlPlane;
  let before: Fingerprint;
  let oldest: Buffer;
  let forger: Forger;

  const say = (what: string, ask: (status: ApplianceStatus) => boolean): Promise<ApplianceStatus> =>
    scene.until(what, ask, WAIT);

  const runs = (version: string): Promise<ApplianceStatus> =>
    say(
      `${version} runs`,
      ({ phase, running, lastGood }) =>
        phase === 'running' && running?.version === version && lastGood?.version === version,
    );

  /** Nothing but what is named was changed since `before`, and the program is alive. */
  async function expectUnchanged(allowed: readonly string[] = []): Promise<void> {
    expect(changes(before, await fingerprint(scene))).toEqual(allowed);
    expect(box.isRunning).toBe(true);
    const status = await scene.status();
    expect([status?.phase, status?.running?.version]).toEqual(['running', '1.0.0']);
  }

  beforeAll(async () => {
    scene = await Scene.open();
    const { vendor } = scene;
    await vendor.release('1.0.0');
    await vendor.promote('stable', '1.0.0');
    const mirrors = [`http://${vendor.registry}`];
    box = scene.controlPlane('box', { registries: [{ host: 'ghcr.io', mirrors }] });
    await box.start();
    await say('it says what is missing', ({ problems }) => problems.length > 0);
    await scene.answer();
    await vendor.release('1.1.0');
    await vendor.promote('nightly', '1.1.0');
    oldest = await manifestAt(vendor.repository, 'stable-v2');
    const first = (await runs('1.0.0')).channel?.sequence ?? 0;
    await vendor.promote('stable', '1.0.0');
    await say('the renewed statement is seen', ({ channel }) => (channel?.sequence ?? 0) > first);
    forger = await Forger.open(vendor);
    before = await settled(scene);
  });

  afterAll(async () => {
    await scene?.close();
  });

  async function expectRefused(code: string, act: () => Promise<void>): Promise<void> {
    await act();
    const status = await say(`it says ${code}`, ({ channel }) => channel?.problem?.code === code);
    expect(status.problems.map((problem) => problem.code)).toContain(code);
    await expectUnchanged();
    await forger.restore();
    await say('the channel is good again', ({ channel }) => channel?.problem === undefined);
  }

  it('R-18 refuses an older state of the channel: release.rollback; nothing changes', async () => {
    await expectRefused('release.rollback', () => forger.put(oldest));
  });

  it.each(REFUSED)('R-18 refuses %s: %s; nothing changes', async (_what, code, act) => {
    await expectRefused(code, () => act(forger));
  });

  it('R-20 knows that a release is incomplete when a part was deleted from the registry', async () => {
    const { vendor } = scene;
    const { ociDigest } = await vendor.release('1.1.1', { reversible: ['>=1.0.0'] });
    const { document } = await artifactAt(vendor.repository, ociDigest);
    const chart = at(json(document), 'charts', 'sebastian');
    const [repository, digest] = [String(at(chart, 'repository')), String(at(chart, 'digest'))];
    const bytes = await manifestAt(repository, digest);
    await deleteManifest(repository, digest);
    await expectRefused('release.incomplete', () => forger.push(forger.offerDocument(document)));
    await putManifest(repository, '1.1.1', bytes);
  });

  it('offers a document made by hand with nothing wrong in it: the refusals above had one reason each', async () => {
    await forger.push(forger.offer({}));
    const status = await say('1.1.0 is offered', ({ available }) => available?.version === '1.1.0');
    expect(status.channel?.problem).toBeUndefined();
    await expectUnchanged();
  });
});
