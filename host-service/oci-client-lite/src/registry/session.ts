import type { Readable } from 'node:stream';
import { ANONYMOUS, Authorizer } from '../auth/authorizer.ts';
import type { Identity } from '../auth/authorizer.ts';
import type { Runtime } from '../defaults.ts';
import { OciError, isOciError } from '../errors.ts';
import { addressClass, bareHost, mayReach } from '../http/addresses.ts';
import type { AddressClass } from '../http/addresses.ts';
import { discard } from '../http/body.ts';
import { MAX_HOPS, isRedirect, nextHop } from '../http/redirect.ts';
import { withRetries } from '../http/retry.ts';
import { Transport } from '../http/transport.ts';
import type { RawAnswer, RawRequest } from '../http/transport.ts';
import { errorOf } from './answer.ts';
import type { Endpoint } from './endpoints.ts';
import { Identities } from './identities.ts';

/** One registry operation, made once or several times until it is answered. */
export interface Call {
  readonly method: RawRequest['method'];
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called anew for every try. */
  readonly body?: () => Uint8Array | Readable;
  readonly scopes: readonly string[];
  /** Statuses besides 2xx the caller wants to see. */
  readonly accepts?: readonly number[];
  /** Short description for error texts. */
  readonly what: string;
  readonly signal: AbortSignal;
  /** Tries in all; default: one for what is not idempotent or goes to a mirror. */
  readonly attempts?: number;
}

const REFUSALS: ReadonlySet<string> = new Set(['denied', 'credentials-stale', 'realm-refused']);

/** Talks to endpoints: authorization, redirects, retries, errors. */
export class Session {
  readonly transport: Transport;
  readonly runtime: Runtime;
  private readonly authorizers = new Map<string, Authorizer>();
  private readonly identities: Identities;

  constructor(runtime: Runtime) {
    this.runtime = runtime;
    this.transport = new Transport(runtime);
    this.identities = new Identities();
  }

  /**
   * Sends a call to an endpoint. The answer's status is 2xx or one the call accepts; its body is the caller's to read.
   *
   * @throws OciError of every kind but `damaged` and `too-large`
   */
  send(endpoint: Endpoint, call: Call): Promise<RawAnswer> {
    const reads = call.method === 'GET' || call.method === 'HEAD';
    const attempts = call.attempts ?? (endpoint.mirror || !reads ? 1 : this.runtime.attempts);
    return withRetries(this.runtime, attempts, call.signal, () => this.attempt(endpoint, call, reads));
  }

  /** Runs a task that includes reading a body; its calls set `attempts: 1`. A mirror gets one try. */
  retrying<T>(endpoint: Endpoint, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    return withRetries(this.runtime, endpoint.mirror ? 1 : this.runtime.attempts, signal, task);
  }

  /**
   * Tries with the credential, with the credential read again, and (reads only) anonymously: a stale credential must
   * not make a public repository fail. The first refusal is the one reported.
   */
  private async attempt(endpoint: Endpoint, call: Call, reads: boolean): Promise<RawAnswer> {
    const scopes = call.scopes.join(' ');
    let refusal: OciError | undefined;
    for await (const who of this.identities.sequence(endpoint, scopes, reads)) {
      try {
        const answer = await this.sendAs(endpoint, call, who);
        if (who === ANONYMOUS && refusal !== undefined) this.identities.preferAnonymous(endpoint, scopes);
        return answer;
      } catch (error) {
        if (!isOciError(error)) throw error;
        // What goes wrong without the credential must not hide that the credential was refused.
        if (refusal !== undefined && !REFUSALS.has(error.kind) && error.kind !== 'cancelled') throw refusal;
        if (!REFUSALS.has(error.kind)) throw error;
        refusal ??= error;
      }
    }
    throw refusal ?? new OciError('denied', endpoint.registry, call.what);
  }

  private authorizer(endpoint: Endpoint): Authorizer {
    const key = endpoint.base.href;
    const known = this.authorizers.get(key) ?? new Authorizer(this.transport, this.runtime, endpoint);
    this.authorizers.set(key, known);
    return known;
  }

