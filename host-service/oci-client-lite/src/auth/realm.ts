import { bareHost, addressClass, isLoopbackHost, mayReach } from '../http/addresses.ts';
import type { AddressClass } from '../http/addresses.ts';

export interface RealmContext {
  /** Origin of the registry that named the realm. */
  readonly registry: URL;
  /** Class of the registry's own address; `public` when unknown. */
  readonly registryClass: AddressClass;
  /** True when a password or token will be sent there. */
  readonly withCredential: boolean;
  /** Realm the operator configured; its host needs no further proof. */
  readonly configured: string | undefined;
}

export type RealmVerdict =
  { readonly ok: true; readonly url: URL } | { readonly ok: false; readonly why: string };

/** Suffixes under which strangers get names: sharing one proves nothing. Two-letter countries: see `shared`. */
const SHARED_SUFFIXES = new Set([
  'azurecr.io',
  'pkg.dev',
  'amazonaws.com',
  'cloudfront.net',
  'github.io',
  'herokuapp.com',
  'azurewebsites.net',
  'windows.net',
  'appspot.com',
  'run.app',
  'workers.dev',
  'pages.dev',
  'fly.dev',
  'netlify.app',
  'vercel.app',
  'ngrok.io',
  'ngrok.app',
  'digitaloceanspaces.com',
  'scw.cloud',
]);

function sharedSuffix(two: string): boolean {
  const [second = '', top = ''] = two.split('.');
  return (
    SHARED_SUFFIXES.has(two) ||
    (top.length === 2 && second.length <= 3) ||
    top === 'local' ||
    top === 'internal'
  );
}

/** True when both names belong to one owner as far as names can tell: same, parent and child, or siblings. */
export function sameOwner(a: string, b: string): boolean {
  if (a === b) return true;
  if (addressClass(a) !== undefined || addressClass(b) !== undefined) return false;
  const parts = a.split('.');
  const two = parts.slice(-2).join('.');
  if (parts.length < 2) return false;
  if (!sharedSuffix(two)) return b === two || b.endsWith(`.${two}`);
  const three = parts.slice(-3).join('.');
  return parts.length >= 3 && (b === three || b.endsWith(`.${three}`));
}

/**
 * Whether a token may be fetched from the realm a registry names (server-side request forgery, stolen passwords):
 * https unless the registry itself is plain; no user information or fragment; no private, loopback, link-local or
 * special address unless it is the registry's own kind; with credentials only the registry's own organisation.
 */
export function checkRealm(realm: string, context: RealmContext): RealmVerdict {
  const no = (why: string): RealmVerdict => ({ ok: false, why });
  if (realm.length > 2048 || !URL.canParse(realm)) return no('the realm is not an absolute URL');
  const url = new URL(realm);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && context.registry.protocol === 'http:')) {
    return no(`the realm's scheme ${url.protocol} is not allowed`);
  }
  if (url.username !== '' || url.password !== '') return no('the realm carries user information');
  if (url.hash !== '') return no('the realm carries a fragment');
  const host = bareHost(url.host);
  const own = bareHost(context.registry.host);
  if (host === own) return { ok: true, url };
  const type = addressClass(host) ?? (isLoopbackHost(host) ? 'loopback' : undefined);
  if (type !== undefined && !mayReach(context.registryClass, type))
    return no(`the realm is a ${type} address`);
  if (context.withCredential && !sameOwner(own, host) && !configuredHost(context, host)) {
    return no(`the realm's host ${host} does not belong to ${own}; the credential stays here`);
  }
  return { ok: true, url };
}

function configuredHost(context: RealmContext, host: string): boolean {
  const text = context.configured;
  return text !== undefined && URL.canParse(text) && bareHost(new URL(text).host) === host;
}
