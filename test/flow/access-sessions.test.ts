import { parseCookie, signCookie } from 'host-service/core/access/cookie.ts';
import { mintCliSession } from 'host-service/engine/access/cli-session.ts';
import { addUser, removeUser, setPassword } from 'host-service/engine/access/users.ts';
import { Problem } from 'host-service/contract/problem.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AccessWorld,
  DAY,
  HOUR,
  MINUTE,
  NAMESPACE,
  OTHER_PASSWORD,
  PASSWORD,
  login,
  never,
  seededRandom,
  userPartsOf,
} from './access-world.ts';

const keysOf = (box: AccessWorld): { id: string; key: string }[] =>
  (box.document('auth')['keys'] ?? []) as { id: string; key: string }[];

/** A box, the cookie of its admin, and another replica. */
async function signedIn() {
  const box = new AccessWorld();
  const door = await box.claimed();
  const { cookie, session } = await login(door);
  return { box, door, cookie, session, other: box.door() };
}

describe('a session', () => {
  it('S15 is known to every replica, lasts twelve hours and ends', async () => {
    const { box, cookie, session, other } = await signedIn();
    expect(await other.access.sessionOf(cookie, never)).toEqual(session);
    box.clock.advance(12 * HOUR - 1);
    expect(await other.access.sessionOf(cookie, never)).toEqual(session);
    box.clock.advance(1);
    expect(await other.access.sessionOf(cookie, never)).toBeUndefined();
  });

  it('S15 is over after the sign-out: here at once, on other replicas within five seconds, also after a restart', async () => {
    const { box, door, cookie, session, other } = await signedIn();
    const second = await login(door);
    expect(await other.access.sessionOf(cookie, never)).toEqual(session);
    await door.access.logout(session, never);
    expect(await door.access.sessionOf(cookie, never)).toBeUndefined();
    box.clock.advance(5_001);
    expect(await other.access.sessionOf(cookie, never)).toBeUndefined();
    expect(await box.door().access.sessionOf(cookie, never)).toBeUndefined();
    expect(await other.access.sessionOf(second.cookie, never)).toEqual(second.session);
  });

  it('S15 stays over although an older answer of the cluster comes in after the sign-out', async () => {
    const { box, cookie, session } = await signedIn();
    let slow: Promise<void> | undefined;
    const door = box.door({ onWay: () => slow ?? Promise.resolve() });
    const late = Promise.withResolvers<undefined>();
    slow = late.promise;
    const asked = door.access.sessionOf(cookie, never);
    await new Promise((resolve) => setImmediate(resolve));
    slow = undefined;
    await door.access.logout(session, never);
    late.resolve(undefined);
    expect(await asked).toBeUndefined();
    expect(await door.access.sessionOf(cookie, never)).toBeUndefined();
  });

  it('S15 keeps the list of ended sessions short, and none of them comes back', async () => {
    const { box, door, cookie } = await signedIn();
    const ended: string[] = [];
    for (let n = 0; n < 40; n += 1) {
      const { session, cookie: one } = await login(door);
      await door.access.logout(session, never);
      ended.push(one);
      box.clock.advance(1);
    }
    expect((box.document('auth')['revoked'] as unknown[]).length).toBeLessThanOrEqual(32);
    for (const one of [...ended, cookie]) expect(await door.access.sessionOf(one, never)).toBeUndefined();
    const { cookie: next } = await login(door);
    expect(await door.access.sessionOf(next, never)).toMatchObject({ user: 'admin' });
    box.clock.advance(13 * HOUR);
    await login(door);
    expect(box.document('auth')).toMatchObject({ revoked: [], sessionsFrom: {} });
  });

  it('ends when the password is changed or the user is taken away, and a new user of that name does not inherit it', async () => {
    const { box, door, cookie } = await signedIn();
    const parts = userPartsOf(box);
    await addUser(parts, { user: 'greta', role: 'admin', password: OTHER_PASSWORD }, never);
    const greta = await login(door, 'greta', OTHER_PASSWORD);
    box.clock.advance(10_000);
    await setPassword(parts, { user: 'admin', password: OTHER_PASSWORD }, never);
    await removeUser(parts, 'greta', never);
    box.clock.advance(5_001);
    expect(await door.access.sessionOf(cookie, never)).toBeUndefined();
    expect(await door.access.sessionOf(greta.cookie, never)).toBeUndefined();
    await addUser(parts, { user: 'greta', role: 'admin', password: OTHER_PASSWORD }, never);
    box.clock.advance(5_001);
    expect(await door.access.sessionOf(greta.cookie, never)).toBeUndefined();
    expect(
      await door.access.sessionOf((await login(door, 'admin', OTHER_PASSWORD)).cookie, never),
    ).toBeDefined();
  });

  it('has the role of the user’s present record, and one that we do not know is a viewer', async () => {
    const { box, cookie, other } = await signedIn();
    for (const [role, expected] of [
      ['viewer', 'viewer'],
      ['admin', 'admin'],
      ['superuser', 'viewer'],
    ]) {
      box.edit('auth', (document) => ({
        ...document,
        users: (document['users'] as object[]).map((user) => ({ ...user, role })),
      }));
      box.clock.advance(5_001);
      expect((await other.access.sessionOf(cookie, never))?.role).toBe(expected);
    }
  });

  it('costs the cluster at most one read in five seconds, however many requests there are', async () => {
    const { box, cookie, other } = await signedIn();
    const ask = () => Promise.all(Array.from({ length: 50 }, () => other.access.sessionOf(cookie, never)));
    await ask();
    await ask();
    expect(other.calls).toEqual(['get']);
    box.clock.advance(5_001);
    await ask();
    await other.access.isClaimed(never);
    expect(other.calls).toEqual(['get', 'get']);
  });

  it('is known at once by a replica that has not seen the key or the user yet', async () => {
    const box = new AccessWorld();
    const code = await box.withCode();
    const other = box.door();
    expect(await other.access.isClaimed(never)).toBe(false);
    const { cookie, session } = await box
      .door()
      .access.claim({ code, user: 'admin', password: PASSWORD }, never);
    expect(await other.access.sessionOf(cookie, never)).toEqual(session);
    await addUser(userPartsOf(box), { user: 'greta', role: 'viewer', password: OTHER_PASSWORD }, never);
    box.clock.advance(5_001);
    await other.access.sessionOf(cookie, never);
    const greta = await login(box.door(), 'greta', OTHER_PASSWORD);
    await addUser(userPartsOf(box), { user: 'hans', role: 'viewer', password: OTHER_PASSWORD }, never);
    const hans = await login(box.door(), 'hans', OTHER_PASSWORD);
    expect(await other.access.sessionOf(greta.cookie, never)).toEqual(greta.session);
    box.clock.advance(5_001);
    expect(await other.access.sessionOf(hans.cookie, never)).toEqual(hans.session);
  });

  it('makes no more than two reads in five seconds for cookies of keys that do not exist', async () => {
    const { box, cookie, other } = await signedIn();
    const payload = parseCookie(cookie)!;
    expect(payload.keyId).not.toBe('made-up');
    for (let n = 0; n < 100; n += 1) {
      const exp = box.clock.now().getTime() + HOUR;
      const made = {
        sid: `${'s'.repeat(20)}${n}`,
        user: 'admin',
        role: 'admin',
        via: 'ui' as const,
        iat: 0,
        exp,
        kid: `made-up-${n}`,
      };
      expect(await other.access.sessionOf(signCookie(made, new Uint8Array(32)), never)).toBeUndefined();
    }
    expect(other.calls.length).toBeLessThanOrEqual(2);
  });
});

