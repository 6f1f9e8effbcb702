import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SignInForm } from 'host-service/contract/product.ts';
import type { Engine } from 'host-service/engine/engine.ts';
import { OPEN, PASSWORD, SetupWorld } from './setup-world.ts';

const FORM = SignInForm.parse({
  path: '/login',
  secret: { namespace: 'msp', name: 'first-user' },
  fields: { user: 'MAIL', pass: 'PASSWORD' },
  cookie: 'session',
});

const WEB = {
  ...{ name: 'web', kind: 'Deployment', namespace: 'msp', tier: 'login', title: 'Web', images: ['web'] },
  probe: { type: 'sign-in', port: 3000, path: '/login' },
};

describe('the first sign-in', () => {
  let world: SetupWorld;
  /** What was sent at each try. */
  let tries: Readonly<Record<string, string>>[];
  /** The password that the application has made of what it got. */
  let held: string;
  beforeEach(async () => {
    world = await SetupWorld.open();
    world.box.product = { ...world.box.product, signIn: FORM };
    world.box.vendor.publish('1.0.1', 'good', { components: [WEB] });
    [tries, held] = [[], PASSWORD];
    await world.answer(null);
    await world.approve();
  });
  afterEach(async () => world.close());

  /** A control plane that meets an application whose one user has the password `held`. */
  const engine = (): Engine => ({
    ...world.engine(),
    signIn: {
      try: (_address, _form, values) => {
        tries.push(values);
        const ok = values['user'] === OPEN.mail && values['pass'] === held;
        return Promise.resolve({ ok, detail: ok ? 'signed in' : 'the first administrator cannot sign in' });
      },
    },
  });

  it('B-07 is tried once with what was typed before a release counts as good, and never after that', async () => {
    const status = await world.box.settle(engine());
    expect([status.phase, status.lastGood?.version]).toEqual(['running', '1.0.1']);
    expect(tries).toEqual([{ user: OPEN.mail, pass: PASSWORD }]);
    await world.box.settle(engine());
    world.box.vendor.publish('1.1.0', 'good', { components: [WEB] });
    world.box.request('check-now', 'check-0001');
    await world.box.settle(engine());
    expect(tries).toHaveLength(1);
  });

  it('B-07 S2 an installation whose administrator cannot sign in is not done, says so without the password, and is not tried at every look', async () => {
    held = 'what another hasher makes of it';
    const status = await world.box.settle(engine());
    expect(status.lastGood).toBeUndefined();
    expect(JSON.stringify(status)).toContain('the first administrator cannot sign in');
    expect(JSON.stringify(world.box.cluster.store.list('Operation'))).not.toContain(PASSWORD);
    expect(tries.length).toBeGreaterThan(1);
    expect(tries.length).toBeLessThan(10);
  });
});
