import { OciError, OCI_ERROR_KINDS, type OciErrorKind } from 'oci-client-lite/errors.ts';
import { describe, expect, it } from 'vitest';
import { Problem } from 'host-service/contract/problem.ts';
import { failedAnswer, registryProblem } from 'host-service/edges/registry/problems.ts';

const MEANT: Readonly<Record<OciErrorKind, readonly ['unavailable' | 'refused', string]>> = {
  'invalid-reference': ['refused', 'request.invalid'],
  'not-found': ['unavailable', 'registry.not-found'],
  denied: ['unavailable', 'registry.denied'],
  'credentials-stale': ['unavailable', 'registry.credentials-stale'],
  'rate-limited': ['unavailable', 'registry.rate-limited'],
  outage: ['unavailable', 'registry.outage'],
  tls: ['unavailable', 'registry.tls'],
  dns: ['unavailable', 'registry.dns'],
  proxy: ['unavailable', 'registry.proxy'],
  connect: ['unavailable', 'registry.connect'],
  timeout: ['unavailable', 'registry.timeout'],
  'too-slow': ['unavailable', 'registry.timeout'],
  damaged: ['refused', 'registry.damaged'],
  'too-large': ['refused', 'registry.too-large'],
  protocol: ['refused', 'registry.protocol'],
  'redirect-refused': ['unavailable', 'registry.redirect-refused'],
  'realm-refused': ['unavailable', 'registry.redirect-refused'],
  cancelled: ['unavailable', 'registry.cancelled'],
  conflict: ['refused', 'registry.protocol'],
  unsupported: ['refused', 'registry.protocol'],
};

describe('a failure of the registry', () => {
  it.each(OCI_ERROR_KINDS)('of kind %s is an answer with its own code', (kind) => {
    const answer = failedAnswer(new OciError(kind, 'registry.example.com', 'what happened'));
    const [meant, code] = MEANT[kind];
    expect(answer).toMatchObject({ kind: meant, problem: { code } });
  });

  it('keeps how long the registry asks us to wait', () => {
    const error = new OciError('rate-limited', 'registry.example.com', 'slow down', { retryAfterMs: 9000 });
    expect(failedAnswer(error)).toMatchObject({ kind: 'unavailable', retryAfterMs: 9000 });
    expect(registryProblem(error).retryAfterMs).toBe(9000);
  });

  it('R-31 names host and issuer of a certificate that is not trusted, and what that looks like', () => {
    const tls = { issuer: 'CN=Inspecting Proxy', code: 'SELF_SIGNED_CERT_IN_CHAIN' };
    const problem = registryProblem(new OciError('tls', 'registry.example.com', 'not trusted', { tls }));
    expect(problem.detail).toBe(
      'registry.example.com: not trusted (issuer CN=Inspecting Proxy; this looks like a TLS-inspecting proxy)',
    );
  });

  it('is told apart from faults of our own', () => {
    expect(() => failedAnswer(new TypeError('oops'))).toThrow(Problem);
    expect(registryProblem(new TypeError('oops')).code).toBe('internal.bug');
  });
});
