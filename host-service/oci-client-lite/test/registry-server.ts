import { createHash, randomUUID } from 'node:crypto';
import { createServer as createHttp } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Digest } from '../src/types.ts';

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX = 'application/vnd.oci.image.index.v1+json';

export function sha(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly connection: number;
  readonly body: string;
}

/** What a rule does with a request it matches; `undefined` lets the registry answer. */
export type Rule = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

export interface RegistryOptions {
  /** Token authentication: user and password that may also write; anonymous may read unless `private`. */
  readonly token?: {
    readonly user?: string;
    readonly password?: string;
    readonly private?: boolean;
    readonly realm?: string;
  };
  readonly basic?: { readonly user: string; readonly password: string };
  readonly referrers?: 'api' | '404' | 'html';
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Lowest chunk the registry takes. */
  readonly minimumChunk?: number;
  readonly keepTagsPages?: number;
}

/** A small registry whose every answer can be spoiled. Listens on 127.0.0.1 only. */
export class RegistryServer {
  readonly seen: Seen[] = [];
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, { readonly bytes: Buffer; readonly type: string }>();
  readonly tags = new Map<string, string>();
  readonly options: RegistryOptions;
  private readonly uploads = new Map<string, Buffer>();
  private readonly tokens = new Map<string, string>();
  private readonly rules: { readonly pattern: RegExp; readonly rule: Rule; left: number }[] = [];
  private readonly sockets = new Map<Socket, number>();
  private readonly server: Server;
  connections = 0;
  /** Stays known after the registry is closed. */
  port = 0;

