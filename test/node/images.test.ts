import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HostStatus, type PulledImage } from 'host-service/contract/objects.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentBox, eventually, signal, type AgentProcess } from '../edges/agent-box.ts';
import { ImageStore } from './support/image-store.ts';
import { inRoom } from './support/in-room.ts';

const MB = 1_000_000;
const HOST = { apiVersion: 'appliance.nineminds.com/v1alpha1', kind: 'Host' } as const;

/** The real program of a host, a real runtime and a real registry; the wishes of the engine are written by hand. */
describe.skipIf(!inRoom)('the images of a host', () => {
  let store: ImageStore;
  let box: AgentBox;
  let agent: AgentProcess;
  let refusing: Server;
  let [small, large, other] = ['', '', ''];
  const seen: string[] = [];

  const start = async (): Promise<AgentProcess> => {
    const runtime = { socket: store.socket, crictl: [store.crictl], ctr: [store.ctr] };
    return box.start(['--config', await box.config({ runtime })]);
  };
  const pulled = async (): Promise<readonly PulledImage[]> =>
    HostStatus.safeParse((await box.host())?.['status']).data?.pulled ?? [];
  const entryOf = async (image: string): Promise<PulledImage | undefined> =>
    (await pulled()).find((one) => one.image === image);
  const until = (image: string, ask: (entry: PulledImage) => boolean): Promise<PulledImage> =>
    eventually(
      `${image} as it should be`,
      async () => {
        const entry = await entryOf(image);
        const text = `${entry?.state} ${entry?.bytes ?? ''} of ${entry?.total ?? ''} ${entry?.code ?? ''}`;
        if (seen.at(-1) !== text) seen.push(text);
        return entry !== undefined && ask(entry) ? entry : undefined;
      },
      60_000,
    ).catch((cause: unknown) => {
      throw new Error(`${seen.join('\n')}\n${agent.output.slice(-4_000)}`, { cause });
    });
  const ask = async (images: readonly string[], imageBytes: Record<string, number> = {}): Promise<void> => {
    await box.admin.apply({ ...HOST, metadata: { name: 'box' }, spec: { images, imageBytes } }, { signal });
  };

  beforeAll(async () => {
    store = await ImageStore.open();
    box = await AgentBox.open();
    small = await store.push('small', MB / 2);
    large = await store.push('large', 6 * MB);
    other = await store.push('other', MB / 2);
    refusing = createServer((_, answer) => answer.writeHead(403).end('{}'));
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    refusing?.close();
    await box?.close();
    await store?.close();
  });

  it('B-14 come the smallest first, with bytes, and go on after kill -9 in the middle of one', async () => {
    store.way.rate = 2 * MB;
    const digest = (reference: string): string => reference.slice(reference.indexOf('@') + 1);
    await ask([large, small], { [digest(large)]: 6 * MB, [digest(small)]: MB / 2 });
    agent = await start();
    const half = await until(large, ({ state, bytes = 0 }) => state === 'pulling' && bytes > 0);
    expect(half.bytes).toBeLessThan(half.total ?? 0);
    expect(half.total).toBeGreaterThan(6 * MB);
    expect(await entryOf(small)).toMatchObject({ state: 'present' });
    await agent.kill();
    store.way.rate = Number.POSITIVE_INFINITY;
    agent = await start();
    await until(large, ({ state }) => state === 'present');
    expect(await entryOf(small)).toMatchObject({ state: 'present' });
  });

  it('R-13 are kept when the runtime clears away what is not used, and let go when nobody wants them', async () => {
    await store.cri('pull', other);
    await eventually('both are kept', async () => {
      const images = await store.images();
      return images.get(small) === true && images.get(large) === true;
    });
    await store.cri('rmi', '--prune');
    expect([...(await store.images()).keys()].sort()).toEqual([small, large].sort());
    await ask([small]);
    await eventually('one is let go', async () => (await store.images()).get(large) === false);
    await store.cri('rmi', '--prune');
    expect([...(await store.images()).keys()]).toEqual([small]);
  });

  it('R-27 R-38 say by code why they cannot be had, and come when they can', async () => {
    const foreign = await store.pushForeign(small);
    const missing = `${store.way.host}/test/small@sha256:${'0'.repeat(64)}`;
    const { port } = refusing.address() as AddressInfo;
    await store.trust(`127.0.0.1:${port}`);
    const refused = small.replace(store.way.host, `127.0.0.1:${port}`);
    const huge = await store.push('huge', 48 * MB);
    await ask([small, foreign, missing, refused, huge]);
    const codes = [
      [foreign, 'pull.wrong-platform'],
      [missing, 'pull.missing'],
      [refused, 'pull.refused'],
      [huge, 'pull.no-space'],
    ] as const;
    for (const [image, code] of codes) {
      const entry = await until(image, ({ state }) => state === 'failed');
      expect(entry).toMatchObject({ code });
      expect(entry.retries).toBeGreaterThan(0);
    }
    store.way.rate = 0;
    store.way.cut();
    await ask([small, other]);
    await until(other, ({ code, retries = 0 }) => code === 'pull.failed' && retries > 0);
    store.way.rate = Number.POSITIVE_INFINITY;
    await until(other, ({ state }) => state === 'present');
    expect(await pulled()).toHaveLength(2);
  });
});
