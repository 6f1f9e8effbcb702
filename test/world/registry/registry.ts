import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EmbeddedRegistry, RegistryFault, RegistryOptions } from '../ports.ts';
import { Access, type PushAccess } from './access.ts';
import { answerBlob, answerUpload, storagePath } from './blobs.ts';
import { Content } from './content.ts';
import { type Exchange, type Limits, Refusal, sendRefusal } from './exchange.ts';
import { answerManifest, answerReferrers, answerTags } from './manifests.ts';
import { DIGEST, REPOSITORY } from './names.ts';

/** What this registry can do beyond the contract of the world. */
export interface OwnOptions extends RegistryOptions {
  /** Default `anonymous`: a publisher needs no account. */
  readonly push?: PushAccess;
  readonly limits?: Partial<Limits>;
}

const LIMITS: Limits = { manifestBytes: 4 * 2 ** 20, blobBytes: 512 * 2 ** 20, totalBytes: 2 ** 30 };
const MAX_URL = 8192;
/** How long somebody else's short use of our port while nothing listens is waited out. */
const REOPEN_MS = 10_000;

const CODES: Readonly<Record<number, string>> = {
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  404: 'NAME_UNKNOWN',
  429: 'TOOMANYREQUESTS',
};

/** What can be missing, and how that is said. */
const MISSING: Readonly<Partial<Record<Route['kind'], string>>> = {
  manifests: 'MANIFEST_UNKNOWN',
  blobs: 'BLOB_UNKNOWN',
  storage: 'BLOB_UNKNOWN',
};

interface Route {
  readonly kind: 'base' | 'manifests' | 'blobs' | 'uploads' | 'tags' | 'referrers' | 'storage';
  readonly repository: string;
  readonly rest: string;
}

const ROUTES: readonly (readonly [Route['kind'], RegExp])[] = [
  ['base', /^\/v2\/?()()$/],
  ['uploads', /^\/v2\/(.+)\/blobs\/uploads\/([^/]*)$/],
  ['manifests', /^\/v2\/(.+)\/manifests\/([^/]+)$/],
  ['blobs', /^\/v2\/(.+)\/blobs\/([^/]+)$/],
  ['tags', /^\/v2\/(.+)\/tags\/list()$/],
  ['referrers', /^\/v2\/(.+)\/referrers\/([^/]+)$/],
  ['storage', /^\/storage\/(.+)\/([^/]+)$/],
];

function routeOf(path: string): Route {
  for (const [kind, pattern] of ROUTES) {
    const match = pattern.exec(path);
    if (match === null) continue;
    const repository = match[1] ?? '';
    if (kind !== 'base' && !REPOSITORY.test(repository)) {
      throw new Refusal(400, 'NAME_INVALID', 'not the name of a repository');
    }
    return { kind, repository, rest: decoded(match[2] ?? '') };
  }
  throw new Refusal(404, 'UNSUPPORTED', 'no such address');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal(400, 'NAME_INVALID', 'the address cannot be read');
  }
}

/** The registry of the embedded world: all in memory, real on the wire. */
class Embedded implements EmbeddedRegistry {
  private readonly options: OwnOptions;
  private readonly server: Server;
  private readonly content = new Content();
  private readonly storageKey = randomBytes(32);
  /** Cuts the waits of `slow` short when the fault ends. */
  private pause = new AbortController();
  private access = new Access('', true, 'anonymous');
  private port = 0;
  private requests = 0;
  private connections = 0;
  private stopped = false;
  /** Changes of the fault, one after the other. */
  private changes: Promise<void> = Promise.resolve();
  fault: RegistryFault = { kind: 'none' };

