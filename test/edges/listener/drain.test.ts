import type { Drain } from 'host-service/edges/listener/listener.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { COOKIE, EventReader, restOf, serveWorld, until, type Served } from './served.ts';

let served: Served;
const readers: EventReader[] = [];
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.leave();
  await served.close();
});

/** Begins to drain as the composition does: first the state, then the listener. */
function drain(how: Partial<Drain>, closing: AbortController): Promise<void> {
  served.world.state.draining = true;
  return served.listener.drain({
    ...{ serveOnMs: 20_000, endsEarly: false, graceMs: 20_000 },
    onServedOn: () => closing.abort(),
    ...how,
  });
}
async function open(): Promise<AbortController> {
  const closing = new AbortController();
  served = await serveWorld({ closing: closing.signal });
  return closing;
}
const KEPT = 'GET /api/status HTTP/1.1\r\nHost: x\r\nCookie: appliance=admin-cookie\r\n\r\n';

describe('a control plane that is told to go', () => {
  it('says so to the probes, serves on, and keeps no connection', async () => {
    const closing = await open();
    const { url, dial } = served;
    const kept = await dial();
    const answers = restOf(kept);
    kept.write(KEPT);
    await until(() => kept.bytesRead > 0);
    const over = drain({ serveOnMs: 2_000 }, closing);
    for (const path of ['/api/healthz', '/api/ready']) {
      const probe = await fetch(url + path);
      expect([probe.status, probe.headers.get('connection')]).toEqual([503, 'close']);
      expect(await probe.json()).toEqual({ status: 'draining', version: '0.1.0' });
    }
    const status = await fetch(`${url}/api/status`, { headers: COOKIE });
    expect([status.status, status.headers.get('connection')]).toEqual([200, 'close']);
    kept.write(KEPT);
    const [, first = '', second = ''] = (await answers).split('HTTP/1.1 ');
    expect([first.slice(0, 3), second.slice(0, 3)]).toEqual(['200', '200']);
    expect(second.toLowerCase()).toContain('connection: close');
    await over;
    await expect(fetch(`${url}/api/healthz`)).rejects.toThrow();
  });

  it('finishes what is under way, then is gone', async () => {
    const closing = await open();
    const { world, url } = served;
    let finish: () => void = () => undefined;
    let asked = false;
    world.handle.releases = () =>
      new Promise((resolve) => {
        asked = true;
        finish = () => resolve({ releases: [] });
      });
    const answer = fetch(`${url}/api/releases`, { headers: COOKIE });
    await until(() => asked);
    const over = drain({ serveOnMs: 0 }, closing);
    await until(() => closing.signal.aborted);
    await expect(fetch(`${url}/api/healthz`)).rejects.toThrow();
    finish();
    expect(await (await answer).json()).toEqual({ releases: [] });
    await over;
  });

  it('waits for a request no longer than its grace', async () => {
    const closing = await open();
    const { world, url } = served;
    let asked = false;
    world.handle.releases = () => {
      asked = true;
      return new Promise(() => undefined);
    };
    const answer = fetch(`${url}/api/releases`, { headers: COOKIE }).catch((error: unknown) => error);
    await until(() => asked);
    await drain({ serveOnMs: 0, graceMs: 100 }, closing);
    expect(await answer).toBeInstanceOf(TypeError);
  });

  it('B-56 tells event streams goodbye after it has served on, not before', async () => {
    const closing = await open();
    const { world, url } = served;
    const reader = new EventReader(`${url}/api/events`);
    readers.push(reader);
    await until(() => reader.count('snapshot') === 1);
    const over = drain({ serveOnMs: 200 }, closing);
    world.live.snapshot(4);
    await until(() => reader.count('snapshot') === 2);
    expect(reader.count('bye')).toBe(0);
    await over;
    await reader.ended;
    expect(reader.seen.at(-1)?.data).toEqual({ reason: 'draining' });
  });

  it('does not wait for nobody where no list of addresses can be late', async () => {
    const closing = await open();
    const { url, listener } = served;
    await (await fetch(`${url}/api/healthz`)).text();
    expect(listener.connections()).toBe(1);
    // Ends although it might serve on for 20 s: the one connection there is carries nothing.
    await drain({ endsEarly: true }, closing);
    expect(listener.connections()).toBe(0);
  });

  it('waits for a request even there', async () => {
    const closing = await open();
    const { world, url } = served;
    let finish: () => void = () => undefined;
    let asked = false;
    world.handle.releases = () =>
      new Promise((resolve) => {
        asked = true;
        finish = () => resolve({ releases: [] });
      });
    const answer = fetch(`${url}/api/releases`, { headers: COOKIE });
    await until(() => asked);
    const over = drain({ endsEarly: true }, closing);
    finish();
    expect((await answer).status).toBe(200);
    await over;
  });
});
