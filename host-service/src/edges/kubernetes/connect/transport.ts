import type { Readable } from 'node:stream';
import { Pool } from 'undici';
import type { Log } from '../../../engine/ports.ts';
import { Problem } from '../../../contract/problem.ts';
import type { Credentials, KubeAuth } from './auth.ts';
import { Deadline } from './deadline.ts';
import { isStaleConnection, isTrustFailure, problemOfAnswer, problemOfFailure } from './failure.ts';
import type { Limits } from './limits.ts';

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** JSON text. */
  readonly body?: string | undefined;
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
  /** Whether the same request sent twice has the effect of one. */
  readonly repeatable?: boolean;
  /** The object is a Secret: nothing of an answer is quoted. */
  readonly secret?: boolean;
  /** Milliseconds; default Limits.callMs. */
  readonly withinMs?: number;
  /** Leases have a connection of their own: slow answers to others must not cost the leadership. */
  readonly lane?: 'calls' | 'leases';
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
}

interface Opened {
  readonly status: number;
  readonly body: Readable;
  readonly retryAfter: string | undefined;
}

const one = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;
export const whatOf = (request: Pick<Request, 'method' | 'path'>): string =>
  `${request.method} ${request.path.split('?')[0] ?? ''}`;

/** Few kept-alive connections for calls, one each for watches: a watch holds its connection for minutes and must not starve the calls. */
const CONNECTIONS = { calls: 4, leases: 1, watches: null } as const;
type Lane = keyof typeof CONNECTIONS;
interface Pools extends Readonly<Record<Lane, Pool>> {
  readonly auth: KubeAuth;
}

const poolsOf = ({ calls, leases, watches }: Pools): readonly Pool[] => [calls, leases, watches];

/** Sends requests as the present identity; bounded, cancellable, every failure a Problem. HTTP/1.1, because a lost h2 session takes all calls with it. */
export class Transport {
  private readonly credentials: Credentials;
  private readonly userAgent: string;
  private readonly limits: Limits;
  private readonly log: Log | undefined;
  private pools: Pools | undefined;
  private closed = false;
  requests = 0;
  connections = 0;

  constructor(options: {
    credentials: Credentials;
    userAgent: string;
    limits: Limits;
    log?: Log | undefined;
  }) {
    this.credentials = options.credentials;
    this.userAgent = options.userAgent;
    this.limits = options.limits;
    this.log = options.log;
  }

  /** The whole answer, whatever its status. @throws Problem cluster.* when there is none */
  async call(request: Request): Promise<Answer> {
    const deadline = new Deadline(request.signal, request.withinMs ?? this.limits.callMs);
    try {
      const opened = await this.open(request, deadline, request.lane ?? 'calls');
      const text = await this.read(opened.body, whatOf(request));
      return { status: opened.status, text, retryAfter: opened.retryAfter };
    } catch (error) {
      throw problemOfFailure(error, whatOf(request), deadline.why);
    } finally {
      deadline.clear();
    }
  }

  /** The bytes of a long answer as they come; ends by itself after `quietMs` without any. @throws Problem cluster.* */
  async stream(request: Request, quietMs: number, onBytes: (bytes: Uint8Array) => void): Promise<void> {
    const deadline = new Deadline(request.signal, this.limits.callMs);
    const what = whatOf(request);
    try {
      const opened = await this.open(request, deadline, 'watches');
      if (opened.status !== 200)
        throw problemOfAnswer({
          status: opened.status,
          text: await this.read(opened.body, what),
          retryAfter: opened.retryAfter,
          what,
          secret: false,
        });
      deadline.extend(quietMs);
      for await (const chunk of opened.body) {
        deadline.extend(quietMs);
        if (chunk instanceof Uint8Array) onBytes(chunk);
      }
    } catch (error) {
      throw problemOfFailure(error, what, deadline.why);
    } finally {
      deadline.clear();
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    const { pools } = this;
    this.pools = undefined;
    if (pools !== undefined) await Promise.all(poolsOf(pools).map(async (pool) => pool.destroy()));
  }

  /** Sends it; once more with fresh credentials when the present ones are refused (B-87) and once more when a kept-alive connection was stale. */
  private async open(request: Request, deadline: Deadline, lane: Lane): Promise<Opened> {
    const auth = this.credentials.current();
    try {
      const opened = await this.send(request, auth, deadline.signal, lane);
      if (opened.status !== 401 || !this.credentials.renew(auth)) return opened;
      opened.body.resume();
    } catch (error) {
      if (deadline.why !== undefined) throw error;
      const again =
        isTrustFailure(error) || problemOfFailure(error, '', undefined).code === 'cluster.unauthorized'
          ? this.credentials.renew(auth)
          : request.repeatable === true && isStaleConnection(error);
      if (!again) throw error;
    }
    return this.send(request, this.credentials.current(), deadline.signal, lane);
  }

  private async send(request: Request, auth: KubeAuth, signal: AbortSignal, lane: Lane): Promise<Opened> {
    if (this.closed) throw new Problem('cluster.cancelled', `${whatOf(request)}: the client is closed`);
    this.requests += 1;
    const answer = await this.poolsFor(auth)[lane].request({
      method: request.method,
      path: request.path,
      headers: {
        accept: request.accept ?? 'application/json',
        'user-agent': this.userAgent,
        ...(auth.token === undefined ? {} : { authorization: `Bearer ${auth.token}` }),
        ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
      },
      body: request.body ?? null,
      signal,
    });
    const warning = one(answer.headers['warning']);
    if (warning !== undefined)
      this.log?.debug('the cluster warns', { request: whatOf(request), warning: warning.slice(0, 300) });
    // An aborted body reports a second time to whoever no longer listens; without a listener that ends the process.
    answer.body.on('error', () => undefined);
    return { status: answer.statusCode, body: answer.body, retryAfter: one(answer.headers['retry-after']) };
  }

  private async read(body: Readable, what: string): Promise<string> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) continue;
      length += chunk.length;
      if (length > this.limits.answerBytes) {
        body.destroy();
        throw new Problem('cluster.bad-answer', `${what}: more than ${this.limits.answerBytes} bytes`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  private poolsFor(auth: KubeAuth): Pools {
    const present = this.pools;
    const same =
      present !== undefined &&
      (['server', 'ca', 'cert', 'key', 'serverName'] as const).every(
        (name) => present.auth[name] === auth[name],
      );
    if (same) return present;
    // Requests under way finish on the old connections.
    for (const pool of present === undefined ? [] : poolsOf(present))
      void pool.close().catch(() => undefined);
    const { calls, leases, watches } = CONNECTIONS;
    this.pools = {
      auth,
      calls: this.pool(auth, calls),
      leases: this.pool(auth, leases),
      watches: this.pool(auth, watches),
    };
    return this.pools;
  }

  private pool(auth: KubeAuth, connections: number | null): Pool {
    const pool = new Pool(auth.server, {
      connections,
      allowH2: false,
      keepAliveTimeout: 60_000,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: 65_536,
      connect: {
        timeout: this.limits.connectMs,
        keepAlive: true,
        keepAliveInitialDelay: 30_000,
        ...(auth.ca === undefined ? {} : { ca: auth.ca }),
        ...(auth.cert === undefined ? {} : { cert: auth.cert }),
        ...(auth.key === undefined ? {} : { key: auth.key }),
        ...(auth.serverName === undefined ? {} : { servername: auth.serverName }),
      },
    });
    pool.on('connect', () => (this.connections += 1));
    return pool;
  }
}
