import type { ApplianceStatus } from 'host-service/contract/appliance.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlPlane } from './support/control-plane.ts';
import { sha256 } from '../fixtures/sign.ts';
import { at, expectPinned, operations } from './support/facts.ts';
import { changes, fingerprint, settled, type Fingerprint } from './support/fingerprint.ts';
import { artifactAt, deleteManifest, manifestAt, putManifest, type Artifact } from './support/forge.ts';
import { Forger, json, REFUSED, V1_CONFIG } from './support/offers.ts';
import { allowUnsigned, publishV1 } from './support/predecessor.ts';
import { Scene } from './support/scene.ts';

const WAIT = 150_000;
/** The intent is the person's; everything else is the box's. */
const INTENT = ['appliances /appliance'];

/** One box on 1.0.0 of stable, told in order: what channels and people can ask of it, and what it makes of that. */
describe('what a channel can offer', () => {
  let scene: Scene;
  let box: ControlPlane;
  let before: Fingerprint;
  let oldest: Buffer;
  let forger: Forger;
  let good: Artifact;

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

  const intent = (...options: readonly string[]): Promise<string> =>
    scene.must('intent', ...options, '--by', 'ada');

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
    expect(status.problems.map((problem) => problem.code)).toEqual([code]);
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
    good = forger.offer({});
    await forger.push(good);
    const status = await say('1.1.0 is offered', ({ available }) => available?.version === '1.1.0');
    expect(status.channel?.problem).toBeUndefined();
    await expectUnchanged();
  });

  describe('documents of the predecessor, unsigned, while they are allowed until a day', () => {
    const nightly = async (): Promise<Buffer> => manifestAt(scene.vendor.repository, 'nightly-v2');
    let kept: Buffer;

    beforeAll(async () => {
      kept = await nightly();
      await deleteManifest(scene.vendor.repository, sha256(kept));
      await publishV1(scene.vendor, 'nightly', 'seed');
      await allowUnsigned(scene.vendor, '2099-12-31');
    });

    afterAll(async () => {
      await scene.vendor.writeTrust('refuse');
      await putManifest(scene.vendor.repository, 'nightly-v2', kept);
    });

    it('are offered as unsigned, seed 004 verbatim, and installed by nobody but a person', async () => {
      before = await settled(scene);
      await intent('--channel', 'nightly');
      const status = await say('1.0.3 is offered', ({ available }) => available?.version === '1.0.3');
      expect(status.available?.signed).toBe(false);
      await expectUnchanged(INTENT);
    });

    it('are offered in the other shape as well, values inside', async () => {
      await publishV1(scene.vendor, 'nightly', 'profile-values');
      const status = await say('1.0.2 is offered', ({ available }) => available?.version === '1.0.2');
      expect(status.available?.signed).toBe(false);
      await expectUnchanged(INTENT);
    });

    it('are refused for good on a channel that was signed once', async () => {
      before = await settled(scene);
      await intent('--channel', 'stable');
      await say(
        'stable answers',
        ({ channel }) => channel?.name === 'stable' && channel.problem === undefined,
      );
      await forger.push(await forger.v1('v1-seed.json'), V1_CONFIG);
      await say('it is refused', ({ channel }) => channel?.problem?.code === 'release.unsigned');
      await expectUnchanged(INTENT);
      await forger.push(good);
      await say('the channel is good again', ({ channel }) => channel?.problem === undefined);
    });
  });

  it('R-21 a registry that is gone changes nothing, also not for a control plane that starts meanwhile', async () => {
    before = await settled(scene);
    await scene.world.stopComponent('docker-registry');
    const gone = ({ channel }: ApplianceStatus): boolean => channel?.problem?.code === 'registry.connect';
    await say('it says that the registry is away', gone);
    await expectUnchanged();
    await box.kill();
    const restarted = new Date().toISOString();
    await box.start();
    await say(
      'the new process says so too',
      (status) => gone(status) && (status.channel?.checkedAt ?? '') > restarted,
    );
    await expectUnchanged();
    await scene.world.startComponent('docker-registry');
    await say('the channel is good again', ({ channel }) => channel?.problem === undefined);
    await expectUnchanged();
  });

  it('switches to nightly: offers what it has, and a person decides', async () => {
    before = await settled(scene);
    await intent('--channel', 'nightly');
    await say(
      '1.1.0 of nightly is offered',
      ({ channel, available }) => channel?.name === 'nightly' && available?.version === '1.1.0',
    );
    await expectUnchanged(INTENT);
    await scene.must('approve', '1.1.0', '--by', 'ada');
    await runs('1.1.0');
    await expectPinned(scene, '1.1.0');
    expect(changes(before, await fingerprint(scene))).toContain('ocirepositories flux-system/alga-appliance');
  });

  it('switches back to stable, which is older: waits until it overtakes', async () => {
    // By hand: the publisher would say that stable had 1.1.0 before, and a vendor who steps down is another rule.
    const { document } = await artifactAt(scene.vendor.repository, '1.0.0');
    await forger.push(forger.offerDocument(document, { sequence: Date.now() }));
    before = await settled(scene);
    await intent('--channel', 'stable');
    const status = await say(
      'the older release waits',
      ({ channel, trace }) =>
        channel?.name === 'stable' &&
        trace.some(({ rule, verdict }) => rule === 'direction' && verdict === 'wait'),
    );
    expect([status.phase, status.running?.version]).toEqual(['running', '1.1.0']);
    expect(changes(before, await fingerprint(scene))).toEqual(INTENT);
  });

  it('goes back to the older release of stable when a person asks for that', async () => {
    await intent('--when-older', 'go-back');
    await say('1.0.0 is offered', ({ available }) => available?.version === '1.0.0');
    await scene.must('approve', '1.0.0', '--by', 'ada');
    await runs('1.0.0');
    await expectPinned(scene, '1.0.0');
    await intent('--when-older', 'wait');
  });

  it('stays where a pin by version says, and where one by either digest says', async () => {
    const { published } = scene.vendor;
    await intent('--pin', '1.1.0');
    await runs('1.1.0');
    await intent('--pin', published.get('1.0.0')?.digest ?? '');
    await runs('1.0.0');
    before = await settled(scene);
    const pin = published.get('1.0.0')?.ociDigest ?? '';
    await intent('--pin', pin);
    const status = await say('the pin is in the trace', ({ trace }) =>
      trace.some(({ rule, detail }) => rule === 'pin' && detail.includes(pin)),
    );
    expect(status.problems).toEqual([]);
    await expectUnchanged(INTENT);
    const tried = (await operations(scene)).length;
    await intent('--no-pin');
    await say('the channel decides again', ({ trace }) =>
      trace.some(({ rule, verdict }) => rule === 'pin' && verdict === 'skip'),
    );
    await expectUnchanged(INTENT);
    expect((await operations(scene)).length).toBe(tried);
  });

  it('a pin on what nobody has published is said and changes nothing', async () => {
    before = await settled(scene);
    await intent('--pin', '9.9.9');
    await say('it is not found', ({ problems }) =>
      problems.some(({ code }) => code === 'registry.not-found'),
    );
    await expectUnchanged(INTENT);
    await intent('--no-pin');
    await say('all is well', ({ problems }) => problems.length === 0);
    await expectUnchanged(INTENT);
  });

  it('R-22 says that the running release was taken back, offers what the vendor names, and lets it run', async () => {
    before = await settled(scene);
    await scene.vendor.promote('stable', '1.1.0', '--withdraw', '1.0.0=loses mail=1.1.0');
    const status = await say('1.1.0 is offered', ({ available }) => available?.version === '1.1.0');
    expect(status.problems).toContainEqual(
      expect.objectContaining({ code: 'release.withdrawn', subject: 'running' }),
    );
    expect(status.problems.find(({ code }) => code === 'release.withdrawn')?.detail).toContain('loses mail');
    await expectUnchanged();
  });
});
