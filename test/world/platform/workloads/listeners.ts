import { createServer, type Server } from 'node:http';
import { createServer as createSocket } from 'node:net';
import type { Accounts } from './accounts.ts';
import type { Listening } from './pod-status.ts';
import { answerPeople } from './sign-in.ts';

interface Place {
  readonly server: Server;
  /** What each pod says here; more than one only where all pods share an address. */
  readonly voices: Map<string, Listening>;
}

/** Whether this machine answers on all of 127.0.0.0/8; macOS only on 127.0.0.1. */
export async function hasManyLoopbacks(): Promise<boolean> {
  const socket = createSocket();
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false));
    socket.listen(0, '127.18.0.1', () => socket.close(() => resolve(true)));
  });
}

/** Real listeners at the addresses of pods. */
export class Listeners {
  /** Addresses that could not be bound, with the reason. */
  readonly failures: string[] = [];
  readonly #places = new Map<string, Place>();
  readonly #wanted = new Map<string, string>();
  readonly #accounts: Accounts;
  // One change after another: an address may pass from one pod to the next.
  #turn: Promise<void> = Promise.resolve();

  constructor(accounts: Accounts) {
    this.#accounts = accounts;
  }

  /** `address:port` of everything that listens, sorted. */
  get names(): readonly string[] {
    return [...this.#places.keys()].sort();
  }

  /** Makes a pod listen at exactly these ports of its address. */
  async set(pod: string, address: string, wanted: readonly Listening[]): Promise<void> {
    const like = JSON.stringify([address, wanted]);
    if (wanted.length === 0 ? !this.#wanted.has(pod) : this.#wanted.get(pod) === like) return;
    if (wanted.length === 0) this.#wanted.delete(pod);
    else this.#wanted.set(pod, like);
    const turn = this.#turn.then(async () => this.#change(pod, address, wanted));
    this.#turn = turn;
    return turn;
  }

  async close(): Promise<void> {
    await this.#turn;
    this.#wanted.clear();
    const places = [...this.#places.values()];
    this.#places.clear();
    await Promise.all(places.map(async ({ server }) => closeServer(server)));
  }

  async #change(pod: string, address: string, wanted: readonly Listening[]): Promise<void> {
    const names = new Map(wanted.map((one) => [`${address}:${one.port}`, one]));
    for (const [name, place] of [...this.#places]) {
      if (names.has(name) || !place.voices.delete(pod) || place.voices.size > 0) continue;
      this.#places.delete(name);
      await closeServer(place.server);
    }
    for (const [name, one] of names) {
      const place = this.#places.get(name) ?? (await this.#open(name, address, one.port));
      place?.voices.set(pod, one);
    }
  }

  async #open(name: string, address: string, port: number): Promise<Place | undefined> {
    const voices = new Map<string, Listening>();
    const server = createServer((request, answer) => {
      // Where pods share an address, trouble of one must not hide behind the health of another.
      const [worst] = [...voices.values()].sort((a, b) => b.status - a.status);
      if (worst === undefined) answer.destroy();
      else if (worst.isApplication && worst.status === 200)
        void answerPeople(this.#accounts, request, answer, worst.body).catch(() => answer.destroy());
      else
        answer.writeHead(worst.status, { 'content-type': 'text/plain', connection: 'close' }).end(worst.body);
    });
    const error = await new Promise<Error | undefined>((resolve) => {
      server.once('error', resolve);
      server.listen(port, address, () => resolve(undefined));
    });
    if (error !== undefined) {
      this.failures.push(`${name} ${error.message}`);
      return undefined;
    }
    const place = { server, voices };
    this.#places.set(name, place);
    return place;
  }
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