describe('while the cluster is away', () => {
  async function cutOff() {
    const { box, cookie, session } = await signedIn();
    const away = { now: false };
    const door = box.door({
      fault: () => {
        if (away.now) throw new Problem('cluster.unavailable', 'the platform is away');
      },
    });
    await door.access.sessionOf(cookie, never);
    return { box, cookie, session, door, away };
  }

  it('a session goes on for ten minutes from the last keys, at little cost, and then says what is wrong', async () => {
    const { box, cookie, session, door, away } = await cutOff();
    away.now = true;
    for (let minute = 0; minute < 9; minute += 1) {
      box.clock.advance(MINUTE);
      for (let n = 0; n < 20; n += 1) expect(await door.access.sessionOf(cookie, never)).toEqual(session);
    }
    expect(await door.access.isClaimed(never)).toBe(true);
    expect(door.calls.length).toBeLessThan(15);
    box.clock.advance(2 * MINUTE);
    await expect(door.access.sessionOf(cookie, never)).rejects.toMatchObject({ code: 'cluster.unavailable' });
    away.now = false;
    expect(await door.access.sessionOf(cookie, never)).toEqual(session);
  });

  it('a session is not hidden by a cluster that never answers', async () => {
    const { box, cookie, session } = await signedIn();
    let hangs = false;
    const door = box.door({ hang: () => hangs });
    await door.access.sessionOf(cookie, never);
    hangs = true;
    box.clock.advance(6_000);
    const asked = door.access.sessionOf(cookie, never);
    await new Promise((resolve) => setImmediate(resolve));
    box.clock.advance(3_000);
    expect(await asked).toEqual(session);
  });

  it('nobody signs in or claims, and nothing is taken for claimed that was never seen', async () => {
    const box = new AccessWorld();
    const code = await box.withCode();
    const fault = (): void => {
      throw new Problem('cluster.unavailable', 'the platform is away');
    };
    const { access } = box.door({ fault });
    const gone = { code: 'cluster.unavailable' };
    await expect(access.isClaimed(never)).rejects.toMatchObject(gone);
    await expect(access.claim({ code, user: 'admin', password: PASSWORD }, never)).rejects.toMatchObject(
      gone,
    );
    await expect(login({ access })).rejects.toMatchObject(gone);
  });
});

