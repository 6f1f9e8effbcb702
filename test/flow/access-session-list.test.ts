import { deviceOf } from 'host-service/core/access/device.ts';
import { signCookie } from 'host-service/core/access/cookie.ts';
import { SessionsView } from 'host-service/contract/api/session.ts';
import { mintCliSession } from 'host-service/engine/access/cli-session.ts';
import { addUser, removeUser, setPassword } from 'host-service/engine/access/users.ts';
import type { Granted } from 'host-service/engine/handle/handle.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AccessWorld,
  HOUR,
  NAMESPACE,
  never,
  OTHER_PASSWORD,
  PASSWORD,
  seededRandom,
  userPartsOf,
  type Door,
} from './access-world.ts';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

/** A box with the admin `admin` and the viewer `greta`, none of them signed in, and two replicas. */
async function box() {
  const world = new AccessWorld();
  const first = await world.claimed();
  await addUser(userPartsOf(world), { user: 'greta', role: 'viewer', password: OTHER_PASSWORD }, never);
  world.clock.advance(13 * HOUR);
  const signIn = (device: string, user = 'admin', door: Door = first): Promise<Granted> =>
    door.access.login({ user, password: user === 'admin' ? PASSWORD : OTHER_PASSWORD, device }, never);
  const isIn = async ({ cookie }: Granted, door: Door = first): Promise<boolean> =>
    (await door.access.sessionOf(cookie, never)) !== undefined;
  return { world, first, other: world.door(), signIn, isIn };
}

