import { afterEach, describe, expect, it } from 'vitest';
import { Problem } from 'host-service/contract/problem.ts';
import type { Cluster } from 'host-service/engine/ports.ts';
import { ADA, intentOf, nightly, planeOn, specOf } from './handle-world.ts';
import { CODE, draftOf, OPEN, PASSWORD, question, secretOf, SetupWorld } from './setup-world.ts';
import { Killed } from './world/cluster.ts';

let world: SetupWorld;
afterEach(() => world.close());

describe('setup: approving the plan', () => {
  it('moves answers, channel, pin and approval into what is wanted in one write, and installs', async () => {
    world = await SetupWorld.open('approve');
    const { box } = world;
    nightly(box, '1.1.0');
    await world.answer(null);
    await world.change({ channel: 'nightly' });
    const before = box.cluster.audit.length;
    const { intentRevision } = await world.approve({ release: '1.1.0', reason: 'opening day' });
    const writes = box.cluster.audit.slice(before).map(({ verb, key }) => `${verb} ${key}`);
    expect(writes).toEqual([
      'replace Appliance /appliance',
      'replace Secret alga-appliance-control-plane/appliance-draft',
    ]);
    expect(box.cluster.must('Appliance', 'appliance').metadata.generation).toBe(intentRevision);
    expect(specOf(box)['settings']).toEqual(OPEN);
    expect(intentOf(box)).toMatchObject({ channel: 'nightly', actor: { ...ADA, reason: 'opening day' } });
    expect(intentOf(box)['approvedRelease']).toMatch(/^sha256:/);
    expect(JSON.parse(draftOf(box)['_draft.json'] ?? '')).toMatchObject({ answers: {} });
    expect((await world.view()).state).toBe('begun');
    const status = await box.settle(world.engine());
    expect([status.phase, status.running?.version]).toEqual(['running', '1.1.0']);
    expect(secretOf(box, 'first-user', 'msp')).toEqual({ COMPANY: 'ACME', MAIL: OPEN.mail, PASSWORD });
  });

  it('approves what is offered where nobody has named a release', async () => {
    world = await SetupWorld.open('approve');
    await world.answer(null);
    await world.approve();
    const status = await world.box.settle(world.engine());
    expect([status.phase, status.running?.version]).toEqual(['running', '1.0.0']);
  });

  it('refuses while something is missing or wrong, and names it (plan.settings-missing, plan.settings-invalid)', async () => {
    world = await SetupWorld.open();
    await world.change({ answers: { ...OPEN, mail: null } });
    await expect(world.approve()).rejects.toMatchObject({
      code: 'plan.settings-missing',
      detail: 'settings without a value: mail, password',
    });
    await world.change({ answers: { mail: 'ada' }, secrets: { password: PASSWORD } });
    await expect(world.approve()).rejects.toMatchObject({
      code: 'plan.settings-invalid',
      detail: 'setting mail is not an e-mail address',
    });
    expect(specOf(world.box)['settings']).toEqual({});
  });

  it('refuses a release or a draft that is another one than was looked at (request.conflict)', async () => {
    world = await SetupWorld.open();
    await world.answer(null);
    const seen = await world.view();
    const plan = await world
      .plane()
      .handle.previewSetup({}, { actor: ADA, expected: seen.revision }, world.box.signal);
    expect(plan).toMatchObject({ direction: 'install', target: { version: '1.0.0' } });
    expect(plan.plan.steps.find(({ kind }) => kind === 'register')).toMatchObject({
      done: true,
      text: 'No install code was given: a trial begins',
    });
    world.box.vendor.publish('1.0.1');
    await expect(world.approve({ release: '1.0.0' })).rejects.toMatchObject({ code: 'request.conflict' });
    await world.change({ answers: { tenant: 'Other' } });
    await expect(world.approve({}, { expected: seen.revision })).rejects.toMatchObject({
      code: 'request.conflict',
    });
    expect(specOf(world.box)['settings']).toEqual({});
    await world.approve({ release: '1.0.1' }, { expected: (await world.view()).revision });
    expect(specOf(world.box)['settings']).toMatchObject({ tenant: 'Other' });
  });

  it('shows in the plan which service the code is taken to', async () => {
    world = await SetupWorld.open();
    await world.answer();
    const { plan } = await world.plane().handle.previewSetup({}, { actor: ADA }, world.box.signal);
    expect(plan.hosts).toContain(new URL(world.service.url).host);
    expect(world.service.asked).toEqual([]);
  });

  it('R-03 means the same when it is asked twice, and when the first asker was cut off between the two writes', async () => {
    world = await SetupWorld.open();
    await world.answer(null);
    const { box } = world;
    for (const when of ['before', 'after'] as const) {
      for (const at of [1, 2]) {
        const fork = box.fork();
        let writes = 0;
        const dying = planeOn(fork, {
          isLeader: false,
          wrap: (cluster) => cutAt(cluster, () => (writes += 1) === at, when),
        });
        await expect(dying.handle.approveSetup({}, { actor: ADA }, fork.signal)).rejects.toThrow(Killed);
        await world.approve({}, {}, fork);
        const { intentRevision } = await world.approve({}, {}, fork);
        expect(fork.cluster.must('Appliance', 'appliance').metadata.generation).toBe(intentRevision);
        expect(specOf(fork)['settings']).toEqual(OPEN);
        expect(JSON.parse(draftOf(fork)['_draft.json'] ?? '')).toMatchObject({ answers: {} });
        const status = await fork.settle(world.engine(fork));
        expect([status.phase, ...fork.outcomes()]).toEqual(['running', 'install 1.0.0 succeeded']);
      }
    }
  });

  it('keeps what another device has typed meanwhile', async () => {
    world = await SetupWorld.open();
    await world.answer(null);
    const { box } = world;
    let isDone = false;
    const plane = planeOn(box, {
      isLeader: false,
      wrap: (cluster) => ({
        ...cluster,
        replace: async (object, signal) => {
          if (object.kind === 'Appliance' && !isDone) {
            isDone = true;
            await world.change({ answers: { tenant: 'Typed late' } });
          }
          return cluster.replace(object, signal);
        },
      }),
    });
    await plane.handle.approveSetup({}, { actor: ADA }, box.signal);
    expect(specOf(box)['settings']).toEqual(OPEN);
    expect(question(await world.view(), 'tenant')).toMatchObject({ answer: 'Typed late' });
  });

  it('S2 forgets the password as soon as it lies where it is used, and the rest when the installation is proved', async () => {
    world = await SetupWorld.open();
    await world.answer();
    await world.approve();
    const engine = world.engine();
    const { box } = world;
    let sawWritten = false;
    for (let round = 0; round < 80 && box.status()?.lastGood === undefined; round += 1) {
      await box.tryCycle(engine);
      box.platform.tick();
      box.clock.advance(1_100);
      if (secretOf(box, 'first-user', 'msp')['PASSWORD'] === undefined) continue;
      sawWritten = true;
      expect(Object.keys(draftOf(box))).not.toContain('password');
      if (box.status()?.lastGood === undefined) expect(draftOf(box)['code']).toBe(CODE);
      expect((await world.view()).isComplete).toBe(true);
    }
    await box.settle(engine);
    expect(sawWritten).toBe(true);
    expect(Object.keys(draftOf(box))).toEqual(['_draft.json']);
    expect(secretOf(box, 'first-user', 'msp')).toMatchObject({ PASSWORD });
  });
});

/** A control plane that dies right before or after one of its writes. */
function cutAt(cluster: Cluster, isIt: () => boolean, when: 'before' | 'after'): Cluster {
  let isDead = false;
  const cut = async <T>(act: () => Promise<T>): Promise<T> => {
    if (isDead) throw new Killed('dead');
    const dies = isIt();
    if (dies && when === 'before') isDead = true;
    if (isDead) throw new Killed('dead');
    const result = await act();
    if (!dies) return result;
    isDead = true;
    throw new Killed('dead');
  };
  return {
    ...cluster,
    get: (ref, signal) =>
      isDead ? Promise.reject(new Problem('cluster.unavailable', 'dead')) : cluster.get(ref, signal),
    create: (object, signal) => cut(() => cluster.create(object, signal)),
    replace: (object, signal) => cut(() => cluster.replace(object, signal)),
  };
}
