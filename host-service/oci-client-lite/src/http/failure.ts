import { OciError, isOciError } from '../errors.ts';
import type { OciErrorKind, TlsFailure } from '../errors.ts';

/** Thrown by our own hooks inside a connection attempt, so that the reason survives the HTTP library. */
export class HookError extends Error {
  readonly kind: OciErrorKind;

  constructor(kind: OciErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

const DNS = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EAI_NONAME',
  'ENODATA',
  'ESERVFAIL',
]);
const TIMEOUT = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'ETIMEDOUT']);
const TLS_CODE =
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|EPROTO$|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CRL_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|ERROR_IN_CERT_)/;

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string' && error.code !== '') return error.code;
  if ('name' in error && error.name === 'HTTPParserError') return 'HPE_INVALID';
  return '';
}

/** The error and everything it wraps, outermost first, bounded. */
function chain(error: unknown): unknown[] {
  const out: unknown[] = [];
  let queue: unknown[] = [error];
  while (queue.length > 0 && out.length < 20) {
    const next = queue[0];
    queue = queue.slice(1);
    if (next === undefined || next === null) continue;
    out.push(next);
    if (next instanceof AggregateError) queue.push(...(next.errors as readonly unknown[]));
    if (next instanceof Error) queue.push(next.cause);
  }
  return out;
}

function kindOfCode(code: string): OciErrorKind | undefined {
  if (DNS.has(code)) return 'dns';
  if (TIMEOUT.has(code)) return 'timeout';
  if (code === 'UND_ERR_BODY_TIMEOUT') return 'too-slow';
  if (TLS_CODE.test(code)) return 'tls';
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') return 'protocol';
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return 'too-large';
  if (code === 'UND_ERR_ABORTED' || code === 'ABORT_ERR') return 'cancelled';
  return undefined;
}

/** TLS error code inside an error, if it is one. */
export function tlsCodeOf(error: unknown): string | undefined {
  return chain(error)
    .map(codeOf)
    .find((code) => kindOfCode(code) === 'tls');
}

/**
 * Turns what the HTTP library, the resolver or the TLS stack threw into an `OciError`. `what` is a redacted
 * description of the request.
 */
export function failureOf(error: unknown, registry: string, what: string, tls?: TlsFailure): OciError {
  if (isOciError(error)) return error;
  const parts = chain(error);
  const hook = parts.find((part) => part instanceof HookError);
  if (hook instanceof HookError) return new OciError(hook.kind, registry, `${what}: ${hook.message}`);
  const codes = parts.map(codeOf).filter((code) => code !== '');
  const known = codes
    .map((code) => ({ code, kind: kindOfCode(code) }))
    .find((entry) => entry.kind !== undefined);
  const code = known?.code ?? codes[0] ?? '';
  const message = parts.find((part) => part instanceof Error && part.message !== '');
  const text = message instanceof Error ? message.message : 'connection failed';
  const kind = known?.kind ?? (codes.length > 0 || error instanceof Error ? 'connect' : 'protocol');
  return new OciError(
    kind,
    registry,
    `${what}: ${text}${code === '' || text.includes(code) ? '' : ` (${code})`}`,
    {
      cause: error,
      tls: kind === 'tls' ? (tls ?? { code }) : undefined,
    },
  );
}
