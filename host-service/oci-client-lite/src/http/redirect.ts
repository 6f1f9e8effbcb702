import { addressClass, bareHost, isLoopbackHost, mayReach } from './addresses.ts';
import type { AddressClass } from './addresses.ts';

export const MAX_HOPS = 5;

export type HopVerdict =
  { readonly ok: true; readonly url: URL } | { readonly ok: false; readonly why: string };

export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/**
 * Where a `Location` may lead. Never from https to http, never to another scheme, no private or special address
 * unless the registry's own kind; user information is dropped.
 */
export function nextHop(
  from: URL,
  location: string | undefined,
  registry: { readonly host: string; readonly type: AddressClass },
): HopVerdict {
  if (location === undefined || location === '') return { ok: false, why: 'the redirect has no Location' };
  if (location.length > 8192 || !URL.canParse(location, from.href)) {
    return { ok: false, why: 'the Location is not a URL' };
  }
  const url = new URL(location, from.href);
  url.username = '';
  url.password = '';
  url.hash = '';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { ok: false, why: `a redirect to ${url.protocol} is not followed` };
  }
  if (from.protocol === 'https:' && url.protocol === 'http:') {
    return { ok: false, why: 'a redirect from https to http is not followed' };
  }
  const host = bareHost(url.host);
  if (host === bareHost(registry.host)) return { ok: true, url };
  const type = addressClass(host) ?? (isLoopbackHost(host) ? 'loopback' : undefined);
  if (type !== undefined && !mayReach(registry.type, type)) {
    return { ok: false, why: `a redirect to the ${type} address ${host} is not followed` };
  }
  return { ok: true, url };
}
