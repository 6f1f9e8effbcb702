import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longest wait for an answer in milliseconds: that of the front. */
const PATIENCE_MS = 10_000;

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** One person with a browser: an address, kept connections, a session. Asks like the front: what is idempotent is tried once more. */
export class Visitor {
  readonly #server: string;
  readonly #localAddress: string;
  readonly #agent: Agent;
  cookie = '';

  constructor(server: string, localAddress: string) {
    this.#server = server;
    this.#localAddress = localAddress;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 8 });
  }

  open(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = request(`http://${this.#server}${path}`, {
        // Half of what is asked comes over new connections: those that are kept never meet a new pod.
        ...{ method, agent: path === '/api/status' ? this.#agent : false },
        localAddress: this.#localAddress,
        headers: { ...(this.cookie === '' ? {} : { cookie: this.cookie }), ...headers },
      });
      outgoing.setTimeout(PATIENCE_MS, () => outgoing.destroy(new Error('no answer in time')));
      outgoing.on('response', resolve).on('error', reject);
      outgoing.end(body);
    });
  }

  async ask(method: string, path: string, value?: unknown): Promise<Answer> {
    const body = value === undefined ? undefined : JSON.stringify(value);
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await this.open(method, path, type, body);
    const chunks: Buffer[] = [];
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
    return {
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
  }

  async signIn(user: string, password: string): Promise<void> {
    const answer = await this.ask('POST', '/api/login', { user, password });
    if (answer.status !== 200) throw new Error(`sign-in: ${answer.status} ${answer.body}`);
    this.cookie = (answer.headers['set-cookie'] ?? []).map((one) => one.split(';')[0]).join('; ');
  }

  close(): void {
    this.#agent.destroy();
  }
}

export interface LoadReport {
  readonly asked: number;
  /** Got no good answer, neither at first nor at the second try: what happened each time. */
  readonly lost: readonly string[];
  readonly retried: number;
  /** Slowest answer in milliseconds. */
  readonly slowestMs: number;
}

const PATHS = ['/api/status', '/api/version'] as const;

/** Fifty requests a second until stop() (five for each of ten visitors), evenly spread. */
export class Load {
  readonly #visitors: readonly Visitor[];
  readonly #running: Promise<void>;
  readonly #lost: string[] = [];
  #stopped = false;
  #asked = 0;
  #retried = 0;
  #slowestMs = 0;

  constructor(visitors: readonly Visitor[]) {
    this.#visitors = visitors;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const open = new Set<Promise<void>>();
    const begin = performance.now();
    for (let turn = 0; !this.#stopped; turn += 1) {
      const visitor = this.#visitors[turn % this.#visitors.length];
      const path = PATHS[Math.floor(turn / this.#visitors.length) % PATHS.length];
      if (visitor === undefined || path === undefined) return;
      const one = this.#one(visitor, path).finally(() => open.delete(one));
      open.add(one);
      await sleep(Math.max(0, begin + (turn + 1) * 20 - performance.now()));
    }
    await Promise.all(open);
  }

  async #one(visitor: Visitor, path: string): Promise<void> {
    const started = performance.now();
    this.#asked += 1;
    const said: string[] = [];
    for (let attempt = 0; attempt < 2; attempt += 1) {
      if (attempt > 0) this.#retried += 1;
      try {
        const { status } = await visitor.ask('GET', path);
        if (status === 200) {
          this.#slowestMs = Math.max(this.#slowestMs, performance.now() - started);
          return;
        }
        said.push(String(status));
      } catch (error) {
        said.push(
          error instanceof Error ? `${error.message} ${String(Reflect.get(error, 'code') ?? '')}` : '?',
        );
      }
    }
    this.#lost.push(`${new Date().toISOString()} ${path}: ${said.join(', then ')}`);
  }

  /** What happened so far. */
  report(): LoadReport {
    const [asked, retried, slowestMs] = [this.#asked, this.#retried, Math.round(this.#slowestMs)];
    return { asked, retried, slowestMs, lost: [...this.#lost] };
  }

  async stop(): Promise<LoadReport> {
    this.#stopped = true;
    await this.#running;
    return this.report();
  }
}
