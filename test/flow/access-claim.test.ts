import { makeClaimCode } from 'host-service/engine/access/claim-code.ts';
import { createHasher } from 'host-service/edges/hasher/hasher.ts';
import { Problem } from 'host-service/contract/problem.ts';
import { describe, expect, it } from 'vitest';
import {
  AccessWorld,
  CHEAP,
  HOUR,
  MINUTE,
  NAMESPACE,
  never,
  OTHER_PASSWORD,
  PASSWORD,
  seededRandom,
} from './access-world.ts';

const request = (code: string, user = 'admin', password = PASSWORD) => ({ code, user, password });
const WRONG = 'ZZZZ-ZZZZ-ZZZZ';
const unavailable = (): Problem => new Problem('cluster.unavailable', 'a test says so');
const countOf = (box: AccessWorld): number | undefined =>
  (box.document('claim')['attempts'] as { count: number } | undefined)?.count;

describe('claiming a box', () => {
  it('R-43 makes the first admin with the code, once, and signs that person in', async () => {
    const box = new AccessWorld();
    const code = await box.withCode();
    const { access } = box.door();
    expect(await access.isClaimed(never)).toBe(false);
    const { session, cookie, maxAgeSeconds } = await access.claim(
      request(code.toLowerCase().replaceAll('-', ' ')),
      never,
    );
    expect(session).toMatchObject({
      user: 'admin',
      role: 'admin',
      via: 'ui',
      expiresAt: '2026-03-02T22:00:00.000Z',
    });
    expect(maxAgeSeconds).toBe(12 * 3600);
    expect(await access.sessionOf(cookie, never)).toEqual(session);
    expect(await access.isClaimed(never)).toBe(true);
    await expect(access.claim(request(code), never)).rejects.toMatchObject({
      code: 'session.already-claimed',
    });
    await expect(box.door().access.claim(request(code, 'other'), never)).rejects.toMatchObject({
      code: 'session.already-claimed',
    });
    expect((await box.door().access.login({ user: 'admin', password: PASSWORD }, never)).session.role).toBe(
      'admin',
    );
  });

  it('R-43 S2 leaves no code behind: neither in the file nor one that opens something', async () => {
    const box = new AccessWorld();
    const { access } = box.door();
    await access.ensureClaimCode({ file: box.file, signal: never });
    const code = box.file.text ?? '';
    await access.claim(request(code), never);
    expect(box.file.text).toBeUndefined();
    expect(box.document('claim')).toMatchObject({ usedAt: '2026-03-02T10:00:00.000Z' });
    expect(await access.ensureClaimCode({ file: box.file, signal: never })).toBe('claimed');
    expect(box.file.text).toBeUndefined();
  });

  it('S2 stores and logs neither code nor password nor cookie', async () => {
    const box = new AccessWorld();
    const code = await box.withCode();
    const { access } = box.door();
    await expect(access.claim(request(WRONG), never)).rejects.toMatchObject({ code: 'session.code-wrong' });
    const { cookie } = await access.claim(request(code), never);
    await expect(access.login({ user: PASSWORD, password: OTHER_PASSWORD }, never)).rejects.toThrow();
    const text = `${box.stored()}\n${box.logged.join('\n')}`;
    for (const secret of [code, code.replaceAll('-', ''), PASSWORD, OTHER_PASSWORD, cookie, WRONG])
      expect(text).not.toContain(secret);
  });

  it('refuses a weak password and a name that is none before it looks at the code', async () => {
    const box = new AccessWorld();
    const code = await box.withCode();
    const { access } = box.door({ names: ['Acme Desk'] });
    for (const password of ['password1234', 'AcmeDesk-2026', 'admin-admin-admin'])
      await expect(access.claim(request(code, 'admin', password), never)).rejects.toMatchObject({
        code: 'session.password-weak',
      });
    await expect(access.claim(request(code, 'Not A Name'), never)).rejects.toMatchObject({
      code: 'request.invalid',
    });
    expect(countOf(box)).toBeUndefined();
  });

  it('says session.code-wrong where there is no code at all, and for what can be none, without counting', async () => {
    const box = new AccessWorld();
    const { access } = box.door();
    await expect(access.claim(request(WRONG), never)).rejects.toMatchObject({ code: 'session.code-wrong' });
    await box.withCode();
    await expect(access.claim(request('not a code!!'), never)).rejects.toMatchObject({
      code: 'session.code-wrong',
    });
    expect(countOf(box)).toBeUndefined();
  });

  it('R-43 locks after five wrong codes, over restarts and replicas, also for the right one', async () => {
    const box = new AccessWorld();
    const code = await box.withCode();
    for (let n = 0; n < 5; n += 1)
      await expect(box.door().access.claim(request(WRONG), never)).rejects.toMatchObject({
        code: 'session.code-wrong',
      });
    const door = box.door();
    await expect(door.access.claim(request(code), never)).rejects.toMatchObject({
      code: 'session.locked',
      retryAfterMs: MINUTE,
    });
    expect(door.hashes()).toBe(0);
    box.clock.advance(MINUTE);
    await expect(door.access.claim(request(WRONG), never)).rejects.toMatchObject({
      code: 'session.code-wrong',
    });
    await expect(door.access.claim(request(code), never)).rejects.toMatchObject({ retryAfterMs: 2 * MINUTE });
    box.clock.advance(2 * MINUTE);
    expect((await door.access.claim(request(code), never)).session.role).toBe('admin');
  });

  it('checks no more than five of a hundred codes that come at once to three replicas', async () => {
    const box = new AccessWorld();
    await box.withCode();
    const doors = [box.door(), box.door(), box.door()];
    const tries = Array.from({ length: 99 }, (_, n) => doors[n % 3]!.access.claim(request(WRONG), never));
    const codes = (await Promise.allSettled(tries)).map((result) =>
      result.status === 'rejected' ? (result.reason as { code: string }).code : 'in',
    );
    expect(doors.reduce((sum, { hashes }) => sum + hashes(), 0)).toBeLessThanOrEqual(5);
    expect(codes.filter((code) => code === 'session.code-wrong').length).toBeLessThanOrEqual(5);
    expect(codes).not.toContain('in');
    expect(countOf(box)).toBe(5);
  });

  it('R-43 lets exactly one of two right claims win, on one replica and on two', async () => {
    for (const replicas of [1, 2]) {
      const box = new AccessWorld();
      const code = await box.withCode();
      const doors = Array.from({ length: replicas }, () => box.door());
      const claims = ['first', 'second'].map((user, at) =>
        doors[at % replicas]!.access.claim(request(code, user), never).then(
          ({ session }) => session.user,
          (error: unknown) => (error as { code: string }).code,
        ),
      );
      const ends = await Promise.all(claims);
      expect(ends).toContain('session.already-claimed');
      const winner = ends.find((end) => !end.startsWith('session.')) ?? '';
      expect((box.document('auth')['users'] as { name: string }[]).map(({ name }) => name)).toEqual([winner]);
    }
  });

  it('S6 takes a code that the host has made, and none that was used before', async () => {
    const box = new AccessWorld();
    const code = 'ABCD-EFGH-JKMN';
    const document = {
      verifier: await createHasher(CHEAP).hash(code),
      madeAt: '2026-03-02T09:00:00Z',
      note: 'kept',
    };
    const data = { 'claim.json': Buffer.from(JSON.stringify(document)).toString('base64'), other: 'eA==' };
    const metadata = { name: 'appliance-claim', namespace: NAMESPACE, labels: { made: 'by-host' } };
    box.world.store.create({ apiVersion: 'v1', kind: 'Secret', metadata, data });
    await box.door().access.claim(request('abcdefghjkmn'), never);
    expect(box.document('claim')).toMatchObject({ note: 'kept' });
    const object = box.world.must('Secret', 'appliance-claim', NAMESPACE);
    expect(object.metadata.labels).toEqual({ made: 'by-host' });
    expect(object['data']).toMatchObject({ other: 'eA==' });
    box.world.store.remove({ kind: 'Secret', namespace: NAMESPACE, name: 'appliance-auth' });
    await expect(box.door().access.claim(request(code), never)).rejects.toMatchObject({
      code: 'session.code-wrong',
    });
  });

  it('B-93 never takes a list of users that cannot be read for a box without an owner', async () => {
    const box = new AccessWorld();
    await box.claimed();
    for (const broken of [{ users: 'none' }, { users: [{ name: 'admin' }] }, { claimedAt: 7 }]) {
      box.edit('auth', () => broken);
      const { access } = box.door();
      await expect(access.isClaimed(never)).rejects.toMatchObject({ code: 'cluster.bad-answer' });
      await expect(access.claim(request(WRONG), never)).rejects.toMatchObject({ code: 'cluster.bad-answer' });
      await expect(access.login({ user: 'admin', password: PASSWORD }, never)).rejects.toMatchObject({
        code: 'cluster.bad-answer',
      });
      expect(await access.ensureClaimCode({ file: box.file, signal: never }).catch(() => 'refused')).toBe(
        'refused',
      );
    }
  });
});

