import type { OciError } from 'oci-client-lite/errors.ts';
import { isOciError, type OciErrorKind } from 'oci-client-lite/errors.ts';
import { isUntrusted } from '../../contract/host/untrusted.ts';
import { Problem, problemOf, type ProblemCode } from '../../contract/problem.ts';
import type { RegistryAnswer } from '../../engine/ports.ts';

interface Meaning {
  readonly code: ProblemCode;
  /** `unavailable`: ask again later. `refused`: something came, and it can never be used. */
  readonly kind: 'unavailable' | 'refused';
}
const later = (code: ProblemCode): Meaning => ({ code, kind: 'unavailable' });
const never = (code: ProblemCode): Meaning => ({ code, kind: 'refused' });

/** Every way the client can fail, in the product's words; a new kind does not compile until it is here. */
const MEANINGS: Readonly<Record<OciErrorKind, Meaning>> = {
  'invalid-reference': never('request.invalid'),
  'not-found': later('registry.not-found'),
  denied: later('registry.denied'),
  'credentials-stale': later('registry.credentials-stale'),
  'rate-limited': later('registry.rate-limited'),
  outage: later('registry.outage'),
  tls: later('registry.tls'),
  dns: later('registry.dns'),
  proxy: later('registry.proxy'),
  connect: later('registry.connect'),
  timeout: later('registry.timeout'),
  'too-slow': later('registry.timeout'),
  damaged: never('registry.damaged'),
  'too-large': never('registry.too-large'),
  protocol: never('registry.protocol'),
  'redirect-refused': later('registry.redirect-refused'),
  'realm-refused': later('registry.redirect-refused'),
  cancelled: later('registry.cancelled'),
  // We only read; a registry that answers a read like this makes no sense.
  conflict: never('registry.protocol'),
  unsupported: never('registry.protocol'),
};

function detailOf(error: OciError): string {
  const { code, issuer: name } = error.tls ?? {};
  const guess = isUntrusted(code) ? '; this looks like a TLS-inspecting proxy' : '';
  const issuer = name === undefined ? '' : ` (issuer ${name}${guess})`;
  const host = error.registry === '' || error.detail.includes(error.registry) ? '' : `${error.registry}: `;
  return `${host}${error.detail}${issuer}`;
}

/** The Problem for whatever a call of the client threw. */
export function registryProblem(error: unknown): Problem {
  if (!isOciError(error)) return problemOf(error);
  const { retryAfterMs } = error;
  return new Problem(MEANINGS[error.kind].code, detailOf(error), {
    cause: error,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** A failure as the answer that it is; rethrows what is neither the registry's nor the release's fault. */
export function failedAnswer(error: unknown): RegistryAnswer {
  const problem = registryProblem(error);
  const { body: detail, retryAfterMs } = problem;
  if (isOciError(error)) {
    const { kind } = MEANINGS[error.kind];
    return kind === 'refused' ? { kind, problem: detail } : { kind, problem: detail, retryAfterMs };
  }
  if (problem.code.startsWith('release.')) return { kind: 'refused', problem: detail };
  throw problem;
}
