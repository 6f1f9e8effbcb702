import { GROUP_VERSION } from 'host-service/contract/names.ts';
import { SettingDefinition } from 'host-service/contract/product.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprint, intentOf, nightly, specOf } from './handle-world.ts';
import { CODE, draftOf, OPEN, PASSWORD, question, secretOf, SetupWorld } from './setup-world.ts';

let world: SetupWorld;
beforeEach(async () => {
  world = await SetupWorld.open();
});
afterEach(() => world.close());

describe('setup: the draft', () => {
  it('R-08 begins with every question and no answer, and says what is missing', async () => {
    const view = await world.view('box.example.com');
    expect(view).toMatchObject({
      revision: '0',
      state: 'draft',
      isComplete: false,
      registration: { state: 'none' },
    });
    expect(view.questions.map(({ name, mistake }) => [name, mistake])).toEqual([
      ['appUrl', 'missing'],
      ['tenant', 'missing'],
      ['mail', 'missing'],
      ['password', 'missing'],
      ['edition', undefined],
      ['code', undefined],
      ['licence', undefined],
    ]);
    expect(question(view, 'edition')).toMatchObject({ answer: 'ee', source: 'default', isAnswered: true });
    expect(question(view, 'appUrl')).toMatchObject({
      group: 'Address',
      proposals: ['http://box.example.com:3000'],
    });
    expect(question(view, 'licence')).toMatchObject({ type: 'file', maxLength: 65_536 });
  });

  it('B-33 proposes the name by which the box was reached and the addresses that it has, with the port of the sign-in', async () => {
    const status = { facts: { address: '192.168.1.20', hostName: 'box' } };
    world.box.cluster.store.seed({
      ...{ apiVersion: GROUP_VERSION, kind: 'Host', metadata: { name: 'box' } },
      ...{ spec: { images: [] }, status },
    });
    const { proposals } = question(await world.view('box.example.com'), 'appUrl');
    expect(proposals).toEqual(['http://box.example.com:3000', 'http://192.168.1.20:3000']);
    const again = question(await world.view('192.168.1.20'), 'appUrl');
    expect(again.proposals).toEqual(['http://192.168.1.20:3000']);
  });

  it('R-29 lets every choice be taken back until the plan is approved, and the box begins nothing by itself', async () => {
    const first = await world.change({
      answers: OPEN,
      secrets: { password: PASSWORD, code: CODE },
      channel: 'nightly',
      pin: '1.0.0',
    });
    expect(first).toMatchObject({ state: 'draft', isComplete: true, pin: '1.0.0' });
    expect(first.channels.filter(({ isChosen }) => isChosen).map(({ name }) => name)).toEqual(['nightly']);
    const status = await world.box.settle(world.engine());
    expect(status.phase).toBe('needs-you');
    expect(world.box.outcomes()).toEqual([]);
    expect(world.service.asked).toEqual([]);
    const last = await world.change({
      answers: { appUrl: null, tenant: 'Other' },
      secrets: { password: null, code: null },
      channel: 'stable',
      pin: null,
    });
    expect(last.pin).toBeUndefined();
    expect(last.channels.filter(({ isChosen }) => isChosen).map(({ name }) => name)).toEqual(['stable']);
    expect(question(last, 'appUrl')).toMatchObject({ isAnswered: false, mistake: 'missing' });
    expect(question(last, 'tenant')).toMatchObject({ answer: 'Other', source: 'person' });
    expect(question(last, 'password')).toMatchObject({ isAnswered: false, mistake: 'missing' });
    expect(Object.keys(draftOf(world.box))).toEqual(['_draft.json']);
    expect(specOf(world.box)['settings']).toEqual({});
  });

  it('R-08 keeps an answer that breaks its question, and marks it', async () => {
    const view = await world.change({
      answers: { appUrl: 'psa.example', mail: 'ada', edition: 'gold', tenant: 'x'.repeat(21) },
      secrets: { password: 'short', licence: 'a\u0000b' },
    });
    expect(
      view.questions.flatMap(({ name, mistake }) => (mistake === undefined ? [] : [`${name} ${mistake}`])),
    ).toEqual([
      'appUrl not-an-address',
      'tenant too-long',
      'mail not-an-email',
      'password too-short',
      'edition not-a-choice',
      'licence characters',
    ]);
    expect(question(view, 'mail').answer).toBe('ada');
    expect(draftOf(world.box)['password']).toBe('short');
  });

  it.each([
    ['a name that nobody asks for', { answers: { installCode: 'x' } }, 'installCode'],
    ['a secret that nobody asks for', { secrets: { install_code: 'x' } }, 'install_code'],
    ['a name that every object has', { answers: { toString: 'x' } }, 'toString'],
    ['a secret among the answers', { answers: { password: 'hunter22' } }, 'password'],
    ['an answer among the secrets', { secrets: { mail: 'ada@example.com' } }, 'mail'],
    ['an unknown channel', { channel: 'beta' }, 'beta'],
  ])(
    'B-66 refuses %s by its name and keeps nothing of it (request.invalid)',
    async (_name, change, named) => {
      await world.change({ answers: { tenant: 'ACME' } });
      const before = fingerprint(world.box);
      const refused = world.change({ ...change, pin: '9.9.9' });
      await expect(refused).rejects.toMatchObject({ code: 'request.invalid' });
      await expect(refused).rejects.toHaveProperty('detail', expect.stringContaining(named));
      await expect(refused).rejects.not.toHaveProperty('detail', expect.stringContaining('hunter22'));
      expect(fingerprint(world.box)).toBe(before);
    },
  );

  it('S2 never shows a secret, to nobody', async () => {
    const view = await world.answer();
    for (const name of ['password', 'code']) {
      expect(question(view, name)).toMatchObject({ isAnswered: true, source: 'person' });
      expect(question(view, name).answer).toBeUndefined();
    }
    expect(JSON.stringify(view)).not.toContain(PASSWORD);
    expect(JSON.stringify(view)).not.toContain(CODE);
  });

  it('R-08 two devices do not undo each other: who was later is told, looks again and both are kept (request.conflict)', async () => {
    const seen = await world.view();
    await world.change(
      { answers: { tenant: 'ACME' }, secrets: { password: PASSWORD } },
      { expected: seen.revision },
    );
    const late = world.change({ answers: { mail: 'ada@example.com' } }, { expected: seen.revision });
    await expect(late).rejects.toMatchObject({ code: 'request.conflict' });
    expect(question(await world.view(), 'mail').isAnswered).toBe(false);
    const bob = { actor: { by: 'bob', via: 'cli' } } as const;
    const both = await world.change({ answers: { mail: 'ada@example.com' } }, bob);
    expect(question(both, 'tenant').answer).toBe('ACME');
    expect(question(both, 'mail').answer).toBe('ada@example.com');
    expect(question(both, 'password').isAnswered).toBe(true);
    expect(both.lastChange).toMatchObject({ by: 'bob', via: 'cli' });
  });

  it('R-08 opens the form whatever lies in the draft', async () => {
    await world.answer();
    const texts = { ...draftOf(world.box), '_draft.json': '{"answers":7' };
    const data = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, btoa(text)]));
    const found = world.box.cluster.must('Secret', 'appliance-draft', 'alga-appliance-control-plane');
    world.box.cluster.store.replace({ ...found, data });
    const view = await world.view();
    expect(question(view, 'password').isAnswered).toBe(true);
    expect(question(view, 'tenant').mistake).toBe('missing');
    expect(question(await world.change({ answers: { tenant: 'ACME' } }), 'tenant').answer).toBe('ACME');
  });

  it('holds a draft within its size (request.too-large)', async () => {
    const big = 'x'.repeat(60_000);
    await world.change({ secrets: { licence: big } });
    expect(draftOf(world.box)['licence']).toHaveLength(60_000);
    const settings = Object.fromEntries(
      Array.from({ length: 12 }, (_, at) => [
        `file${at}`,
        SettingDefinition.parse({ type: 'file', title: 'A file', required: false }),
      ]),
    );
    world.box.product = {
      ...world.box.product,
      settings: { ...world.box.product.settings, ...settings },
    };
    const names = Object.keys(settings);
    const all = world.change({ secrets: Object.fromEntries(names.map((name) => [name, big])) });
    await expect(all).rejects.toMatchObject({ code: 'request.too-large' });
  });

  it('shows what each channel has without asking twice, and why where it has nothing', async () => {
    nightly(world.box, '1.1.0-nightly.1');
    const { registry } = world.box.vendor;
    const cards = (await world.view()).channels;
    expect(cards.map(({ name, release }) => [name, release?.version])).toEqual([
      ['stable', '1.0.0'],
      ['nightly', '1.1.0-nightly.1'],
    ]);
    expect(cards[0]?.release?.bytes).toBeGreaterThan(0);
    expect(cards[0]?.release?.released).toMatch(/^\d{4}-/);
    const { handle } = world.plane();
    await handle.setup(undefined, world.box.signal);
    const asked = registry.port.counters().requests;
    for (let times = 0; times < 5; times += 1) await handle.setup(undefined, world.box.signal);
    expect(registry.port.counters().requests).toBe(asked);
    expect(world.box.cluster.store.list('Release')).toEqual([]);
  });

  it('shows what the box has found on its last look, at once (R-26)', async () => {
    const { box } = world;
    const { handle } = world.plane();
    const engine = world.engine();
    await box.tryCycle(engine);
    const versions = async (): Promise<unknown> =>
      (await handle.setup(undefined, box.signal)).channels.map(({ release }) => release?.version)[0];
    expect(await versions()).toBe('1.0.0');
    box.vendor.publish('1.1.0');
    expect(await versions()).toBe('1.0.0');
    box.clock.advance(1_000);
    box.request('check-now', 'check-0001');
    await box.tryCycle(engine);
    expect(await versions()).toBe('1.1.0');
  });

  it('is over when something works: answers are changed by the intent from then on (request.invalid)', async () => {
    await world.answer(null);
    await world.approve();
    await world.box.settle(world.engine());
    const view = await world.view();
    expect(view.state).toBe('done');
    expect(question(view, 'tenant').answer).toBe('ACME');
    await expect(world.change({ answers: { tenant: 'Other' } })).rejects.toMatchObject({
      code: 'request.invalid',
    });
    await expect(world.approve()).rejects.toMatchObject({ code: 'request.invalid' });
    expect(intentOf(world.box)['actor']).toMatchObject({ by: 'ada' });
    expect(secretOf(world.box, 'first-user', 'msp')).toMatchObject({ COMPANY: 'ACME', PASSWORD });
  });
});
