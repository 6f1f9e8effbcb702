import type { Readable } from 'node:stream';
import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import type { Runtime } from '../defaults.ts';
import { OciError, type TlsFailure } from '../errors.ts';
import { redactUrl } from '../text.ts';
import type { RegistrySettings } from '../types.ts';
import { bareHost } from './addresses.ts';
import type { AddressClass } from './addresses.ts';
import { connectorFor, inspectCertificate, openTunnel, proxyAuthorization } from './dial.ts';
import type { AddressGuard } from './dial.ts';
import { failureOf, tlsCodeOf } from './failure.ts';
import { proxyFor } from './no-proxy.ts';

export interface RawRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | Readable | undefined;
  readonly signal: AbortSignal;
  /** Registry this request is made for; named in errors. */
  readonly registry: string;
  /** Set when a registry pointed us here: addresses are judged, `refusal` is the error's kind. */
  readonly guard?: {
    readonly id: string;
    readonly refusal: 'redirect-refused' | 'realm-refused';
    readonly judge: AddressGuard;
  };
}

export interface RawAnswer {
  readonly status: number;
  readonly url: URL;
  readonly body: Readable;
  /** Value of a header; repeated ones are joined as RFC 9110 5.3 says. */
  header(name: string): string | undefined;
  /** Repeated headers one by one. */
  headers(name: string): readonly string[];
  /** Counts body bytes as they are read. */
  count(bytes: number): void;
}

const MAX_POOLS = 64;

/** Sends single requests; knows connections, proxies and certificates, nothing of registries. */
export class Transport {
  private readonly pools = new Map<string, Pool>();
  private readonly classes = new Map<string, AddressClass>();
  private readonly runtime: Runtime;
  private closed = false;
  requests = 0;
  connections = 0;
  bytesReceived = 0;

  constructor(runtime: Runtime) {
    this.runtime = runtime;
  }

  /** How far from the public network the addresses of this host were when last connected; undefined before. */
  classOf(host: string): AddressClass | undefined {
    return this.classes.get(bareHost(host));
  }

  /** Settings of the host itself (CA, client certificate); a port in the key must match. */
  settingsFor(url: URL): RegistrySettings | undefined {
    const all = this.runtime.options.registries ?? {};
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
    const names = [url.host, `${url.hostname}:${port}`];
    if (url.host === 'registry-1.docker.io') names.push('docker.io');
    const key = names.find((name) => Object.hasOwn(all, name));
    return key === undefined ? undefined : all[key];
  }

  private pool(request: RawRequest, proxy: URL | undefined): Pool {
    const forwarded = proxy !== undefined && request.url.protocol === 'http:';
    const origin = forwarded ? proxy.origin : request.url.origin;
    const key = `${origin} ${proxy?.host ?? ''} ${request.guard?.id ?? ''}`;
    const known = this.pools.get(key);
    if (known !== undefined) return known;
    const pool = new Pool(origin, {
      connections: 8,
      keepAliveTimeout: 60_000,
      maxHeaderSize: 16_384,
      allowH2: false,
      connect: connectorFor({
        ca: this.runtime.options.ca ?? [],
        registry: forwarded ? undefined : this.settingsFor(request.url),
        connectMs: this.runtime.connectMs,
        proxy: forwarded ? undefined : proxy,
        refusal: request.guard?.refusal ?? 'redirect-refused',
        judge: (address, type) => {
          if (request.guard !== undefined) return request.guard.judge(address, type);
          this.classes.set(bareHost(request.url.host), type);
          return undefined;
        },
        onConnection: () => (this.connections += 1),
      }),
    });
    this.pools.set(key, pool);
    this.retireOldest();
    return pool;
  }

  /** A registry that redirects to ever new hosts must not fill memory; requests under way end as they would. */
  private retireOldest(): void {
    const oldest = this.pools.size > MAX_POOLS ? [...this.pools][0] : undefined;
    if (oldest === undefined) return;
    this.pools.delete(oldest[0]);
    oldest[1].close().catch(() => undefined);
  }

