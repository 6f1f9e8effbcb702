import { randomUUID } from 'node:crypto';
import { createServer as createHttp } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Digest } from '../src/types.ts';
import { MANIFEST, RegistryContent, type ContentOptions } from './registry-content.ts';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly connection: number;
  readonly body: string;
}

/** What a rule does with a request it matches; `undefined` lets the registry answer. */
export type Rule = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

export interface RegistryOptions extends ContentOptions {
  /** Token authentication: user and password that may also write; anonymous may read unless `private`. */
  readonly token?: {
    readonly user?: string;
    readonly password?: string;
    readonly private?: boolean;
    readonly realm?: string;
  };
  readonly basic?: { readonly user: string; readonly password: string };
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A small registry whose every answer can be spoiled. Listens on 127.0.0.1 only. */
export class RegistryServer {
  readonly seen: Seen[] = [];
  private readonly content: RegistryContent;
  readonly options: RegistryOptions;
  private readonly tokens = new Map<string, string>();
  private readonly rules: { readonly pattern: RegExp; readonly rule: Rule; left: number }[] = [];
  private readonly sockets = new Map<Socket, number>();
  private readonly server: Server;
  connections = 0;
  /** Stays known after the registry is closed. */
  port = 0;

  private constructor(options: RegistryOptions) {
    this.options = options;
    this.content = new RegistryContent(options);
    const handler = (request: IncomingMessage, response: ServerResponse): void => {
      this.handle(request, response).catch(() => response.destroy());
    };
    this.server = options.tls === undefined ? createHttp(handler) : createHttps(options.tls, handler);
    this.server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      this.connections += 1;
      this.sockets.set(socket, this.connections);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  static async start(options: RegistryOptions = {}): Promise<RegistryServer> {
    const registry = new RegistryServer(options);
    await new Promise<void>((resolve) => registry.server.listen(0, '127.0.0.1', resolve));
    registry.port = (registry.server.address() as AddressInfo).port;
    return registry;
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  get origin(): string {
    return `${this.options.tls === undefined ? 'http' : 'https'}://${this.host}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets.keys()) socket.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Answers requests whose `METHOD url` matches by `rule`, the next `times` times. */
  on(pattern: RegExp, rule: Rule, times = Number.POSITIVE_INFINITY): this {
    this.rules.push({ pattern, rule, left: times });
    return this;
  }

  /** A fixed answer. */
  reply(
    pattern: RegExp,
    status: number,
    headers: Record<string, string | string[]> = {},
    body = '',
    times?: number,
  ): this {
    const rule: Rule = (_request, response) => {
      response.writeHead(status, headers).end(body);
      return true;
    };
    return this.on(pattern, rule, times);
  }

  /** By `repository@digest`. */
  get blobs(): RegistryContent['blobs'] {
    return this.content.blobs;
  }

  /** By `repository@digest`. */
  get manifests(): RegistryContent['manifests'] {
    return this.content.manifests;
  }

  /** Digests by `repository:tag`. */
  get tags(): RegistryContent['tags'] {
    return this.content.tags;
  }

  putBlob(repository: string, content: Uint8Array | string): { digest: Digest; size: number } {
    return this.content.putBlob(repository, content);
  }

  putManifest(repository: string, tag: string, document: object | string, type = MANIFEST): Digest {
    return this.content.putManifest(repository, tag, document, type);
  }

  /** Requests so far as `METHOD path`, without queries. */
  get trace(): readonly string[] {
    return this.seen.map((entry) => `${entry.method} ${entry.url.split('?')[0] ?? ''}`);
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = '', url = '' } = request;
    const connection = this.sockets.get(request.socket) ?? 0;
    this.seen.push({ method, url, headers: request.headers, connection, body: body.toString('latin1') });
    const entry = this.rules.find((each) => each.left > 0 && each.pattern.test(`${method} ${url}`));
    if (entry !== undefined) {
      entry.left -= 1;
      if (await entry.rule(request, response)) return;
    }
    const parsed = new URL(url, this.origin);
    if (parsed.pathname === '/token') this.issue(request, response, parsed, body);
    else if (this.authorize(request, response, parsed)) this.content.answer(request, response, parsed, body);
  }

  private issue(request: IncomingMessage, response: ServerResponse, url: URL, body: Buffer): void {
    const { token = {} } = this.options;
    const form = new URLSearchParams(request.method === 'POST' ? body.toString() : url.search);
    const expected = `Basic ${Buffer.from(`${token.user ?? ''}:${token.password ?? ''}`).toString('base64')}`;
    const given = request.headers.authorization;
    const known = given === expected || (form.get('refresh_token') ?? '') === 'identity';
    if ((given !== undefined || form.has('refresh_token')) && !known) {
      response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED","message":"bad credentials"}]}');
      return;
    }
    const value = `t-${randomUUID()}`;
    const scopes = form.getAll('scope').join(' ');
    this.tokens.set(value, known ? scopes : scopes.replaceAll(/,?push/g, ''));
    if (token.private === true && !known) this.tokens.set(value, '');
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token: value }));
  }

  private authorize(request: IncomingMessage, response: ServerResponse, url: URL): boolean {
    const { token, basic } = this.options;
    const given = request.headers.authorization ?? '';
    if (basic !== undefined) {
      if (given === `Basic ${Buffer.from(`${basic.user}:${basic.password}`).toString('base64')}`) return true;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
      return false;
    }
    if (token === undefined) return true;
    const repository = /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//.exec(url.pathname)?.[1] ?? '';
    const action = request.method === 'GET' || request.method === 'HEAD' ? 'pull' : 'push';
    const granted = this.tokens.get(given.replace('Bearer ', '')) ?? '';
    if (granted.split(' ').some((s) => s.startsWith(`repository:${repository}:`) && s.includes(action)))
      return true;
    const scope = `repository:${repository}:${action === 'pull' ? 'pull' : 'pull,push'}`;
    const realm = token.realm ?? `${this.origin}/token`;
    response.writeHead(401, {
      'www-authenticate': `Bearer realm="${realm}",service="test registry",scope="${scope}"`,
      'content-type': 'application/json',
    });
    response.end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
    return false;
  }
}