  private async sendAs(endpoint: Endpoint, call: Call, who: Identity): Promise<RawAnswer> {
    const authorizer = this.authorizer(endpoint);
    const own = call.url.origin === endpoint.base.origin;
    let sent = own ? await authorizer.header(call.scopes, who, call.signal) : undefined;
    let answer = await this.follow(endpoint, call, sent);
    const fromRegistry = own && answer.url.origin === endpoint.base.origin;
    if (fromRegistry && [401, 403].includes(answer.status) && authorizer.dropConstantBearer(sent)) {
      await discard(answer);
      sent = await authorizer.header(call.scopes, who, call.signal);
      answer = await this.follow(endpoint, call, sent);
    }
    if (answer.status === 401 && own && answer.url.origin === endpoint.base.origin) {
      const challenges = answer.headers('www-authenticate');
      // Reading the error first frees the connection for the token request.
      const error = await this.error(answer, endpoint, call, who, sent);
      const offer = await authorizer.renew(challenges, sent, call.scopes, who, call.signal);
      if (offer === undefined) throw error;
      sent = offer;
      answer = await this.follow(endpoint, call, sent);
    }
    if ((answer.status >= 200 && answer.status < 300) || (call.accepts ?? []).includes(answer.status))
      return answer;
    if (answer.status === 401 || answer.status === 403) authorizer.forget(call.scopes, who);
    throw await this.error(answer, endpoint, call, who, sent);
  }

  private error(
    answer: RawAnswer,
    endpoint: Endpoint,
    call: Call,
    who: Identity,
    sent: string | undefined,
  ): Promise<OciError> {
    return errorOf(answer, {
      runtime: this.runtime,
      registry: endpoint.registry,
      signal: call.signal,
      what: call.what,
      withCredential: who.credential !== undefined && answer.url.origin === endpoint.base.origin,
      headOnly: call.method === 'HEAD',
      sent,
    });
  }

  /** Class of the registry's own address: where it lies itself it may send us. */
  classOf(endpoint: Endpoint): AddressClass {
    const host = bareHost(endpoint.base.host);
    return this.transport.classOf(host) ?? addressClass(host) ?? 'public';
  }

  /** Sends a call and follows redirects; `Authorization` goes to the endpoint's own origin only. */
  private async follow(
    endpoint: Endpoint,
    call: Call,
    authorization: string | undefined,
  ): Promise<RawAnswer> {
    const own = { host: endpoint.base.host, type: this.classOf(endpoint) };
    let url = call.url;
    let auth = authorization;
    for (let hop = 0; ; hop += 1) {
      const answer = await this.transport.send({
        method: call.method,
        url,
        headers: { ...call.headers, ...(auth === undefined ? {} : { authorization: auth }) },
        body: call.body?.(),
        signal: call.signal,
        registry: endpoint.registry,
        ...guardFor(url, own),
      });
      if (!isRedirect(answer.status) || (call.accepts ?? []).includes(answer.status)) return answer;
      const location = answer.header('location');
      await discard(answer);
      const refuse = (why: string): OciError =>
        new OciError('redirect-refused', endpoint.registry, `${call.what}: ${why}`, {
          status: answer.status,
        });
      if (call.method !== 'GET' && call.method !== 'HEAD') throw refuse(`a ${call.method} is not redirected`);
      if (hop >= MAX_HOPS) throw refuse(`more than ${MAX_HOPS} redirects`);
      const next = nextHop(url, location, own);
      if (!next.ok) throw refuse(next.why);
      if (next.url.origin !== url.origin) auth = undefined;
      url = next.url;
    }
  }

  async close(): Promise<void> {
    await this.transport.close();
  }
}

function guardFor(
  url: URL,
  own: { readonly host: string; readonly type: AddressClass },
): Pick<RawRequest, 'guard'> {
  if (bareHost(url.host) === bareHost(own.host)) return {};
  return {
    guard: {
      id: `redirect ${own.type}`,
      refusal: 'redirect-refused',
      judge: (_address, type) => (mayReach(own.type, type) ? undefined : `a ${type} address is not followed`),
    },
  };
}