describe('a power cut while a box is claimed', () => {
  const deaths = [1, 2, 3].flatMap((at) => [
    { at, when: 'before' as const },
    { at, when: 'after' as const },
  ]);

  it.each(deaths)('ends in a box with one owner or with a good code: $when write $at', async (kill) => {
    const box = new AccessWorld();
    const code = await box.withCode();
    const dying = box.door({ kill });
    await expect(dying.access.claim(request(code), never)).rejects.toThrow(/killed/);

    const next = box.door();
    const state = await next.access.ensureClaimCode({ file: box.file, signal: never });
    if (await next.access.isClaimed(never)) {
      expect(state).toBe('claimed');
      expect(box.file.text).toBeUndefined();
      await expect(next.access.claim(request(code, 'thief'), never)).rejects.toMatchObject({
        code: 'session.already-claimed',
      });
    } else {
      expect(state).toBe('kept');
      await next.access.claim(request(code), never);
    }
    const { session } = await next.access.login({ user: 'admin', password: PASSWORD }, never);
    expect(session).toMatchObject({ user: 'admin', role: 'admin' });
    expect(box.document('auth')['users']).toHaveLength(1);
  });

  it('has been looked at for every write that a claim makes', async () => {
    const box = new AccessWorld();
    const code = await box.withCode();
    const before = box.world.audit.length;
    await box.door().access.claim(request(code), never);
    expect(box.world.audit.slice(before).map(({ verb, key }) => `${verb} ${key}`)).toEqual([
      `replace Secret ${NAMESPACE}/appliance-claim`,
      `create Secret ${NAMESPACE}/appliance-auth`,
      `replace Secret ${NAMESPACE}/appliance-claim`,
    ]);
  });

  it('R-43 gives no try for nothing: one that died while it was checked is counted', async () => {
    const box = new AccessWorld();
    await box.withCode();
    for (let n = 0; n < 5; n += 1) {
      const dying = box.door({ kill: { at: 1, when: 'after' } });
      await expect(dying.access.claim(request(WRONG), never)).rejects.toThrow(/killed/);
    }
    await expect(box.door().access.claim(request(WRONG), never)).rejects.toMatchObject({
      code: 'session.locked',
    });
  });

  it('signs the owner in although the used code could not be marked', async () => {
    const box = new AccessWorld();
    const code = await box.withCode();
    let replaces = 0;
    const { access } = box.door({
      fault: (verb) => {
        if (verb === 'replace' && (replaces += 1) > 1) throw unavailable();
      },
    });
    expect((await access.claim(request(code), never)).session.user).toBe('admin');
    expect(box.document('claim')['usedAt']).toBeUndefined();
    await expect(box.door().access.claim(request(code), never)).rejects.toMatchObject({
      code: 'session.already-claimed',
    });
  });
});

