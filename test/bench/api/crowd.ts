import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One client of the API with a connection and an address of its own: limits are counted by address. */
export class Visitor {
  readonly #agent: Agent;
  readonly #port: number;
  readonly #cookie: string;

  constructor(port: number, index: number, cookie: string) {
    this.#port = port;
    this.#cookie = cookie;
    const localAddress = `127.1.${index >> 7}.${1 + (index & 127)}`;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress });
  }

  /** Milliseconds from asking to the last byte, and the bytes. Rejects on any answer but 200. */
  ask(path: string): Promise<{ readonly ms: number; readonly bytes: number }> {
    const since = performance.now();
    const options = { port: this.#port, host: '127.0.0.1', path, agent: this.#agent };
    return new Promise((resolve, reject) => {
      const asked = request({ ...options, headers: { cookie: this.#cookie } }, (answer) => {
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => (bytes += chunk.length));
        answer.on('error', reject);
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve({ ms: performance.now() - since, bytes });
          else reject(new Error(`${path} answers ${answer.statusCode}`));
        });
      });
      asked.on('error', reject);
      asked.end();
    });
  }

  leave(): void {
    this.#agent.destroy();
  }
}

/** All ask for the same at an even pace, spread over the interval, until the signal fires. Answers all times and the size of the last answer. */
export async function askInTurn(
  visitors: readonly Visitor[],
  path: string,
  everyMs: number,
  signal: AbortSignal,
): Promise<{ readonly times: readonly number[]; readonly bytes: number }> {
  const times: number[] = [];
  let bytes = 0;
  const run = async (visitor: Visitor, index: number): Promise<void> => {
    let next = performance.now() + (index / visitors.length) * everyMs;
    while (!signal.aborted) {
      await sleep(Math.max(0, next - performance.now()), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const answer = await visitor.ask(path);
      times.push(answer.ms);
      bytes = answer.bytes;
      next = Math.max(next + everyMs, performance.now());
    }
  };
  await Promise.all(visitors.map(run));
  return { times, bytes };
}

/** The value that so many per cent do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** A client of `GET /api/events` that tells when it first sees a word. */
export class Listener {
  readonly #socket: Socket;
  #rest = '';
  #word = '';
  #seen: (at: number) => void = () => undefined;
  readonly opened: Promise<void>;

  constructor(port: number, index: number, cookie: string) {
    const localAddress = `127.2.${index >> 7}.${1 + (index & 127)}`;
    this.#socket = connect({ port, host: '127.0.0.1', localAddress });
    this.#socket.on('error', () => undefined);
    this.#socket.write(`GET /api/events HTTP/1.1\r\nhost: x\r\ncookie: ${cookie}\r\n\r\n`);
    this.opened = new Promise((resolve, reject) => {
      this.#socket.on('data', (chunk: Buffer) => {
        const text = this.#rest + chunk.toString('latin1');
        if (text.startsWith('HTTP/1.1 ') && !text.startsWith('HTTP/1.1 200'))
          reject(new Error(text.slice(0, 400)));
        if (text.includes('event: snapshot')) resolve();
        if (this.#word !== '' && text.includes(this.#word)) this.#seen(performance.now());
        this.#rest = text.slice(-100);
      });
    });
  }

  /** Resolves with the monotonic time at which the word came. */
  hear(word: string): Promise<number> {
    this.#word = word;
    return new Promise((resolve) => {
      this.#seen = (at) => {
        this.#word = '';
        resolve(at);
      };
    });
  }

  leave(): void {
    this.#socket.destroy();
  }
}
