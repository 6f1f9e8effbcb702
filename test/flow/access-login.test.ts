import { addUser, removeUser, setPassword } from 'host-service/engine/access/users.ts';
import { Problem } from 'host-service/contract/problem.ts';
import { describe, expect, it } from 'vitest';
import {
  AccessWorld,
  DAY,
  HOUR,
  MINUTE,
  OTHER_PASSWORD,
  PASSWORD,
  login,
  never,
  userPartsOf,
  type Door,
} from './access-world.ts';

const failed = { code: 'session.login-failed' };

async function fail(door: Door, times: number, user = 'admin'): Promise<void> {
  for (let n = 0; n < times; n += 1)
    await expect(login(door, user, OTHER_PASSWORD)).rejects.toMatchObject(failed);
}

describe('signing in', () => {
  it('gives a session of twelve hours to who knows the password, and to nobody else', async () => {
    const box = new AccessWorld();
    const door = await box.claimed();
    const { session, cookie, maxAgeSeconds } = await login(door);
    expect(session).toMatchObject({ user: 'admin', role: 'admin', via: 'ui' });
    expect(maxAgeSeconds).toBe(12 * 3600);
    expect(cookie.length).toBeLessThanOrEqual(1024);
    for (const password of [OTHER_PASSWORD, '', PASSWORD.toUpperCase(), `${PASSWORD} `, 'x'.repeat(10_000)])
      await expect(login(box.door(), 'admin', password)).rejects.toMatchObject(failed);
  });

  it('is session.not-claimed before the box has an owner', async () => {
    const box = new AccessWorld();
    await expect(login(box.door())).rejects.toMatchObject({ code: 'session.not-claimed' });
    await addUser(userPartsOf(box), { user: 'guest', role: 'viewer', password: OTHER_PASSWORD }, never);
    await expect(login(box.door(), 'guest', OTHER_PASSWORD)).rejects.toMatchObject({
      code: 'session.not-claimed',
    });
  });

  it('locks a name after five wrong passwords, over restarts and replicas, and no other name', async () => {
    const box = new AccessWorld();
    await box.claimed();
    await addUser(userPartsOf(box), { user: 'eve', role: 'viewer', password: OTHER_PASSWORD }, never);
    for (let n = 0; n < 5; n += 1) await fail(box.door(), 1);
    const door = box.door();
    await expect(login(door)).rejects.toMatchObject({ code: 'session.locked', retryAfterMs: MINUTE });
    expect((await login(box.door(), 'eve', OTHER_PASSWORD)).session.role).toBe('viewer');
    box.clock.advance(MINUTE);
    await fail(door, 1);
    await expect(login(door)).rejects.toMatchObject({ retryAfterMs: 2 * MINUTE });
    box.clock.advance(2 * MINUTE);
    await login(door);
    // Right once: it begins anew.
    await fail(door, 5);
    await expect(login(door)).rejects.toMatchObject({ retryAfterMs: MINUTE });
  });

  it('forgets wrong passwords after a quiet day', async () => {
    const box = new AccessWorld();
    const door = await box.claimed();
    await fail(door, 4);
    box.clock.advance(DAY + 1);
    await fail(door, 4);
    expect((await login(door)).session.user).toBe('admin');
  });

  it('locks for all after fifty wrong ones under many names, and a right one in between does not help', async () => {
    const box = new AccessWorld();
    const door = await box.claimed();
    for (let n = 0; n < 50; n += 1) {
      if (n % 10 === 9) await login(door);
      await login(door, `user-${n}`, OTHER_PASSWORD).catch(() => undefined);
      box.clock.advance(100);
    }
    await expect(login(box.door())).rejects.toMatchObject({ code: 'session.locked' });
    box.clock.advance(HOUR);
    expect((await login(door)).session.user).toBe('admin');
  });

  it('treats a name that is nobody’s like any other: same answer, same work, same lock, same trace', async () => {
    const box = new AccessWorld();
    await box.claimed();
    const ends = [];
    for (const user of ['admin', 'nobody']) {
      const door = box.door();
      const [writes, lines] = [box.world.audit.length, box.logged.length];
      const codes = [];
      for (let n = 0; n < 7; n += 1) {
        codes.push(await login(door, user, OTHER_PASSWORD).catch((error: unknown) => error as Problem));
      }
      const known = Object.values((box.document('auth')['attempts'] as { names: object }).names);
      ends.push({
        answers: codes.map((end) => (end instanceof Problem ? [end.message, end.retryAfterMs] : 'in')),
        hashes: door.hashes(),
        calls: [...door.calls],
        writes: box.world.audit.slice(writes).map(({ verb, key }) => `${verb} ${key}`),
        lines: box.logged.slice(lines),
        trace: known.at(-1) as unknown,
      });
    }
    expect(ends[1]).toEqual(ends[0]);
    // One hash for the decoy, then one for each of the five tries that were looked at.
    expect(ends[0]?.hashes).toBe(6);
    expect(`${box.stored()}${box.logged.join('\n')}`).not.toContain('nobody');
  });

  it('keeps a bounded trace of however many names', async () => {
    const box = new AccessWorld();
    const door = await box.claimed();
    for (let n = 0; n < 400; n += 1) {
      await login(door, `name-${n}`, OTHER_PASSWORD).catch(() => undefined);
      box.clock.advance(HOUR + 1);
    }
    const { names } = box.document('auth')['attempts'] as { names: object };
    expect(Object.keys(names).length).toBeLessThanOrEqual(256);
    // Only those of the last day, in fact.
    expect(Object.keys(names).length).toBeLessThanOrEqual(25);
  });

  it('gives no try for nothing to who lets it die while the password is checked', async () => {
    const box = new AccessWorld();
    await box.claimed();
    for (let n = 0; n < 5; n += 1) {
      const dying = box.door({ kill: { at: 1, when: 'after' } });
      await expect(login(dying, 'admin', OTHER_PASSWORD)).rejects.toThrow(/killed/);
    }
    await expect(login(box.door())).rejects.toMatchObject({ code: 'session.locked' });
  });

  it.each([1, 2])('leaves a box that one can sign in to after a power cut at write %i', async (at) => {
    for (const when of ['before', 'after'] as const) {
      const box = new AccessWorld();
      await box.claimed();
      await expect(login(box.door({ kill: { at, when } }))).rejects.toThrow(/killed/);
      const door = box.door();
      const { cookie } = await login(door);
      expect(await door.access.sessionOf(cookie, never)).toMatchObject({ user: 'admin' });
    }
  });

  it('refuses a password that was replaced, or whose user was taken away, while it was checked', async () => {
    for (const change of ['password', 'user'] as const) {
      const box = new AccessWorld();
      await box.claimed();
      const parts = userPartsOf(box);
      await addUser(parts, { user: 'second', role: 'admin', password: OTHER_PASSWORD }, never);
      let meanwhile: Promise<void> | undefined;
      let writes = 0;
      const door = box.door({
        fault: (verb) => {
          if (verb !== 'replace' || (writes += 1) > 1) return;
          // Runs while the hash is being made: the next write of the door finds it done, or conflicts with it.
          meanwhile =
            change === 'user'
              ? removeUser(parts, 'admin', never)
              : setPassword(parts, { user: 'admin', password: OTHER_PASSWORD }, never);
        },
      });
      const end = await login(door).then(
        ({ cookie }) => cookie,
        (error: unknown) => (error as Problem).code,
      );
      await meanwhile;
      if (end === 'session.login-failed') continue;
      // It was faster than the change: then the session ends with the change.
      box.clock.advance(5_001);
      expect(await door.access.sessionOf(end, never)).toBeUndefined();
    }
  });

  it('repeats a write that lost against another one, and gives up with cluster.conflict when it always loses', async () => {
    const box = new AccessWorld();
    await box.claimed();
    let conflicts = 3;
    const fault = (verb: string): void => {
      if (verb === 'replace' && (conflicts -= 1) >= 0)
        throw new Problem('cluster.conflict', 'somebody was faster');
    };
    expect((await login(box.door({ fault }))).session.user).toBe('admin');
    conflicts = Number.MAX_SAFE_INTEGER;
    const door = box.door({ fault });
    await expect(login(door)).rejects.toMatchObject({ code: 'cluster.conflict' });
    expect(door.calls.length).toBeLessThan(30);
  });

  it('keeps what a newer control plane has written into the same document', async () => {
    const box = new AccessWorld();
    await box.claimed();
    box.edit('auth', (document) => ({
      ...document,
      passkeys: [{ id: 1 }],
      users: (document['users'] as object[]).map((user) => ({ ...user, email: 'a@b.c' })),
    }));
    const door = box.door();
    await fail(door, 1);
    await login(door);
    const after = box.document('auth');
    expect(after['passkeys']).toEqual([{ id: 1 }]);
    expect(after['users']).toMatchObject([{ name: 'admin', email: 'a@b.c' }]);
  });
});