describe('the code in the file', () => {
  it('is made once, only as a verifier in the cluster, and kept over restarts', async () => {
    const box = new AccessWorld();
    expect(await box.door().access.ensureClaimCode({ file: box.file, signal: never })).toBe('made');
    const code = box.file.text ?? '';
    expect(code).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    expect(box.stored()).not.toContain(code);
    for (let n = 0; n < 3; n += 1)
      expect(await box.door().access.ensureClaimCode({ file: box.file, signal: never })).toBe('kept');
    expect(box.file.text).toBe(code);
    expect(box.world.audit).toHaveLength(1);
  });

  // Two cannot make one at the same time: only the holder of the Lease does.
  it('B-58 is made anew when the file is gone or holds another one: what a person reads is what opens, and the old one opens nothing', async () => {
    const box = new AccessWorld();
    const old = await box.withCode();
    for (const text of [undefined, 'AAAA-AAAA-AAAA', 'rubbish']) {
      box.file.text = text;
      expect(await box.door().access.ensureClaimCode({ file: box.file, signal: never })).toBe('made');
    }
    const { access } = box.door();
    await expect(access.claim(request(old), never)).rejects.toMatchObject({ code: 'session.code-wrong' });
    await access.claim(request(box.file.text ?? ''), never);
  });

  it('is not made where there is no place for it, and replaces none that the host or a person has made', async () => {
    const box = new AccessWorld();
    const { access, cluster, calls } = box.door();
    expect(await access.ensureClaimCode({ signal: never })).toBe('none');
    expect(calls.every((verb) => verb === 'get')).toBe(true);
    await box.withCode();
    const code = await makeClaimCode(
      {
        cluster,
        namespace: NAMESPACE,
        hasher: createHasher(CHEAP),
        random: seededRandom(),
        clock: box.clock.port,
      },
      never,
    );
    expect(await access.ensureClaimCode({ file: box.file, signal: never })).toBe('of-another');
    // The one in the file fits no more: nobody shall try it.
    expect(box.file.text).toBeUndefined();
    expect((await access.claim(request(code), never)).session.role).toBe('admin');
  });

  it('begins without wrong tries', async () => {
    const box = new AccessWorld();
    await box.withCode();
    const { access } = box.door();
    for (let n = 0; n < 5; n += 1) await access.claim(request(WRONG), never).catch(() => undefined);
    box.file.text = undefined;
    await access.ensureClaimCode({ file: box.file, signal: never });
    await access.claim(request(box.file.text ?? ''), never);
    box.clock.advance(HOUR);
    expect(await access.isClaimed(never)).toBe(true);
  });

  it.each([1, 2, 3])('fits again after a crash at its change %i, whatever was there before', async (at) => {
    for (const before of [undefined, 'STAL-ECPD-E000']) {
      const box = new AccessWorld();
      box.file.text = before;
      let changes = 0;
      const crash = (): void => {
        if ((changes += 1) === at) throw new Error('power cut');
      };
      box.file.before = crash;
      const dying = box.door({
        fault: (verb) => {
          if (verb === 'create') crash();
        },
      });
      await expect(dying.access.ensureClaimCode({ file: box.file, signal: never })).rejects.toThrow(
        'power cut',
      );
      box.file.before = () => undefined;
      await box.door().access.ensureClaimCode({ file: box.file, signal: never });
      await box.door().access.claim(request(box.file.text ?? ''), never);
    }
  });
});