describe('the keys of sessions', () => {
  it('change every thirty days, and the one before is kept until its sessions are over', async () => {
    const { box, door, cookie } = await signedIn();
    const [first] = keysOf(box);
    expect(Buffer.from(first?.key ?? '', 'base64')).toHaveLength(32);
    box.clock.advance(30 * DAY - HOUR);
    const old = await login(door);
    expect(keysOf(box)).toHaveLength(1);
    box.clock.advance(HOUR);
    const next = await login(door);
    expect(keysOf(box).map(({ id }) => id === first?.id)).toEqual([true, false]);
    const other = box.door();
    expect(await other.access.sessionOf(old.cookie, never)).toEqual(old.session);
    expect(await other.access.sessionOf(next.cookie, never)).toEqual(next.session);
    expect(await other.access.sessionOf(cookie, never)).toBeUndefined();
    box.clock.advance(13 * HOUR);
    await login(door);
    expect(keysOf(box).map(({ id }) => id)).not.toContain(first?.id);
    expect(keysOf(box)).toHaveLength(1);
  });

  it('sign nothing that lasts for ever because a clock was wrong', async () => {
    const box = new AccessWorld();
    const door = await box.claimed();
    const ahead = new AccessWorld();
    ahead.clock.advance(5 * 365 * DAY);
    ahead.world.store.copyFrom(box.world.store);
    const { cookie } = await login(ahead.door());
    box.world.store.copyFrom(ahead.world.store);
    box.clock.advance(5_001);
    expect(await door.access.sessionOf(cookie, never)).toBeUndefined();
    const { cookie: right } = await login(box.door());
    expect(await box.door().access.sessionOf(right, never)).toMatchObject({ user: 'admin' });
  });
});

describe('a session for a command', () => {
  const mint = (box: AccessWorld, by: string) =>
    mintCliSession(
      { cluster: box.door().cluster, namespace: NAMESPACE, clock: box.clock.port, random: seededRandom(by) },
      by,
      never,
    );

  it('needs no user record, has all rights and lasts five minutes', async () => {
    const box = new AccessWorld();
    const { session, cookie, maxAgeSeconds } = await mint(box, 'root');
    expect(session).toMatchObject({ user: 'root', role: 'admin', via: 'cli' });
    expect(maxAgeSeconds).toBe(300);
    const { access } = box.door();
    expect(await access.sessionOf(cookie, never)).toEqual(session);
    expect(await access.isClaimed(never)).toBe(false);
    box.clock.advance(5 * MINUTE);
    expect(await access.sessionOf(cookie, never)).toBeUndefined();
  });

  it('uses the key that is there, and ends by sign-out', async () => {
    const { box, door } = await signedIn();
    const { session, cookie } = await mint(box, 'root');
    expect(keysOf(box)).toHaveLength(1);
    await door.access.logout(session, never);
    expect(await door.access.sessionOf(cookie, never)).toBeUndefined();
  });

  it('carries a plain name, whatever the account is called', async () => {
    const names = [];
    for (const by of ['DOMAIN\\Jürgen', '42', '', 'a'.repeat(100)])
      names.push((await mint(new AccessWorld(), by)).session.user);
    expect(names).toEqual(['domain-j-rgen', 'cli', 'cli', 'a'.repeat(32)]);
  });
});

describe('hostile cookies', () => {
  it('never throw, never open the box, and cost no request when they are none by their form', async () => {
    const { cookie, other } = await signedIn();
    const parts = cookie.split('.');
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 1500 }),
      fc.tuple(fc.nat(2), fc.base64String()).map(([at, part]) => parts.with(at, part).join('.')),
      fc.nat(cookie.length - 1).map((at) => cookie.slice(0, at)),
    );
    await fc.assert(
      fc.asyncProperty(text, async (made) => {
        expect(await other.access.sessionOf(made, never)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
    const fresh = (await signedIn()).other;
    for (const made of [undefined, '', 'x', 'v1.a.b', `v1.e30.${'A'.repeat(43)}`, 'v'.repeat(100_000)])
      expect(await fresh.access.sessionOf(made, never)).toBeUndefined();
    expect(fresh.calls).toEqual([]);
  });
});
