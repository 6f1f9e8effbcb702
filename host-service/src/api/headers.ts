import { randomBytes, randomUUID } from 'node:crypto';
import { BUILD_HEADER, REQUEST_ID_HEADER } from '../contract/api/routes.ts';
import type { ApiOptions } from './options.ts';

/** One year, in seconds. */
const HSTS_SECONDS = 31_536_000;

/** An id that came with the request, when it is short and plain; else a new one. */
export function requestIdOf(given: string | undefined): string {
  return given !== undefined && /^[A-Za-z0-9._-]{8,64}$/.test(given) ? given : randomUUID();
}

export const makeNonce = (): string => randomBytes(18).toString('base64url');

/** What the page may load and run: itself, and inline parts that carry the nonce of this one answer. */
export function pagePolicyOf(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Headers of every answer. Those of the API are never kept by anybody; a page's answer says itself how long it keeps. */
export function commonHeaders(
  cookies: ApiOptions['cookies'],
  build: string,
  requestId: string,
): Record<string, string> {
  return {
    [REQUEST_ID_HEADER]: requestId,
    [BUILD_HEADER]: build,
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'cache-control': 'no-store',
    // Only where TLS is certain: a box that speaks HTTP on loopback must stay reachable.
    ...(cookies === 'secure' ? { 'strict-transport-security': `max-age=${HSTS_SECONDS}` } : {}),
  };
}
