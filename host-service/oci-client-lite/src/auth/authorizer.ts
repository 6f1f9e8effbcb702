import type { Runtime } from '../defaults.ts';
import { OciError, isOciError } from '../errors.ts';
import { addressClass, bareHost } from '../http/addresses.ts';
import type { Transport } from '../http/transport.ts';
import type { Endpoint } from '../registry/endpoints.ts';
import type { Credential } from '../types.ts';
import { pickChallenge, scanChallenges } from './challenge.ts';
import { canonicalScopes, mergeScopes } from './scope.ts';
import { basicValue, fetchToken } from './token.ts';
import type { Token } from './token.ts';

/** Who a request is made as. `id` changes with every re-read credential, so tokens are never mixed up. */
export interface Identity {
  readonly id: string;
  readonly credential: Credential | undefined;
}

export const ANONYMOUS: Identity = { id: 'anonymous', credential: undefined };
const CONSTANT_BEARER = 'Bearer QQ==';

interface Learned {
  readonly realm: string;
  readonly service: string | undefined;
  readonly challengeScope: string | undefined;
}

interface KeptToken {
  readonly value: string;
  readonly until: number;
  readonly scopes: string;
  readonly who: string;
}

/** Knows how one endpoint wants to be authorized, and keeps its tokens in memory. */
export class Authorizer {
  private readonly transport: Transport;
  private readonly runtime: Runtime;
  private readonly endpoint: Endpoint;
  private readonly tokens = new Map<string, KeptToken>();
  private readonly flights = new Map<string, Promise<Token>>();
  private bearer: Learned | undefined;
  private basic = false;
  private hint = true;
  private constant = true;

  constructor(transport: Transport, runtime: Runtime, endpoint: Endpoint) {
    this.transport = transport;
    this.runtime = runtime;
    this.endpoint = endpoint;
  }

  /**
   * `Authorization` for a request before it is sent, as far as it can be known: a kept token, one fetched from the
   * learned or configured realm, Basic where it was asked for before.
   */
  async header(scopes: readonly string[], who: Identity, signal: AbortSignal): Promise<string | undefined> {
    const { credential } = who;
    if (credential?.kind === 'bearer') return `Bearer ${credential.token}`;
    if (this.basic) return credential?.kind === 'basic' ? basicValue(credential) : undefined;
    if (this.constantBearer(who)) return CONSTANT_BEARER;
    if (this.bearer !== undefined) return `Bearer ${await this.token(this.bearer, scopes, who, signal)}`;
    const configured = this.endpoint.settings?.tokenRealm;
    if (configured === undefined || !this.hint) return undefined;
    try {
      const learned = { realm: configured.realm, service: configured.service, challengeScope: undefined };
      return `Bearer ${await this.token(learned, scopes, who, signal)}`;
    } catch (error) {
      // Who asks again by itself gains nothing by waiting for the same silence twice.
      const isSilent = isOciError(error) && error.kind === 'timeout' && !this.runtime.retryTimeouts;
      if (signal.aborted || isSilent) throw error;
      // A hint is only a hint: ask the registry itself.
      this.hint = false;
      return undefined;
    }
  }

  private constantBearer(who: Identity): boolean {
    return this.runtime.options.anonymousBearer === true && this.constant && who.credential === undefined;
  }

  /** True when the rejected header was the constant one; it is not tried again. */
  dropConstantBearer(sent: string | undefined): boolean {
    if (sent !== CONSTANT_BEARER) return false;
    this.constant = false;
    return true;
  }

  /** Forgets what was kept for these scopes: a token that was refused may be worth more when fetched again later. */
  forget(scopes: readonly string[], who: Identity): void {
    const wanted = canonicalScopes(scopes);
    for (const [key, kept] of this.tokens) {
      if (kept.scopes === wanted && kept.who === who.id) this.tokens.delete(key);
    }
  }

  /**
   * Answers a 401 of the endpoint's own origin; undefined when nothing better than what was sent can be offered.
   *
   * @throws OciError `protocol` for a challenge that cannot be read, and those of fetching a token
   */
  async renew(
    headers: readonly string[],
    sent: string | undefined,
    scopes: readonly string[],
    who: Identity,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const scan = scanChallenges(headers);
    if (!scan.ok) {
      throw new OciError('protocol', this.endpoint.registry, `bad WWW-Authenticate: ${scan.why}`, {
        status: 401,
      });
    }
    const challenge = pickChallenge(scan.challenges);
    if (challenge?.scheme === 'basic') {
      const { credential } = who;
      const offer = credential?.kind === 'basic' ? basicValue(credential) : undefined;
      if (offer === undefined || offer === sent) return undefined;
      this.basic = true;
      return offer;
    }
    if (challenge === undefined || who.credential?.kind === 'bearer') return undefined;
    this.basic = false;
    this.bearer = {
      realm: challenge.params.get('realm') ?? '',
      service: challenge.params.get('service'),
      challengeScope: challenge.params.get('scope'),
    };
    this.tokens.delete(this.key(this.bearer, scopes, who));
    return `Bearer ${await this.token(this.bearer, scopes, who, signal)}`;
  }

  private key(learned: Learned, scopes: readonly string[], who: Identity): string {
    return JSON.stringify([learned.realm, learned.service, canonicalScopes(scopes), who.id]);
  }

  private async token(
    learned: Learned,
    scopes: readonly string[],
    who: Identity,
    signal: AbortSignal,
  ): Promise<string> {
    const key = this.key(learned, scopes, who);
    const kept = this.tokens.get(key);
    if (kept !== undefined && kept.until > this.runtime.now()) return kept.value;
    const shared = this.flights.get(key);
    if (shared !== undefined) {
      try {
        return (await shared).value;
      } catch (error) {
        // The other caller gave up; this one did not.
        if (!isOciError(error) || error.kind !== 'cancelled' || signal.aborted) throw error;
      }
    }
    const flight = this.fetch(learned, scopes, who, signal);
    this.flights.set(key, flight);
    try {
      const token = await flight;
      const lives = token.livesMs;
      const margin = lives === undefined ? 0 : Math.max(5000, lives / 10);
      const until = lives === undefined ? Number.POSITIVE_INFINITY : this.runtime.now() + lives - margin;
      this.tokens.set(key, { value: token.value, until, scopes: canonicalScopes(scopes), who: who.id });
      return token.value;
    } finally {
      this.flights.delete(key);
    }
  }

  private fetch(
    learned: Learned,
    scopes: readonly string[],
    who: Identity,
    signal: AbortSignal,
  ): Promise<Token> {
    const { base, settings, registry } = this.endpoint;
    const host = bareHost(base.host);
    return fetchToken(this.transport, this.runtime, {
      realm: learned.realm,
      service: learned.service,
      scopes: mergeScopes(scopes, learned.challengeScope),
      credential: who.credential,
      registry: base,
      registryName: registry,
      registryClass: this.transport.classOf(base.host) ?? addressClass(host) ?? 'public',
      configured: settings?.tokenRealm?.realm,
      signal,
    });
  }
}
