import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { createApi } from 'host-service/api/app.ts';
import type { ApiOptions } from 'host-service/api/options.ts';
import { createClock } from 'host-service/edges/clock/clock.ts';
import { listen, type Listener, type ListenerLimits } from 'host-service/edges/listener/listener.ts';
import { ApiWorld } from '../../flow/api-world.ts';

/** The API of a test world behind the real listener, on a port of its own. */
export interface Served {
  readonly world: ApiWorld;
  readonly listener: Listener;
  readonly url: string;
  /** A raw connection that is closed at the end of the test. */
  dial(): Promise<Socket>;
  close(): Promise<void>;
}

export async function serveWorld(
  over: Partial<ApiOptions> = {},
  limits: Partial<ListenerLimits> = {},
): Promise<Served> {
  const world = new ApiWorld();
  const api = createApi(world.host(), world.options({ clock: createClock(), cookies: 'plain', ...over }));
  const listener = await listen(
    '127.0.0.1:0',
    (request, connection) => api.fetch(request, connection),
    limits,
  );
  const sockets: Socket[] = [];
  return {
    ...{ world, listener, url: `http://${listener.address}` },
    dial: async () => {
      const socket = connect(Number(listener.address.split(':')[1]), '127.0.0.1');
      socket.on('error', () => undefined);
      sockets.push(socket);
      await once(socket, 'connect');
      return socket;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await listener.close();
    },
  };
}

export const COOKIE = { cookie: 'appliance=admin-cookie' };

/** Everything that comes until the other side ends the connection. */
export async function restOf(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

/** Waits until it is so; the test's own deadline ends the wait. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export interface SeenEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

/** A client of `GET /api/events` that reads as fast as it can. */
export class EventReader {
  readonly seen: SeenEvent[] = [];
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  readonly #stop = new AbortController();
  status = 0;
  text = '';

  constructor(url: string, headers: Record<string, string> = {}) {
    this.ended = this.#read(url, headers).catch(() => undefined);
  }

  async #read(url: string, headers: Record<string, string>): Promise<void> {
    const response = await fetch(url, { headers: { ...COOKIE, ...headers }, signal: this.#stop.signal });
    this.status = response.status;
    if (response.body === null) return;
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      const text = decoder.decode(chunk, { stream: true });
      this.text += text;
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) this.#take(block);
    }
  }

  #take(block: string): void {
    const lines = block.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]);
    const field = (name: string): string | undefined => lines.find(([key]) => key === name)?.[1];
    const event = field('event');
    if (event !== undefined)
      this.seen.push({ event, id: field('id'), data: JSON.parse(field('data') ?? '') as unknown });
  }

  /** Names of events but beats, with their ids. */
  get story(): readonly string[] {
    return this.seen.filter(({ event }) => event !== 'beat').map(({ event, id }) => `${event} ${id ?? '-'}`);
  }

  count(event: string): number {
    return this.seen.filter((one) => one.event === event).length;
  }

  leave(): void {
    this.#stop.abort();
  }
}
