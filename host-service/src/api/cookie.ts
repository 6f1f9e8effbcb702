import { Problem } from '../contract/problem.ts';
import type { ApiOptions } from './options.ts';

/** `__Host-`: browsers take such a cookie only over TLS, for the whole host and from the host itself. */
const NAMES = { secure: '__Host-appliance', plain: 'appliance' } as const;
const MAX_VALUE = 4096;

export const cookieNameOf = (cookies: ApiOptions['cookies']): string => NAMES[cookies];

/** Value of the session's cookie in a Cookie header. */
export function readCookie(cookies: ApiOptions['cookies'], header: string | undefined): string | undefined {
  const start = `${NAMES[cookies]}=`;
  for (const part of (header ?? '').split(';')) {
    const text = part.trim();
    if (text.startsWith(start) && text.length <= start.length + MAX_VALUE) return text.slice(start.length);
  }
  return undefined;
}

/** A Set-Cookie header; an empty value with age 0 takes the cookie away. */
export function writeCookie(cookies: ApiOptions['cookies'], value: string, maxAgeSeconds: number): string {
  // A value that could carry attributes of its own would be a fault of ours.
  if (!/^[A-Za-z0-9._~+/=-]*$/.test(value)) throw new Problem('internal.bug', 'a cookie has odd characters');
  const attributes = `Path=/; Max-Age=${Math.max(0, Math.floor(maxAgeSeconds))}; HttpOnly; SameSite=Strict`;
  return `${NAMES[cookies]}=${value}; ${attributes}${cookies === 'secure' ? '; Secure' : ''}`;
}
