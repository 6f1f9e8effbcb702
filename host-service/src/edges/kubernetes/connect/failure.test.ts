import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem, PROBLEMS } from '../../../contract/problem.ts';
import { problemOfAnswer, problemOfFailure } from './failure.ts';

const answer = (status: number, text: string, retryAfter?: string) => ({
  status,
  text,
  retryAfter,
  what: 'GET /api/v1/nodes',
  secret: false,
});
const failure = (code: string, cause?: unknown): Error => Object.assign(new Error('x', { cause }), { code });

describe('an unsuccessful answer', () => {
  it('has a code whatever stands in it', () => {
    const bodies = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((details) => `{"kind":"Status","details":${details}}`),
    );
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), bodies, fc.string(), (status, text, retryAfter) => {
        const problem = problemOfAnswer(answer(status, text, retryAfter));
        expect(Object.hasOwn(PROBLEMS, problem.code)).toBe(true);
        expect(problem.code).not.toBe('internal.bug');
        expect(problem.detail.length).toBeLessThanOrEqual(512);
      }),
    );
  });

  it('says how long to wait when the server said so, in its header or in its words', () => {
    expect(problemOfAnswer(answer(429, '', '3')).retryAfterMs).toBe(3000);
    expect(problemOfAnswer(answer(503, '', 'tomorrow')).retryAfterMs).toBeUndefined();
    const words = JSON.stringify({ kind: 'Status', details: { retryAfterSeconds: 2 } });
    expect(problemOfAnswer(answer(503, words)).retryAfterMs).toBe(2000);
  });
});

describe('a failure without answer', () => {
  it.each([
    ['ECONNREFUSED', 'cluster.unavailable'],
    ['ENOTFOUND', 'cluster.unavailable'],
    ['EHOSTUNREACH', 'cluster.unavailable'],
    ['CERT_HAS_EXPIRED', 'cluster.unavailable'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'cluster.unavailable'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'cluster.unavailable'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'cluster.unauthorized'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'cluster.unauthorized'],
    ['UND_ERR_CONNECT_TIMEOUT', 'cluster.timeout'],
    ['ETIMEDOUT', 'cluster.timeout'],
    ['EPROTO', 'cluster.bad-answer'],
    ['HPE_INVALID_CONSTANT', 'cluster.bad-answer'],
    ['SOMETHING_NEW', 'cluster.unavailable'],
  ])('%s is %s, also as the cause of another error', (code, expected) => {
    expect(problemOfFailure(failure(code), 'GET /', undefined).code).toBe(expected);
    expect(problemOfFailure(new TypeError('fetch', { cause: failure(code) }), 'GET /', undefined).code).toBe(
      expected,
    );
    expect(problemOfFailure(new AggregateError([failure(code)]), 'GET /', undefined).code).toBe(expected);
  });

  it('tells our own deadline from the wish of the caller, and keeps a problem as it is', () => {
    expect(problemOfFailure(failure('X'), 'GET /', 'deadline').code).toBe('cluster.timeout');
    expect(problemOfFailure(failure('X'), 'GET /', 'stopped').code).toBe('cluster.cancelled');
    const problem = new Problem('cluster.gone', 'x');
    expect(problemOfFailure(problem, 'GET /', 'stopped')).toBe(problem);
  });
});
