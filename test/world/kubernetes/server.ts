import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { EmbeddedKubernetes, KubernetesFault } from '../ports.ts';
import { Api } from './api.ts';
import type { Reply } from './api.ts';
import { Faults, isWrite } from './faults.ts';
import { Refusal } from './refusal.ts';
import { readAsk } from './requests.ts';
import type { Ask } from './requests.ts';
import { NoSuchPath } from './routes.ts';

const AUDIT = 5000;
type AuditLine = ReturnType<EmbeddedKubernetes['audit']>[number];
const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
/** Open to everybody, as the role `system:public-info-viewer` has it. */
const OPEN = new Set(['/healthz', '/livez', '/readyz', '/version']);

/** The network side: one port, one token, and what may go wrong with both. */
export class ApiListener {
  readonly api = new Api();
  readonly faults = new Faults();
  private readonly token: string;
  private readonly sockets = new Set<Socket>();
  private readonly lines: AuditLine[] = [];
  private server: Server | undefined;
  private port: number;

  constructor(token: string, port: number) {
    this.token = token;
    this.port = port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  audit(): readonly AuditLine[] {
    return [...this.lines];
  }

  async listen(): Promise<void> {
    const server = createServer((request, answer) => void this.handle(request, answer));
    server.keepAliveTimeout = 60_000;
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Nobody listens any more and all connections are cut. */
  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    this.api.watches.end(false);
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  async setFault(fault: KubernetesFault): Promise<void> {
    this.faults.set(fault);
    if (fault.kind === 'down') return this.close();
    if (this.server === undefined) await this.listen();
    if (fault.kind === 'unavailable') this.api.watches.end(false);
    if (fault.kind === 'expire-watches') this.api.expire();
  }

  private async handle(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    let ask: Ask | undefined;
    const respond = (
      reply: Exclude<Reply, 'streaming'>,
      headers: Readonly<Record<string, string>> = {},
    ): void => {
      if (ask !== undefined) this.note(ask, reply.code);
      send(answer, reply, headers);
    };
    try {
      ask = await readAsk(request);
      const reply = await this.reply(ask, answer);
      if (reply !== 'streaming') respond(reply);
    } catch (error) {
      if (error instanceof NoSuchPath)
        return respond({ code: 404, text: '404 page not found\n', plain: true });
      const refusal =
        error instanceof Refusal
          ? error
          : new Refusal(500, 'InternalError', error instanceof Error ? error.message : 'internal error');
      if (answer.headersSent || answer.destroyed) return void answer.destroy();
      respond({ code: refusal.code, text: JSON.stringify(refusal.status()) }, refusal.headers);
    }
  }

  private async reply(ask: Ask, answer: ServerResponse): Promise<Reply> {
    await this.faults.before();
    if (ask.token !== this.token && !(ask.token === '' && OPEN.has(ask.path)))
      throw new Refusal(401, 'Unauthorized', 'Unauthorized');
    const route = this.api.route(ask.path);
    this.faults.check(ask, route);
    return this.api.answer(ask, route, this.faults.forbidden, answer);
  }

  private note(ask: Ask, code: number): void {
    if (!isWrite(ask)) return;
    // A dry run is no change, and looks like one without this.
    const dry = ask.query.has('dryRun') ? `?dryRun=${ask.query.get('dryRun') ?? ''}` : '';
    this.lines.push({
      verb: VERBS[ask.method] ?? ask.method.toLowerCase(),
      path: `${ask.path}${dry}`,
      userAgent: ask.userAgent,
      code,
    });
    if (this.lines.length > AUDIT) this.lines.shift();
  }
}

function send(
  answer: ServerResponse,
  { code, text, plain = false, warnings = [] }: Exclude<Reply, 'streaming'>,
  headers: Readonly<Record<string, string>>,
): void {
  answer.writeHead(code, {
    'content-type': plain ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(warnings.length === 0
      ? {}
      : { warning: warnings.map((one) => `299 - ${JSON.stringify(one)}`).join(', ') }),
    ...headers,
  });
  answer.end(text);
}
