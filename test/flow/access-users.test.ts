import { createHasher } from 'host-service/edges/hasher/hasher.ts';
import { makeClaimCode } from 'host-service/engine/access/claim-code.ts';
import {
  addUser,
  listUsers,
  removeUser,
  setPassword,
  type UserParts,
} from 'host-service/engine/access/users.ts';
import { describe, expect, it } from 'vitest';
import {
  AccessWorld,
  CHEAP,
  NAMESPACE,
  never,
  OTHER_PASSWORD,
  PASSWORD,
  seededRandom,
} from './access-world.ts';

const partsOf = (box: AccessWorld): UserParts => ({
  cluster: box.door().cluster,
  namespace: NAMESPACE,
  hasher: createHasher(CHEAP),
  clock: box.clock.port,
});
const invalid = { code: 'request.invalid' };

describe('users', () => {
  it('are listed without anything that opens a door', async () => {
    const box = new AccessWorld();
    await box.claimed();
    const parts = partsOf(box);
    await addUser(parts, { user: 'viewer-1', role: 'viewer', password: OTHER_PASSWORD }, never);
    expect(await listUsers(parts, never)).toEqual([
      { name: 'admin', role: 'admin', changedAt: '2026-03-02T10:00:00.000Z' },
      { name: 'viewer-1', role: 'viewer', changedAt: '2026-03-02T10:00:00.000Z' },
    ]);
    expect(await listUsers(partsOf(new AccessWorld()), never)).toEqual([]);
  });

  it('R-43 the first admin owns the box: the claim code opens nothing any more', async () => {
    const box = new AccessWorld();
    const code = await box.withCode();
    const parts = partsOf(box);
    await addUser(parts, { user: 'watcher', role: 'viewer', password: OTHER_PASSWORD }, never);
    expect(await box.door().access.isClaimed(never)).toBe(false);
    await addUser(parts, { user: 'owner', role: 'admin', password: OTHER_PASSWORD }, never);
    const { access } = box.door();
    expect(await access.isClaimed(never)).toBe(true);
    await expect(access.claim({ code, user: 'thief', password: PASSWORD }, never)).rejects.toMatchObject({
      code: 'session.already-claimed',
    });
    expect((await access.login({ user: 'owner', password: OTHER_PASSWORD }, never)).session.role).toBe(
      'admin',
    );
  });

  it('are refused under a name that is taken, under none, with a weak password and when there are too many', async () => {
    const box = new AccessWorld();
    await box.claimed();
    const parts = { ...partsOf(box), names: ['Acme Desk'] };
    const add = (user: string, password = OTHER_PASSWORD) =>
      addUser(parts, { user, role: 'viewer', password }, never);
    await expect(add('admin')).rejects.toMatchObject(invalid);
    for (const user of ['', 'Admin', '__proto__', 'a b', 'x'.repeat(33)])
      await expect(add(user)).rejects.toMatchObject(invalid);
    for (const password of ['acme-desk-acme', 'greta1234567', 'short'])
      await expect(add('greta', password)).rejects.toMatchObject({ code: 'session.password-weak' });
    for (let n = 1; n < 64; n += 1) await add(`user-${n}`);
    await expect(add('one-more')).rejects.toMatchObject(invalid);
    expect(await listUsers(parts, never)).toHaveLength(64);
  });

  it('can be taken away, but never the last admin', async () => {
    const box = new AccessWorld();
    const { access } = await box.claimed();
    const parts = partsOf(box);
    await expect(removeUser(parts, 'admin', never)).rejects.toMatchObject(invalid);
    await expect(removeUser(parts, 'nobody', never)).rejects.toMatchObject(invalid);
    await addUser(parts, { user: 'second', role: 'admin', password: OTHER_PASSWORD }, never);
    await removeUser(parts, 'admin', never);
    await expect(access.login({ user: 'admin', password: PASSWORD }, never)).rejects.toMatchObject({
      code: 'session.login-failed',
    });
    expect(await box.door().access.isClaimed(never)).toBe(true);
  });

  it('sign in with a new password only, once it is set', async () => {
    const box = new AccessWorld();
    const { access } = await box.claimed();
    const parts = partsOf(box);
    await setPassword(parts, { user: 'admin', password: OTHER_PASSWORD }, never);
    await expect(access.login({ user: 'admin', password: PASSWORD }, never)).rejects.toMatchObject({
      code: 'session.login-failed',
    });
    expect((await access.login({ user: 'admin', password: OTHER_PASSWORD }, never)).session.role).toBe(
      'admin',
    );
    await expect(setPassword(parts, { user: 'nobody', password: PASSWORD }, never)).rejects.toMatchObject(
      invalid,
    );
    await expect(setPassword(parts, { user: 'admin', password: 'short' }, never)).rejects.toMatchObject({
      code: 'session.password-weak',
    });
  });

  it('all stay when two people add some at the same time', async () => {
    const box = new AccessWorld();
    await box.claimed();
    const names = ['ada', 'ben', 'cleo', 'dora'];
    await Promise.all(
      names.map((user) => addUser(partsOf(box), { user, role: 'viewer', password: OTHER_PASSWORD }, never)),
    );
    expect((await listUsers(partsOf(box), never)).map(({ name }) => name)).toEqual([
      'ada',
      'admin',
      'ben',
      'cleo',
      'dora',
    ]);
  });
});

describe('a new claim code', () => {
  it('R-43 replaces the one before, ends its lock-out, and is refused once the box has an owner', async () => {
    const box = new AccessWorld();
    const old = await box.withCode();
    const parts = { ...partsOf(box), random: seededRandom('command') };
    const claim = (code: string) =>
      box.door().access.claim({ code, user: 'admin', password: PASSWORD }, never);
    for (let n = 0; n < 5; n += 1) await claim('ZZZZ-ZZZZ-ZZZZ').catch(() => undefined);
    await expect(claim(old)).rejects.toMatchObject({ code: 'session.locked' });
    const code = await makeClaimCode(parts, never);
    await expect(claim(old)).rejects.toMatchObject({ code: 'session.code-wrong' });
    await claim(code);
    await expect(makeClaimCode(parts, never)).rejects.toMatchObject({ code: 'session.already-claimed' });
  });
});