  private constructor(options: RegistryOptions) {
    this.options = options;
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

  putBlob(repository: string, content: Uint8Array | string): { digest: Digest; size: number } {
    const bytes = Buffer.from(content);
    this.blobs.set(`${repository}@${sha(bytes)}`, bytes);
    return { digest: sha(bytes), size: bytes.length };
  }

  putManifest(repository: string, tag: string, document: object | string, type = MANIFEST): Digest {
    const bytes = Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
    this.manifests.set(`${repository}@${sha(bytes)}`, { bytes, type });
    this.tags.set(`${repository}:${tag}`, sha(bytes));
    return sha(bytes);
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
    else if (this.authorize(request, response, parsed)) this.route(request, response, parsed, body);
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

  private fail(response: ServerResponse, status: number, code: string): void {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }));
  }

  private route(request: IncomingMessage, response: ServerResponse, url: URL, body: Buffer): void {
    const parts = /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/(.*)$/.exec(url.pathname);
    const [, repository = '', kind, rest = ''] = parts ?? [];
    if (kind === 'manifests') this.manifest(request, response, repository, decodeURIComponent(rest), body);
    else if (kind === 'blobs' && rest.startsWith('uploads/'))
      this.upload(request, response, repository, url, body);
    else if (kind === 'blobs') this.blob(request, response, repository, decodeURIComponent(rest));
    else if (kind === 'tags') {
      const tags = [...this.tags.keys()]
        .filter((k) => k.startsWith(`${repository}:`))
        .map((k) => k.slice(repository.length + 1));
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ name: repository, tags }));
    } else if (kind === 'referrers') this.referrers(response, repository, decodeURIComponent(rest));
    else response.writeHead(200).end('{}');
  }

  private manifest(
    request: IncomingMessage,
    response: ServerResponse,
    repository: string,
    name: string,
    body: Buffer,
  ): void {
    if (request.method === 'PUT') {
      const type = request.headers['content-type'] ?? '';
      const digest = sha(body);
      this.manifests.set(`${repository}@${digest}`, { bytes: body, type });
      if (!name.startsWith('sha256:')) this.tags.set(`${repository}:${name}`, digest);
      const subject = (JSON.parse(body.toString()) as { subject?: { digest: string } }).subject?.digest;
      const indexed = subject !== undefined && this.options.referrers === 'api';
      response
        .writeHead(201, { 'docker-content-digest': digest, ...(indexed ? { 'oci-subject': subject } : {}) })
        .end();
      return;
    }
    const digest = name.startsWith('sha256:') ? name : this.tags.get(`${repository}:${name}`);
    const found = this.manifests.get(`${repository}@${digest ?? ''}`);
    if (found === undefined || digest === undefined) {
      this.fail(response, 404, 'MANIFEST_UNKNOWN');
      return;
    }
    const headers = { 'docker-content-digest': digest, etag: `"${digest}"`, 'content-type': found.type };
    if (request.headers['if-none-match'] === `"${digest}"`) response.writeHead(304, headers).end();
    else
      response
        .writeHead(200, { ...headers, 'content-length': found.bytes.length })
        .end(request.method === 'HEAD' ? '' : found.bytes);
  }

  private blob(request: IncomingMessage, response: ServerResponse, repository: string, digest: string): void {
    const bytes = this.blobs.get(`${repository}@${digest}`);
    if (bytes === undefined) {
      this.fail(response, 404, 'BLOB_UNKNOWN');
      return;
    }
    const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const part = bytes.subarray(Number(from ?? 0));
    const range = { 'content-range': `bytes ${from ?? 0}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(from === undefined ? 200 : 206, {
      'content-length': part.length,
      ...(from === undefined ? {} : range),
    });
    response.end(request.method === 'HEAD' ? '' : part);
  }

  private upload(
    request: IncomingMessage,
    response: ServerResponse,
    repository: string,
    url: URL,
    body: Buffer,
  ): void {
    const id = url.pathname.split('/').at(-1) ?? '';
    const location = (upload: string): string => `/v2/${repository}/blobs/uploads/${upload}?state=a%2Bb%3D`;
    const mount = url.searchParams.get('mount');
    if (request.method === 'POST') {
      const source = this.blobs.get(`${url.searchParams.get('from') ?? ''}@${mount ?? ''}`);
      if (source !== undefined) {
        this.putBlob(repository, source);
        response.writeHead(201, { location: `/v2/${repository}/blobs/${mount ?? ''}` }).end();
        return;
      }
      const fresh = randomUUID();
      this.uploads.set(fresh, Buffer.alloc(0));
      const minimum = this.options.minimumChunk;
      response.writeHead(202, {
        location: location(fresh),
        ...(minimum === undefined ? {} : { 'oci-chunk-min-length': String(minimum) }),
      });
      response.end();
      return;
    }
    const so = Buffer.concat([
      this.uploads.get(id) ?? Buffer.alloc(0),
      request.method === 'GET' ? Buffer.alloc(0) : body,
    ]);
    const digest = url.searchParams.get('digest');
    const range = request.headers['content-range'];
    if (!url.search.includes('state=a%2Bb%3D')) this.fail(response, 400, 'BLOB_UPLOAD_INVALID');
    else if (request.method === 'GET')
      response.writeHead(204, { location: location(id), range: `0-${so.length - 1}` }).end();
    else if (range !== undefined && Number(range.split('-')[0]) !== (this.uploads.get(id)?.length ?? 0)) {
      response.writeHead(416, { location: location(id) }).end();
    } else if (request.method === 'PATCH') {
      this.uploads.set(id, so);
      response.writeHead(202, { location: location(id), range: `0-${so.length - 1}` }).end();
    } else if (sha(so) !== digest) this.fail(response, 400, 'DIGEST_INVALID');
    else {
      this.putBlob(repository, so);
      response.writeHead(201, { 'docker-content-digest': digest }).end();
    }
  }

  private referrers(response: ServerResponse, repository: string, digest: string): void {
    const how = this.options.referrers ?? '404';
    if (how === 'html')
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>nothing here</html>');
    else if (how === '404')
      response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');
    else {
      const manifests = [...this.manifests].flatMap(([key, { bytes, type }]) => {
        const body = JSON.parse(bytes.toString()) as { subject?: { digest: string }; artifactType?: string };
        if (!key.startsWith(`${repository}@`) || body.subject?.digest !== digest) return [];
        return [{ mediaType: type, digest: sha(bytes), size: bytes.length, artifactType: body.artifactType }];
      });
      response
        .writeHead(200, { 'content-type': INDEX })
        .end(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
    }
  }
}
