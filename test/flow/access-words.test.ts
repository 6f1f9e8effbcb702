import { Problem } from 'host-service/contract/problem.ts';
import { describe, expect, it } from 'vitest';
import { AccessWorld, PASSWORD } from './access-world.ts';
import { ApiWorld, BASE, WORDS } from './api-world.ts';

const SYSTEM = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } } as const;

describe('the six words of a box', () => {
  it('R-43 stand on the page before anybody has claimed it, the same on each replica and after a restart, for one read', async () => {
    const box = new AccessWorld();
    box.world.store.seed(SYSTEM);
    const [one, other] = [box.door(), box.door()];
    const words = await one.access.words();
    expect(words).toHaveLength(6);
    expect(await other.access.words()).toEqual(words);
    for (let n = 0; n < 20; n += 1) {
      box.clock.advance(60_000);
      expect(await one.access.words()).toEqual(words);
    }
    expect(one.calls).toEqual(['get']);
  });

  it('are another box’s where the platform is another one', async () => {
    const words = async (box: AccessWorld) => {
      box.world.store.seed(SYSTEM);
      return (await box.door().access.words())?.join(' ');
    };
    const [one, other] = [new AccessWorld(), new AccessWorld()];
    other.world.store.seed({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
    expect(await words(one)).not.toBe(await words(other));
  });

  it('are left out while the platform does not answer, and hinder nobody', async () => {
    const box = new AccessWorld();
    const away = { now: true };
    const door = box.door({
      fault: () => {
        if (away.now) throw new Problem('cluster.unavailable', 'the platform is away');
      },
    });
    expect(await door.access.words()).toBeUndefined();
    away.now = false;
    box.world.store.seed(SYSTEM);
    expect(await door.access.words()).toHaveLength(6);
  });

  it('are told to everybody who opens the page, and claim and sign-in answer them as well', async () => {
    const world = new ApiWorld();
    world.claimed = false;
    const session = await world.api().request(`${BASE}/api/session`);
    expect(await session.json()).toMatchObject({ claimed: false, words: [...WORDS] });
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ code: 'ABCD-EFGH-JKMN', user: 'ada', password: PASSWORD });
    const claimed = await world.api().request(`${BASE}/api/claim`, { method: 'POST', headers, body });
    expect(await claimed.json()).toMatchObject({ claimed: true, user: 'ada', words: [...WORDS] });
  });
});
