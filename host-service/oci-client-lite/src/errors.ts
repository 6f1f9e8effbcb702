import { safeText } from './text.ts';

/**
 * Every way an operation can fail, told apart because each needs another answer from a person:
 *
 * - `invalid-reference` the text is no reference, or names no tag or digest where one is needed
 * - `not-found` the registry says that repository, tag or blob does not exist (many say so for private ones, too)
 * - `denied` the registry answers, and does not let this caller read or write
 * - `credentials-stale` credentials were given and the registry or its token server rejects them
 * - `rate-limited` 429, or a quota message; `retryAfterMs` when the registry said so
 * - `outage` 5xx after all retries
 * - `tls` no trustworthy TLS connection; `tls` says why
 * - `dns` the name does not resolve
 * - `proxy` the forward proxy refused or is unreachable
 * - `connect` refused, reset, unreachable
 * - `timeout` connect, headers or the overall deadline
 * - `too-slow` bytes arrive slower than the configured minimum
 * - `damaged` bytes differ from their digest or size, or the body ended early
 * - `too-large` more bytes than the caller or the limits allow
 * - `protocol` an answer that no conforming registry gives
 * - `redirect-refused`, `realm-refused` the registry pointed at an address we do not follow
 * - `cancelled` the caller's signal
 * - `conflict` the registry holds something else under that name
 * - `unsupported` the registry cannot do what was asked
 */
export const OCI_ERROR_KINDS = [
  'invalid-reference',
  'not-found',
  'denied',
  'credentials-stale',
  'rate-limited',
  'outage',
  'tls',
  'dns',
  'proxy',
  'connect',
  'timeout',
  'too-slow',
  'damaged',
  'too-large',
  'protocol',
  'redirect-refused',
  'realm-refused',
  'cancelled',
  'conflict',
  'unsupported',
] as const;

export type OciErrorKind = (typeof OCI_ERROR_KINDS)[number];

/** What is known about the certificate that was not trusted. Names are as the peer sent them, made safe to print. */
export interface TlsFailure {
  readonly issuer?: string;
  readonly subject?: string;
  readonly code: string;
}

export interface OciErrorOptions {
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly tls?: TlsFailure | undefined;
  /** The registry's own error code (`MANIFEST_UNKNOWN`), when its body had one. */
  readonly registryCode?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The only error this package throws. `message` and `detail` are safe to log and to show: no control or
 * bidirectional characters, no bearer tokens, at most 512 characters.
 */
export class OciError extends Error {
  override readonly name = 'OciError';
  readonly kind: OciErrorKind;
  /** Host (with port) of the registry asked; empty when the failure came before one was known. */
  readonly registry: string;
  readonly detail: string;
  readonly status?: number;
  readonly retryAfterMs?: number;
  readonly tls?: TlsFailure;
  readonly registryCode?: string;

  constructor(kind: OciErrorKind, registry: string, detail: string, options: OciErrorOptions = {}) {
    const safe = safeText(detail);
    super(`${kind}: ${safe}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.registry = safeText(registry, 300);
    this.detail = safe;
    if (options.status !== undefined) this.status = options.status;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    if (options.tls !== undefined) this.tls = options.tls;
    if (options.registryCode !== undefined) this.registryCode = safeText(options.registryCode, 64);
  }
}

/** True for errors of this package, also when two copies of it are loaded. */
export function isOciError(value: unknown): value is OciError {
  return (
    value instanceof OciError || (value instanceof Error && value.name === 'OciError' && 'kind' in value)
  );
}