  constructor(options: OwnOptions) {
    this.options = options;
    this.server = createServer((request, response) => void this.receive(request, response));
    this.server.on('connection', () => (this.connections += 1));
    // Clients that keep connections longer than we do would meet a closed one now and then.
    this.server.keepAliveTimeout = 75_000;
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  async open(): Promise<void> {
    await this.listen(this.options.port ?? 0);
    const address = this.server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
    this.access = new Access(this.host, this.options.token ?? true, this.options.push ?? 'anonymous');
  }

  counters(): { readonly requests: number; readonly connections: number } {
    return { requests: this.requests, connections: this.connections };
  }

  setFault(fault: RegistryFault): Promise<void> {
    this.changes = this.changes.catch(() => undefined).then(() => this.change(fault));
    return this.changes;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.changes.catch(() => undefined);
    this.pause.abort();
    await this.close();
  }

  private async change(fault: RegistryFault): Promise<void> {
    if (this.stopped) throw new Error('the registry is stopped');
    const before = this.fault;
    this.fault = fault;
    this.pause.abort();
    this.pause = new AbortController();
    if (fault.kind === 'down') await this.close();
    else if (before.kind === 'down') await this.reopen();
    // Who was left without an answer gets none any more.
    else if (before.kind === 'stall' && fault.kind !== 'stall') this.server.closeAllConnections();
  }

  private listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', () => {
        this.server.off('error', reject);
        resolve();
      });
    });
  }

  private async reopen(): Promise<void> {
    const deadline = performance.now() + REOPEN_MS;
    for (;;) {
      try {
        await this.listen(this.port);
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await sleep(20);
      }
    }
  }

  private async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    if (this.fault.kind === 'stall') return;
    try {
      if (this.fault.kind === 'slow') {
        await sleep(this.fault.delayMs, undefined, { signal: this.pause.signal }).catch(() => undefined);
      }
      await this.answer(request, response);
    } catch (error) {
      if (error instanceof Refusal && !response.headersSent) sendRefusal(response, error);
      else response.destroy();
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = request.url ?? '';
    if (text.length > MAX_URL || !URL.canParse(text, 'http://registry')) {
      throw new Refusal(400, 'NAME_INVALID', 'the address cannot be read');
    }
    const url = new URL(text, 'http://registry');
    const { fault, content } = this;
    if (url.pathname === '/token' && (this.options.token ?? true)) {
      await this.access.issue(request, response, url, fault.kind === 'unauthorized');
      return;
    }
    if (fault.kind === 'status') throw statusRefusal(fault);
    const route = routeOf(url.pathname);
    const limits = { ...LIMITS, ...this.options.limits };
    await this.dispatch({ request, response, url, content, limits, fault }, route);
  }

  private async dispatch(exchange: Exchange, route: Route): Promise<void> {
    const { kind, repository, rest } = route;
    const { fault, request, response } = exchange;
    if (kind === 'storage') {
      this.checkSignature(exchange, route);
    } else {
      this.access.check(request, kind === 'base' ? undefined : repository, fault.kind === 'unauthorized');
    }
    if (fault.kind === 'missing' && MISSING[kind] !== undefined && repository.includes(fault.match)) {
      const reads = request.method === 'GET' || request.method === 'HEAD';
      if (reads) throw new Refusal(404, MISSING[kind], `${repository} has no such content`);
    }
    const redirect =
      kind === 'blobs' && (this.options.redirectBlobs ?? true) && DIGEST.test(rest)
        ? storagePath(this.storageKey, repository, rest)
        : undefined;
    if (kind === 'base')
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 2 }).end('{}');
    else if (kind === 'manifests') await answerManifest(exchange, repository, rest);
    else if (kind === 'uploads') await answerUpload(exchange, repository, rest);
    else if (kind === 'tags') answerTags(exchange, repository);
    else if (kind === 'referrers') answerReferrers(exchange, repository, rest);
    else answerBlob(exchange, repository, rest, redirect);
  }

  private checkSignature({ request, url }: Exchange, { repository, rest }: Route): void {
    const signed = storagePath(this.storageKey, repository, rest);
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (!reads || `${url.pathname}${url.search}` !== signed) throw new Refusal(403, 'DENIED', 'not signed');
  }
}

function statusRefusal(fault: RegistryFault & { readonly kind: 'status' }): Refusal {
  const { status, retryAfterSeconds } = fault;
  const headers: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  const code = CODES[status] ?? (status >= 500 ? 'UNAVAILABLE' : 'UNKNOWN');
  return new Refusal(status, code, `the registry was told to answer ${status}`, headers);
}

/**
 * Starts a registry on loopback, empty and healthy. Reading needs an anonymous token unless `token` is false.
 * @throws the listener's error when `port` is taken
 */
export async function startRegistry(options: OwnOptions = {}): Promise<EmbeddedRegistry> {
  const registry = new Embedded(options);
  await registry.open();
  return registry;
}
