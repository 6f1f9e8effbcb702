import { describe, expect, it } from 'vitest';
import { runtimeOf } from '../defaults.ts';
import { OciError } from '../errors.ts';
import { addressClass, isLoopbackHost, mayReach } from './addresses.ts';
import { failureOf } from './failure.ts';
import { bypassesProxy, proxyFor } from './no-proxy.ts';
import { nextHop } from './redirect.ts';
import { backoffMs, retryAfterMs, retryHintMs, withRetries } from './retry.ts';

describe('address classes', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['10.1.2.3', 'private'],
    ['100.64.0.1', 'private'],
    ['198.19.255.1', 'private'],
    ['127.9.9.9', 'loopback'],
    ['169.254.169.254', 'link-local'],
    ['0.0.0.0', 'special'],
    ['255.255.255.255', 'special'],
    ['::1', 'loopback'],
    ['[::1]', 'loopback'],
    ['::', 'special'],
    ['fe80::1%eth0', 'link-local'],
    ['fd12::1', 'private'],
    ['2606:4700::1', 'public'],
    ['::ffff:169.254.169.254', 'link-local'],
    ['64:ff9b::a00:1', 'private'],
    ['2002:7f00:1::', 'loopback'],
    ['example.com', undefined],
  ])('%s is %s', (address, expected) => {
    expect(addressClass(address)).toBe(expected);
  });

  it('never let a registry send us to metadata services, nor from public to private', () => {
    expect(mayReach('private', 'link-local')).toBe(false);
    expect(mayReach('link-local', 'link-local')).toBe(false);
    expect(mayReach('public', 'private')).toBe(false);
    expect(mayReach('private', 'private')).toBe(true);
    expect(mayReach('loopback', 'public')).toBe(true);
  });

  it('know loopback names, so that plain http is automatic there only', () => {
    for (const host of ['localhost', 'localhost:5000', 'x.localhost', '127.0.0.1:80', '[::1]:80']) {
      expect(isLoopbackHost(host)).toBe(true);
    }
    for (const host of ['localhost.evil.com', '128.0.0.1', 'notlocalhost'])
      expect(isLoopbackHost(host)).toBe(false);
  });
});

describe('the forward proxy', () => {
  it.each([
    ['https://r.io/', 'r.io', true],
    ['https://a.r.io/', '.r.io', true],
    ['https://a.r.io/', '*.r.io', true],
    ['https://a.r.io/', 'r.io', true],
    ['https://bar.io/', 'r.io', false],
    ['https://r.io:8443/', 'r.io:8443', true],
    ['https://r.io/', 'r.io:8443', false],
    ['https://10.2.3.4/', '10.0.0.0/8', true],
    ['https://11.2.3.4/', 'x, 10.0.0.0/8', false],
    ['https://[fd00::5]/', 'fd00::/8', true],
    ['https://[fd00::5]/', 'fd00::5', true],
    ['https://anything/', '*', true],
    ['https://r.io/', '', false],
    ['https://x.svc/', '', true],
    ['https://x.y.svc.cluster.local/', '', true],
    ['https://127.0.0.1/', '', true],
  ])('%s with no_proxy %j is direct: %s', (url, list, expected) => {
    expect(bypassesProxy(new URL(url), list)).toBe(expected);
  });

  it('is chosen by the scheme of the target', () => {
    const settings = { http: 'p1:3128', https: 'http://p2:3128' };
    expect(proxyFor(new URL('http://r.io/'), settings)?.host).toBe('p1:3128');
    expect(proxyFor(new URL('https://r.io/'), settings)?.host).toBe('p2:3128');
  });
});

describe('redirects', () => {
  const own = { host: 'r.io', type: 'public' as const };
  const from = new URL('https://r.io/v2/x');
  it.each([
    ['http://r.io/x', 'https to http'],
    ['file:///etc/passwd', 'another scheme'],
    ['https://169.254.169.254/', 'metadata'],
    ['https://192.168.1.1/', 'private'],
    ['https://localhost/', 'loopback'],
    ['', 'nothing'],
    ['https://', 'no URL'],
  ])('to %s (%s) are refused', (location) => {
    expect(nextHop(from, location, own).ok).toBe(false);
  });

  it('lose user information', () => {
    const next = nextHop(from, 'https://u:p@storage.net/x?sig=1', own);
    expect(next.ok && next.url.href).toBe('https://storage.net/x?sig=1');
  });
});

describe('retries', () => {
  it('read Retry-After as seconds, as a date against the answer’s own clock, and from the message', () => {
    expect(retryAfterMs('3', undefined)).toBe(3000);
    expect(retryAfterMs('Sat, 21 Nov 2026 12:00:30 GMT', 'Sat, 21 Nov 2026 12:00:00 GMT')).toBe(30_000);
    expect(retryAfterMs('soon', undefined)).toBeUndefined();
    expect(retryAfterMs('-1', undefined)).toBeUndefined();
    expect(retryHintMs('retry-after: 1.16676ms, allowed: 44000/minute')).toBeCloseTo(1.16676);
    expect(retryHintMs('retry-after: 1m2s')).toBe(62_000);
    expect(retryHintMs('try later')).toBeUndefined();
  });

  it('wait exponentially with full jitter, up to a ceiling', () => {
    const runtime = runtimeOf({ random: () => 1, retry: { baseMs: 100, maxMs: 1000 } });
    expect([1, 2, 3, 9].map((failed) => backoffMs(runtime, failed, undefined))).toEqual([
      100, 200, 400, 1000,
    ]);
  });

  it('end at once when the registry asks for more patience than allowed', async () => {
    const waits: number[] = [];
    const runtime = runtimeOf({
      sleep: (ms) => Promise.resolve(void waits.push(ms)),
      retry: { retryAfterCapMs: 1000 },
    });
    const task = (): Promise<never> =>
      Promise.reject(new OciError('rate-limited', 'r', 'later', { status: 429, retryAfterMs: 60_000 }));
    await expect(withRetries(runtime, 4, new AbortController().signal, task)).rejects.toThrow(/rate-limited/);
    expect(waits).toEqual([]);
  });
});

describe('connection failures', () => {
  it.each([
    ['ENOTFOUND', 'dns'],
    ['EAI_AGAIN', 'dns'],
    ['ECONNREFUSED', 'connect'],
    ['ECONNRESET', 'connect'],
    ['EHOSTUNREACH', 'connect'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
    ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
    ['UND_ERR_HEADERS_OVERFLOW', 'protocol'],
    ['HPE_INVALID_CONSTANT', 'protocol'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
    ['EPROTO', 'tls'],
  ])('%s is %s, also when wrapped', (code, kind) => {
    const inner = Object.assign(new Error('x'), { code });
    expect(failureOf(inner, 'r', 'GET').kind).toBe(kind);
    expect(failureOf(new Error('outer', { cause: new AggregateError([inner]) }), 'r', 'GET').kind).toBe(kind);
  });
});
