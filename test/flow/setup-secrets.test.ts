import { afterEach, describe, expect, it } from 'vitest';
import type { Log } from 'host-service/engine/ports.ts';
import { OPEN, SetupWorld } from './setup-world.ts';
import type { Engine } from 'host-service/engine/engine.ts';

let world: SetupWorld;
afterEach(() => world.close());

/** Secrets that are typed, refused, corrected, typed again: thirty of them. */
const planted = (kind: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `planted-${kind}-${at}-x9Q`);

/** Everything that may be seen: all objects but Secrets, to the byte. */
const objects = (): string =>
  JSON.stringify(
    world.box.cluster.store
      .keys()
      .filter((key) => !key.startsWith('Secret '))
      .map((key) => {
        const [kind = '', place = ''] = key.split(' ');
        const [namespace = '', name = ''] = place.split('/');
        return world.box.cluster.store.get({ kind, name, ...(namespace === '' ? {} : { namespace }) });
      }),
  );

describe('setup: secrets', () => {
  it('S2 S19 stay where they are used: thirty of them are in no answer, event, operation, object, problem or log', async () => {
    world = await SetupWorld.open();
    const said: string[] = [];
    const write = (message: string, fields?: Record<string, unknown>): void => {
      said.push(message, JSON.stringify(fields ?? {}));
    };
    const log: Log = { debug: write, info: write, warn: write, error: write };
    const bare = world.engine();
    const engine: Engine = { ...bare, ports: { ...bare.ports, log } };
    const hear = async (act: () => Promise<unknown>): Promise<void> => {
      try {
        said.push(JSON.stringify(await act()) ?? '');
      } catch (error) {
        said.push(String(error), JSON.stringify(error));
      }
    };
    const [passwords, codes, files] = [planted('password', 10), planted('code', 10), planted('file', 10)];
    await world.change({ answers: OPEN });
    for (let at = 0; at < 10; at += 1) {
      const secrets = { password: passwords[at], code: codes[at], licence: `${files[at]}\r\n` };
      await hear(() => world.change({ secrets }));
      await hear(() => world.change({ answers: { password: passwords[at] } }));
      await hear(() => world.change({ secrets: { [`${codes[at]}`]: 'x' } }, { expected: '999999' }));
      if (at % 3 !== 0) continue;
      // Codes that nobody knows are refused, and the service hears of them.
      await hear(() => world.approve());
      await hear(() => world.box.settle(engine));
      await hear(() => world.view());
    }
    expect(world.service.asked.length).toBeGreaterThan(2);
    world.service.codes.set(codes[9] ?? '', 'open');
    await hear(() => world.change({ secrets: { code: null } }));
    await hear(() => world.change({ secrets: { code: codes[9] } }));
    world.service.mood = 'garbage';
    await hear(() => world.approve());
    for (let round = 0; round < 4; round += 1) {
      await hear(() => world.box.tryCycle(engine));
      world.box.clock.advance(20_000);
    }
    world.service.mood = 'good';
    await hear(() => world.box.settle(world.engine()));
    await hear(() => world.view());
    expect(world.box.status()?.phase).toBe('running');
    const { handle } = world.plane();
    const { signal } = world.box;
    await hear(() => handle.operations(signal));
    await hear(() => handle.releases(signal));
    for (const { metadata } of world.box.operations())
      await hear(() => handle.operation(metadata.name, signal));
    const everything = [...said, objects()].join('\n');
    expect(everything.length).toBeGreaterThan(20_000);
    const credential = 'credential-1-of-';
    for (const secret of [...passwords, ...codes, ...files, credential]) {
      expect(everything.includes(secret), secret).toBe(false);
      expect(everything.includes(Buffer.from(secret).toString('base64').slice(0, 20)), secret).toBe(false);
    }
  });
});