  /**
   * One request, one answer, whatever its status. The body must be read or discarded by the caller.
   *
   * @throws OciError of the connection kinds, `timeout` or `cancelled`
   */
  async send(request: RawRequest): Promise<RawAnswer> {
    if (this.closed) throw new OciError('cancelled', request.registry, 'the client is closed');
    const proxy = proxyFor(request.url, this.runtime.options.proxy);
    const started = this.runtime.now();
    this.requests += 1;
    try {
      const answer = await this.dispatch(request, proxy);
      return this.wrap(request, started, answer);
    } catch (error) {
      const failure = await this.explain(error, request, proxy);
      this.report(request, started, 0, { error: failure.kind });
      throw failure;
    }
  }

  private dispatch(request: RawRequest, proxy: URL | undefined): Promise<Dispatcher.ResponseData> {
    const forwarded = proxy !== undefined && request.url.protocol === 'http:';
    const path = `${request.url.pathname}${request.url.search}`;
    return this.pool(request, proxy).request({
      method: request.method,
      path: forwarded ? `${request.url.origin}${path}` : path,
      headers: {
        ...request.headers,
        'user-agent': this.runtime.userAgent,
        'accept-encoding': 'identity',
        ...(forwarded ? { host: request.url.host, ...proxyAuthorization(proxy) } : {}),
      },
      body: request.body ?? null,
      signal: request.signal,
      // A registry may need a while to check and store what it was sent.
      headersTimeout: this.runtime.headersMs * (request.body === undefined ? 1 : 8),
      bodyTimeout: this.runtime.rateWindowMs,
      // Otherwise the library closes the connection after every HEAD.
      reset: false,
    });
  }

  private async explain(error: unknown, request: RawRequest, proxy: URL | undefined): Promise<OciError> {
    const what = `${request.method} ${redactUrl(request.url)}`;
    if (request.signal.aborted) return abortReason(request.signal, request.registry, what);
    const code = tlsCodeOf(error);
    if (code === undefined) {
      const failure = failureOf(error, request.registry, what);
      if (proxy === undefined || request.url.protocol === 'https:' || failure.kind !== 'connect')
        return failure;
      return new OciError('proxy', request.registry, `${what} through ${proxy.host}: ${failure.detail}`);
    }
    return failureOf(error, request.registry, what, await this.whoseIs(request.url, proxy, code));
  }

  /** Whose certificate was not trusted, seen by the same way. */
  private async whoseIs(url: URL, proxy: URL | undefined, code: string): Promise<TlsFailure> {
    const { connectMs, options } = this.runtime;
    if (proxy === undefined) return inspectCertificate(url, code, connectMs);
    const target = `${url.hostname}:${url.port === '' ? '443' : url.port}`;
    try {
      const tunnel = await openTunnel(proxy, target, { ca: options.ca ?? [], connectMs });
      return await inspectCertificate(url, code, connectMs, tunnel);
    } catch {
      return { code };
    }
  }

  private wrap(request: RawRequest, started: number, answer: Dispatcher.ResponseData): RawAnswer {
    const headers = (name: string): readonly string[] => {
      const value = answer.headers[name];
      return value === undefined ? [] : Array.isArray(value) ? value : [value];
    };
    let received = 0;
    // Whoever reads the body sees its error; a body dropped unread must not end the process.
    answer.body.on('error', () => undefined);
    answer.body.once('close', () => this.report(request, started, received, { status: answer.statusCode }));
    return {
      status: answer.statusCode,
      url: request.url,
      body: answer.body,
      headers,
      header: (name) => (headers(name).length === 0 ? undefined : headers(name).join(', ')),
      count: (bytes) => {
        received += bytes;
        this.bytesReceived += bytes;
      },
    };
  }

  private report(
    request: RawRequest,
    started: number,
    bytes: number,
    outcome: { status?: number; error?: string },
  ): void {
    const ms = this.runtime.now() - started;
    this.runtime.options.onRequest?.({
      method: request.method,
      url: redactUrl(request.url),
      ms,
      bytes,
      ...outcome,
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.pools.values()].map((pool) => pool.destroy()));
    this.pools.clear();
  }
}

/** `timeout` when our own deadline fired, else `cancelled`. */
export function abortReason(signal: AbortSignal, registry: string, what: string): OciError {
  const reason: unknown = signal.reason;
  if (reason instanceof OciError) return new OciError(reason.kind, registry, `${what}: ${reason.detail}`);
  return new OciError('cancelled', registry, `${what}: cancelled by the caller`);
}
