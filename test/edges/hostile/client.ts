import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number;
  /** Names in lower case; of several the last. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** It came to its end. An event stream never does. */
  readonly isWhole: boolean;
}

/** Milliseconds that a whole request may wait for its answer on a machine that is very busy. */
const DEADLINE_MS = 60_000;
/** Milliseconds after which a client that has sent half of something goes. */
const HALF_MS = 120;

/** A connection from an address of its own, because limits are counted by address. All of 127/8 is this machine. */
export function dial(port: number, from: string): Socket {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  socket.setNoDelay(true);
  // A server that does not want to hear more ends the connection at once: what it said before counts.
  socket.on('error', () => undefined);
  return socket;
}

/** Sends and reads until the server ends the connection, or until enough was heard. @throws Error when it does neither */
export async function exchange(port: number, from: string, bytes: Buffer, isWhole: boolean): Promise<string> {
  const socket = dial(port, from);
  const chunks: Buffer[] = [];
  let silent: NodeJS.Timeout | undefined;
  let isSilent = false;
  const giveUp = setTimeout(() => {
    isSilent = true;
    socket.destroy();
  }, DEADLINE_MS);
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (chunk.includes('content-type: text/event-stream')) socket.destroy();
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(bytes, () => {
    if (!isWhole) silent = setTimeout(() => socket.destroy(), HALF_MS);
  });
  await closed;
  clearTimeout(giveUp);
  clearTimeout(silent);
  if (isSilent) throw new Error(`no end within ${DEADLINE_MS} ms`);
  return Buffer.concat(chunks).toString('latin1');
}

function readHead(text: string): { status: number; headers: Map<string, string> } {
  const [first = '', ...lines] = text.split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
  if (!Number.isInteger(status)) throw new Error(`no status line: ${first.slice(0, 200)}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status, headers };
}

/** Body from `at` on: text and the place behind it; undefined place = the rest never came. */
function readBody(
  text: string,
  at: number,
  headers: ReadonlyMap<string, string>,
): [string, number | undefined] {
  if (headers.get('transfer-encoding') !== 'chunked') {
    const end = at + Number(headers.get('content-length') ?? 0);
    return [text.slice(at, end), end <= text.length ? end : undefined];
  }
  let body = '';
  for (let place = at; ;) {
    const line = text.indexOf('\r\n', place);
    const size = line < 0 ? Number.NaN : Number.parseInt(text.slice(place, line), 16);
    if (Number.isNaN(size) || line + 2 + size + 2 > text.length) return [body, undefined];
    body += text.slice(line + 2, line + 2 + size);
    place = line + 2 + size + 2;
    if (size === 0) return [body, place];
  }
}

/** The answers in what a connection gave; `methods` are those of the requests in order. @throws Error when it is not HTTP */
export function answersIn(text: string, methods: readonly string[]): readonly Answer[] {
  const answers: Answer[] = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\r\n\r\n', at);
    if (end < 0) throw new Error(`half of a head: ${text.slice(at, at + 200)}`);
    const { status, headers } = readHead(text.slice(at, end));
    at = end + 4;
    if (status < 200) continue;
    // What could not be read as a request is answered before anybody knows its method; Node dates all others.
    const isHead = methods[answers.length] === 'HEAD' && headers.has('date');
    if (isHead || status === 204 || status === 304) {
      answers.push({ status, headers, body: '', isWhole: true });
      continue;
    }
    const [body, next] = readBody(text, at, headers);
    answers.push({
      status,
      headers,
      body: Buffer.from(body, 'latin1').toString('utf8'),
      isWhole: next !== undefined,
    });
    if (next === undefined) break;
    at = next;
  }
  return answers;
}

/** Clients that send a byte now and then, some in the headers and some in the body, until they are told to go. */
export class Drips {
  readonly #sockets: Socket[] = [];
  readonly #stop = new AbortController();
  readonly #heard: string[] = [];
  readonly #running: Promise<void>;

  constructor(port: number, count: number) {
    for (let index = 0; index < count; index += 1) {
      const socket = dial(port, `127.200.0.${1 + index}`);
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      socket.once('close', () => this.#heard.push(text));
      socket.write(
        index % 2 === 0
          ? 'GET /api/healthz HTTP/1.1\r\nhost: x\r\nx-slow: '
          : 'POST /api/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 4000\r\n\r\n{',
      );
      this.#sockets.push(socket);
    }
    this.#running = this.#drip();
  }

  async #drip(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      for (const socket of this.#sockets) if (socket.writable) socket.write(' ');
      await sleep(200, undefined, { signal }).catch(() => undefined);
    }
  }

  /** They go; answers what each was told before. */
  async leave(): Promise<readonly string[]> {
    this.#stop.abort();
    await this.#running;
    const open = this.#sockets.filter((socket) => !socket.closed);
    const closed = open.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
    return this.#heard;
  }
}
