import type { Runtime } from '../defaults.ts';
import { OciError } from '../errors.ts';
import type { OciErrorKind } from '../errors.ts';
import { bareHost, mayReach } from '../http/addresses.ts';
import type { AddressClass } from '../http/addresses.ts';
import { discard, readAll } from '../http/body.ts';
import type { BodyContext } from '../http/body.ts';
import { isRedirect } from '../http/redirect.ts';
import { retryAfterMs, retryHintMs } from '../http/retry.ts';
import type { RawAnswer, RawRequest, Transport } from '../http/transport.ts';
import { isObject, member, parseJson } from '../content/json.ts';
import { redactUrl } from '../text.ts';
import type { Credential } from '../types.ts';
import { readError, wordsOf } from '../registry/answer.ts';
import { checkRealm } from './realm.ts';

export interface TokenRequest {
  readonly realm: string;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credential: Credential | undefined;
  readonly registry: URL;
  readonly registryName: string;
  readonly registryClass: AddressClass;
  readonly configured: string | undefined;
  readonly signal: AbortSignal;
}

export interface Token {
  readonly value: string;
  /** Milliseconds it lives; undefined when the server did not say (used until it is rejected). */
  readonly livesMs: number | undefined;
}

const TOKEN_TEXT = /^[\x21-\x7e]{1,65536}$/;
const MAX_REDIRECTS = 3;

/** `Basic` value (RFC 7617, UTF-8). */
export function basicValue(credential: Credential & { readonly kind: 'basic' }): string {
  return `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`;
}

function refused(request: TokenRequest, why: string): OciError {
  return new OciError('realm-refused', request.registryName, why);
}

function allowedUrl(request: TokenRequest, realm: string): URL {
  const verdict = checkRealm(realm, {
    registry: request.registry,
    registryClass: request.registryClass,
    withCredential: request.credential !== undefined,
    configured: request.configured,
  });
  if (!verdict.ok) throw refused(request, verdict.why);
  return verdict.url;
}

function guardFor(request: TokenRequest, url: URL): Pick<RawRequest, 'guard'> {
  if (bareHost(url.host) === bareHost(request.registry.host)) return {};
  return {
    guard: {
      id: `realm ${request.registryClass}`,
      refusal: 'realm-refused',
      judge: (_address, type) =>
        mayReach(request.registryClass, type) ? undefined : `a ${type} address is not asked for a token`,
    },
  };
}

function getUrl(realm: URL, request: TokenRequest): URL {
  const url = new URL(realm);
  if (request.service !== undefined) url.searchParams.set('service', request.service);
  for (const scope of request.scopes) url.searchParams.append('scope', scope);
  return url;
}

function refreshForm(request: TokenRequest, token: string): Uint8Array {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'oci-client-lite',
    refresh_token: token,
  });
  if (request.service !== undefined) form.set('service', request.service);
  form.set('scope', request.scopes.join(' '));
  return Buffer.from(form.toString());
}

/** Follows the token server's redirects under the realm's rules; credentials never leave the first origin. */
async function getToken(
  transport: Transport,
  request: TokenRequest,
  realm: URL,
  basic: string | undefined,
): Promise<RawAnswer> {
  let url = getUrl(realm, request);
  let authorization = basic;
  for (let hop = 0; ; hop += 1) {
    const answer = await transport.send({
      method: 'GET',
      url,
      headers: { accept: 'application/json', ...(authorization === undefined ? {} : { authorization }) },
      signal: request.signal,
      registry: request.registryName,
      ...guardFor(request, url),
    });
    if (!isRedirect(answer.status)) return answer;
    const location = answer.header('location');
    await discard(answer);
    if (hop >= MAX_REDIRECTS) throw refused(request, 'the token server redirects too often');
    if (location === undefined || !URL.canParse(location, url.href))
      throw refused(request, 'a redirect leads nowhere');
    const next = allowedUrl(request, new URL(location, url.href).href);
    if (url.protocol === 'https:' && next.protocol === 'http:')
      throw refused(request, 'a redirect leads to http');
    if (next.origin !== url.origin) authorization = undefined;
    url = next;
  }
}

async function ask(transport: Transport, request: TokenRequest, realm: URL): Promise<RawAnswer> {
  const { credential } = request;
  if (credential?.kind !== 'identity-token') {
    return getToken(
      transport,
      request,
      realm,
      credential?.kind === 'basic' ? basicValue(credential) : undefined,
    );
  }
  const answer = await transport.send({
    method: 'POST',
    url: realm,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: refreshForm(request, credential.token),
    signal: request.signal,
    registry: request.registryName,
    ...guardFor(request, realm),
  });
  if (answer.status !== 404 && answer.status !== 405) return answer;
  await discard(answer);
  const basic = basicValue({ kind: 'basic', username: '<token>', password: credential.token });
  return getToken(transport, request, realm, basic);
}

function kindOfRefusal(status: number, withCredential: boolean): OciErrorKind {
  if (status === 429) return 'rate-limited';
  if (status >= 500) return 'outage';
  if (status === 401 || status === 400) return withCredential ? 'credentials-stale' : 'denied';
  return status === 403 || status === 404 ? 'denied' : 'protocol';
}

function secretsOf(credential: Credential | undefined): readonly string[] {
  if (credential === undefined) return [];
  if (credential.kind !== 'basic') return [credential.token];
  return [credential.password, basicValue(credential).slice(6)];
}

async function failure(answer: RawAnswer, request: TokenRequest, context: BodyContext): Promise<OciError> {
  const { status } = answer;
  const said = await readError(answer, context, secretsOf(request.credential));
  const kind = kindOfRefusal(status, request.credential !== undefined);
  const asked = retryAfterMs(answer.header('retry-after'), answer.header('date'));
  const detail = `token server ${redactUrl(answer.url)} answered ${status}${wordsOf(said)}`;
  return new OciError(kind, request.registryName, detail, {
    status,
    retryAfterMs: asked ?? (kind === 'rate-limited' ? retryHintMs(said.message) : undefined),
    registryCode: said.code,
  });
}

function readToken(bytes: Uint8Array, registryName: string): Token {
  const body = parseJson(bytes, registryName, 'the token answer');
  const bad = (why: string): OciError => new OciError('protocol', registryName, `the token answer ${why}`);
  if (!isObject(body)) throw bad('is not an object');
  const value = [member(body, 'token'), member(body, 'access_token')].find(
    (v) => typeof v === 'string' && v !== '',
  );
  if (typeof value !== 'string') throw bad('has no token');
  if (!TOKEN_TEXT.test(value)) throw bad('holds a token that cannot stand in a header');
  const expires = member(body, 'expires_in');
  const seconds =
    typeof expires === 'number' && expires > 0 ? Math.min(Math.max(expires, 60), 86_400) : undefined;
  return { value, livesMs: seconds === undefined ? undefined : seconds * 1000 };
}

/**
 * Fetches a bearer token (distribution "token authentication"). The token is opaque and never leaves memory.
 *
 * @throws OciError `realm-refused`, `denied`, `credentials-stale`, `rate-limited`, `outage`, `protocol` and those of
 * the connection
 */
export async function fetchToken(
  transport: Transport,
  runtime: Runtime,
  request: TokenRequest,
): Promise<Token> {
  const answer = await ask(transport, request, allowedUrl(request, request.realm));
  const context = {
    runtime,
    registry: request.registryName,
    signal: request.signal,
    what: 'the token answer',
  };
  if (answer.status !== 200) throw await failure(answer, request, context);
  return readToken(await readAll(answer, runtime.tokenBytes, context), request.registryName);
}