describe('the list of sessions', () => {
  it('S15 shows each browser that signed in, newest first, and which one asks', async () => {
    const { world, first, other, signIn } = await box();
    const desk = await signIn(FIREFOX);
    world.clock.advance(60_000);
    const phone = await signIn(PHONE);
    const expected = [
      { id: phone.session.id, device: 'Safari on iPhone', isThis: false },
      { id: desk.session.id, device: 'Firefox on Linux', isThis: true },
    ];
    for (const door of [first, other]) {
      const { sessions } = SessionsView.parse(await door.access.sessions(desk.session, never));
      expect([...sessions].sort((one, two) => (one.since < two.since ? 1 : -1))).toMatchObject(expected);
      expect(sessions[0]).toMatchObject({ user: 'admin', role: 'admin', via: 'ui' });
    }
  });

  it('S15 ends one: on this replica at once, on others within five seconds, and the others stay', async () => {
    const { world, first, other, signIn, isIn } = await box();
    const [desk, phone] = [await signIn(FIREFOX), await signIn(PHONE)];
    world.clock.advance(60_000);
    expect(await isIn(phone, other)).toBe(true);
    const { sessions } = await first.access.revoke(desk.session, { id: phone.session.id }, never);
    expect(sessions.map(({ id }) => id)).toEqual([desk.session.id]);
    expect(await isIn(phone)).toBe(false);
    world.clock.advance(5_001);
    expect(await isIn(phone, other)).toBe(false);
    expect(await isIn(phone, world.door())).toBe(false);
    expect(await isIn(desk, other)).toBe(true);
    const gone = first.access.revoke(desk.session, { id: phone.session.id }, never);
    await expect(gone).rejects.toMatchObject({ code: 'request.not-found' });
  });

  it('S15 is over for a device that signed in a moment ago as well', async () => {
    const { first, signIn, isIn } = await box();
    const [desk, phone] = [await signIn(FIREFOX), await signIn(PHONE)];
    await first.access.revoke(desk.session, { id: phone.session.id }, never);
    expect(await isIn(phone)).toBe(false);
  });

  it('S15 ends all others of an admin’s box, and the one that asks stays on every replica', async () => {
    const { world, first, other, signIn, isIn } = await box();
    const others = [await signIn(PHONE), await signIn(PHONE, 'greta'), await signIn(FIREFOX)];
    const desk = await signIn(FIREFOX);
    world.clock.advance(1);
    const { sessions } = await first.access.revoke(desk.session, { others: true }, never);
    expect(sessions).toMatchObject([{ id: desk.session.id, isThis: true }]);
    world.clock.advance(5_001);
    for (const door of [first, other, world.door()]) {
      expect(await isIn(desk, door)).toBe(true);
      for (const one of others) expect(await isIn(one, door)).toBe(false);
    }
    expect(await isIn(await signIn(PHONE, 'greta'))).toBe(true);
  });

  it('lets a viewer see and end own ones only', async () => {
    const { world, first, signIn, isIn } = await box();
    const [admin, here, there] = [
      await signIn(FIREFOX),
      await signIn(PHONE, 'greta'),
      await signIn(FIREFOX, 'greta'),
    ];
    const { sessions } = await first.access.sessions(here.session, never);
    expect(sessions.map(({ user }) => user)).toEqual(['greta', 'greta']);
    await expect(first.access.revoke(here.session, { id: admin.session.id }, never)).rejects.toMatchObject({
      code: 'request.not-found',
    });
    world.clock.advance(1);
    await first.access.revoke(here.session, { others: true }, never);
    expect([await isIn(admin), await isIn(here), await isIn(there)]).toEqual([true, true, false]);
  });

  it('is short: with more than 64 of one user the oldest ends, and one user does not push out another', async () => {
    const { world, first, signIn, isIn } = await box();
    const greta = await signIn(PHONE, 'greta');
    const all: Granted[] = [];
    for (let n = 0; n < 66; n += 1) {
      all.push(await signIn(FIREFOX));
      world.clock.advance(1_000);
    }
    const last = all.at(-1)!;
    expect((await first.access.sessions(last.session, never)).sessions).toHaveLength(65);
    expect(await Promise.all(all.slice(0, 3).map((one) => isIn(one)))).toEqual([false, false, true]);
    expect(await isIn(greta)).toBe(true);
  });

  it('forgets what ended by itself, by a new password or with its user', async () => {
    const { world, first, signIn } = await box();
    await signIn(FIREFOX);
    world.clock.advance(1);
    await setPassword(userPartsOf(world), { user: 'admin', password: PASSWORD }, never);
    await signIn(PHONE, 'greta');
    await removeUser(userPartsOf(world), 'greta', never);
    const { session } = await signIn(PHONE);
    expect((await first.access.sessions(session, never)).sessions).toHaveLength(1);
    await signIn(FIREFOX);
    expect(world.document('auth')['sessions']).toHaveLength(2);
    world.clock.advance(13 * HOUR);
    await signIn(FIREFOX);
    expect(world.document('auth')['sessions']).toHaveLength(1);
  });

  it('costs no write and at most one read in five seconds while people work', async () => {
    const { world, signIn, other } = await box();
    const { cookie } = await signIn(FIREFOX);
    const before = world.document('auth');
    for (let n = 0; n < 50; n += 1) await other.access.sessionOf(cookie, never);
    expect(other.calls).toEqual(['get']);
    expect(world.document('auth')).toEqual(before);
  });

  it('lets a session of a control plane without a list go on until its end, shows it to itself, and ends it with all others', async () => {
    const { world, first, signIn, isIn } = await box();
    const desk = await signIn(FIREFOX);
    const keys = world.document('auth')['keys'] as { id: string; key: string }[];
    const key = keys.at(-1)!;
    const old = (sid: string): Granted => {
      const iat = world.clock.now().getTime();
      const payload = { sid, user: 'admin', role: 'admin', via: 'ui' as const, iat, exp: iat + 12 * HOUR };
      const cookie = signCookie({ ...payload, kid: key.id }, Buffer.from(key.key, 'base64'));
      const expiresAt = new Date(payload.exp).toISOString();
      return {
        cookie,
        session: { id: sid, user: 'admin', role: 'admin', via: 'ui', expiresAt },
        maxAgeSeconds: 1,
      };
    };
    const [one, two] = [old('a'.repeat(22)), old('b'.repeat(22))];
    world.clock.advance(HOUR);
    expect([await isIn(one), await isIn(two)]).toEqual([true, true]);
    const { sessions } = await first.access.sessions(one.session, never);
    expect(sessions.map(({ device, isThis }) => [device, isThis])).toEqual([
      ['Unknown browser', true],
      ['Firefox on Linux', false],
    ]);
    await first.access.revoke(one.session, { others: true }, never);
    expect([await isIn(one), await isIn(two), await isIn(desk)]).toEqual([true, false, false]);
    await first.access.logout(one.session, never);
    expect(await isIn(one)).toBe(false);
  });

  it('is not joined by a command, which may end all browsers and stays', async () => {
    const { world, first, signIn, isIn } = await box();
    const desk = await signIn(FIREFOX);
    const parts = { namespace: NAMESPACE, clock: world.clock.port, random: seededRandom('cli') };
    const command = await mintCliSession({ ...parts, cluster: world.door().cluster }, 'root', never);
    world.clock.advance(1);
    const view = await first.access.revoke(command.session, { others: true }, never);
    expect(view.sessions).toMatchObject([{ via: 'cli', isThis: true }]);
    expect([await isIn(desk), await isIn(command)]).toEqual([false, true]);
    expect(world.document('auth')['sessions']).toEqual([]);
  });

  it('knows a session that another replica began a moment ago, however many there are', async () => {
    const { first, other, signIn, isIn } = await box();
    await other.access.isClaimed(never);
    for (let n = 0; n < 5; n += 1)
      expect(await isIn(await signIn(FIREFOX, 'admin', first), other)).toBe(true);
    expect(other.calls.length).toBeLessThanOrEqual(2);
  });
});

describe('the words for a device', () => {
  it('say browser and system as people call them', () => {
    const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0';
    expect(
      [
        FIREFOX,
        PHONE,
        `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Safari/537.36 Edg/138.0.0.0`,
        `Mozilla/5.0 (Linux; Android 15) ${chrome} Mobile Safari/537.36`,
        `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15`,
        'curl/8.14.1',
        undefined,
      ].map(deviceOf),
    ).toEqual([
      ...['Firefox on Linux', 'Safari on iPhone', 'Edge on Windows', 'Chrome on Android', 'Safari on macOS'],
      ...['curl', 'Unknown browser'],
    ]);
  });

  it('never repeat what a stranger wrote there, and are short', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(FIREFOX, PHONE, '<b>', '\n', '../'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const words = deviceOf(pieces.join(' '));
        expect(words).toMatch(/^[A-Za-z]+( [A-Za-z]+){0,3}$/);
        expect(words.length).toBeLessThan(40);
      }),
    );
  });
});
