import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LicenceMood } from '../world/licence/licence.ts';
import { CODE, draftOf, question, secretOf, SetupWorld } from './setup-world.ts';

let world: SetupWorld;
beforeEach(async () => {
  world = await SetupWorld.open();
});
afterEach(() => world.close());

const seed = (): Record<string, string> => secretOf(world.box, 'licence-seed', 'msp');

/** Cycles of an engine whose licence service does not answer: real time passes within each. */
async function cycles(count: number, engine = world.engine(), stepMs = 3_000): Promise<void> {
  for (let round = 0; round < count; round += 1) {
    await world.box.tryCycle(engine);
    world.box.platform.tick();
    world.box.clock.advance(stepMs);
  }
}

describe('setup: redeeming the install code', () => {
  it('fills the product’s Secret from the answer, once, and keeps it', async () => {
    await world.answer();
    await world.approve();
    const status = await world.box.settle(world.engine());
    expect(status.phase).toBe('running');
    expect(seed()['EDITION']).toBe('ee');
    expect(seed()['CREDENTIAL']).toMatch(/^credential-1-of-/);
    expect(seed()['TOKEN']?.split('.')).toHaveLength(3);
    expect(seed()['APPLIANCE_ID']).toBe(world.service.asked[0]?.applianceId);
    expect(secretOf(world.box, 'first-user', 'msp')['TENANT_ID']).toBe('tenant-1');
    expect(world.service.asked).toHaveLength(1);
    expect(world.service.asked[0]?.key).toMatch(/^[0-9a-f]{48}$/);
    const view = await world.view();
    expect(view.registration).toMatchObject({
      state: 'done',
      edition: 'ee',
      company: 'Customer Ltd',
      expires: 'perpetual',
    });
    expect(question(view, 'code')).toMatchObject({ isAnswered: true, source: 'registration' });
    expect(question(view, 'licence')).toMatchObject({ isAnswered: true, source: 'registration' });
  });

  it('R1 R3 an update changes nothing about it and asks nobody', async () => {
    await world.answer();
    await world.approve();
    const engine = world.engine();
    await world.box.settle(engine);
    const before = [seed(), secretOf(world.box, 'appliance-secrets')];
    const next = world.box.vendor.publish('1.1.0');
    world.box.intent({ approvedRelease: next.digest });
    const status = await world.box.settle(world.engine());
    expect(status.running?.version).toBe('1.1.0');
    expect([seed(), secretOf(world.box, 'appliance-secrets')]).toEqual(before);
    expect(world.service.asked).toHaveLength(1);
  });

  it('B-65 goes from a wrong code over an expired and a used one to the right one: one redemption, the form open all the while', async () => {
    const codes = { 'CODE-OLD': 'expired', 'CODE-USED': 'consumed' } as const;
    for (const [code, state] of Object.entries(codes)) world.service.codes.set(code, state);
    const engine = world.engine();
    const tries = [
      ['CODE-WRONG', 'register.code-invalid'],
      ['CODE-OLD', 'register.code-expired'],
      ['CODE-USED', 'register.code-used'],
    ] as const;
    await world.answer('CODE-WRONG');
    for (const [code, problem] of tries) {
      await world.change({ secrets: { code } });
      await world.approve();
      const status = await world.box.settle(engine);
      expect(status.problems.map((one) => one.code)).toContain(problem);
      // Nothing but the question was asked: the box is as it was.
      expect(world.box.cluster.store.list('Namespace').map(({ metadata }) => metadata.name)).toEqual([
        'kube-system',
      ]);
      expect(
        world.box.cluster.store
          .list('Release')
          .every(({ status: said }) => !JSON.stringify(said ?? {}).includes('quarantine')),
      ).toBe(true);
      const view = await world.view();
      expect(view.registration).toMatchObject({ state: 'refused', problem: { code: problem } });
      expect(view).toMatchObject({ state: 'begun', isComplete: true });
      // Time alone changes nothing: nobody is asked again about a code that was refused.
      const asked = world.service.asked.length;
      world.box.clock.advance(3_600_000);
      await world.box.settle(world.engine());
      expect(world.service.asked).toHaveLength(asked);
    }
    expect((await world.change({ secrets: { code: CODE } })).registration).toEqual({ state: 'none' });
    await world.approve();
    const status = await world.box.settle(engine);
    expect([status.phase, world.service.redemptions, world.service.asked.length]).toEqual(['running', 1, 4]);
    expect(world.box.outcomes().toSorted()).toEqual([
      'install 1.0.0 failed',
      'install 1.0.0 failed',
      'install 1.0.0 failed',
      'install 1.0.0 succeeded',
    ]);
    expect(Object.keys(draftOf(world.box))).toEqual(['_draft.json']);
  });

  it.each([
    ['hang', 'register.unreachable'],
    ['lose', 'register.unreachable'],
    ['garbage', 'register.answer-invalid'],
  ] as const)(
    'R3 waits for a service that does %s with a sentence (%s), asks with the same key and never redeems twice',
    async (mood, problem) => {
      await world.close();
      world = await SetupWorld.open('auto', 400);
      world.service.mood = mood satisfies LicenceMood;
      await world.answer();
      await world.approve();
      const engine = world.engine();
      await cycles(8, engine);
      expect(world.box.outcomes()).toEqual(['install 1.0.0 running']);
      expect(world.box.status()?.problems.map(({ code }) => code)).toContain(problem);
      expect(world.box.status()?.operation?.now).toMatch(
        /^The licence service (does not answer|gave an answer that makes no sense); asked again at/,
      );
      expect(['asking', 'unsure']).toContain((await world.view()).registration.state);
      const asked = world.service.asked.length;
      expect(asked).toBeGreaterThan(1);
      expect(asked).toBeLessThan(6);
      world.service.mood = 'good';
      // Another one takes over: it knows nothing but what lies in the cluster.
      const status = await world.box.settle(world.engine());
      expect(status.phase).toBe('running');
      expect(new Set(world.service.asked.map(({ key }) => key)).size).toBe(1);
      expect(world.service.redemptions).toBe(1);
    },
  );

  it('installs a trial without a code, and says that it was skipped', async () => {
    await world.answer(null);
    await world.approve();
    const status = await world.box.settle(world.engine());
    expect(status.phase).toBe('running');
    expect(world.service.asked).toEqual([]);
    const [operation] = world.box.operations();
    expect(operation?.status?.steps.find(({ kind }) => kind === 'register')).toMatchObject({
      state: 'skipped',
      now: 'No install code was given: a trial begins',
    });
    expect(seed()).toEqual({ EDITION: 'ee' });
    expect((await world.view()).registration).toEqual({ state: 'none' });
  });

  it('B-65 does not mark a code as refused that was corrected while it was asked about', async () => {
    await world.answer('CODE-WRONG');
    await world.approve();
    const engine = world.engine();
    const redeem = world.licence.redeem.bind(world.licence);
    const slow: typeof engine = {
      ...engine,
      licence: {
        redeem: async (question, signal) => {
          const answer = await redeem(question, signal);
          if (question.code === 'CODE-WRONG') await world.change({ secrets: { code: CODE } });
          return answer;
        },
      },
    };
    const status = await world.box.settle(slow);
    expect([status.phase, world.service.redemptions]).toEqual(['running', 1]);
    expect(world.box.outcomes()).toEqual(['install 1.0.0 succeeded']);
  });
});
