import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** Longest cookie in characters; longer ones are not looked at. */
export const COOKIE_MAX = 1024;

/** What a cookie says about its session. Times in milliseconds since 1970. Loose: a newer control plane may add members. */
export const CookiePayload = z.looseObject({
  sid: z.string().regex(/^[A-Za-z0-9_-]{16,64}$/),
  user: z.string().min(1).max(64),
  /** As it was at the start; what counts is the user's present one. */
  role: z.string().max(32),
  via: z.enum(['ui', 'cli']),
  iat: z.int().min(0),
  exp: z.int().min(0),
  /** Good only while it stands in the list of sessions; absent in cookies of control planes that kept none. */
  listed: z.literal(true).optional().catch(undefined),
  /** Which key signed it. */
  kid: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/),
});
export type CookiePayload = z.infer<typeof CookiePayload>;

/** A cookie as it came in: only which key would have signed it may be known before the signature is checked. */
export interface UncheckedCookie {
  readonly keyId: string;
  /** The payload when this key signed it; undefined otherwise. Takes the same time wherever the signatures differ. */
  readonly signedBy: (key: Uint8Array) => CookiePayload | undefined;
}

const macOf = (signed: string, key: Uint8Array): string =>
  createHmac('sha256', key).update(signed, 'utf8').digest('base64url');

/**
 * The cookie's value: `v1.payload.mac`, HMAC-SHA256 over `v1.payload`.
 *
 * @throws RangeError when it would be longer than COOKIE_MAX
 */
export function signCookie(payload: CookiePayload, key: Uint8Array): string {
  const signed = `v1.${Buffer.from(JSON.stringify(payload), 'utf8').toString('base64url')}`;
  const cookie = `${signed}.${macOf(signed, key)}`;
  if (cookie.length > COOKIE_MAX) throw new RangeError('the session does not fit into a cookie');
  return cookie;
}

/** Reads a cookie of any origin. Never throws; undefined when it is none of ours by its form. */
export function parseCookie(text: string): UncheckedCookie | undefined {
  if (text.length > COOKIE_MAX) return undefined;
  const [, signed, payloadText, mac] = /^(v1\.([A-Za-z0-9_-]+))\.([A-Za-z0-9_-]{43})$/.exec(text) ?? [];
  if (signed === undefined || payloadText === undefined || mac === undefined) return undefined;
  const payload = payloadOf(payloadText);
  if (payload === undefined) return undefined;
  return {
    keyId: payload.kid,
    // Texts are compared, not the bytes they stand for: base64url has several spellings of the same bytes.
    signedBy: (key) =>
      timingSafeEqual(Buffer.from(mac, 'ascii'), Buffer.from(macOf(signed, key), 'ascii'))
        ? payload
        : undefined,
  };
}

function payloadOf(text: string): CookiePayload | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return CookiePayload.safeParse(parsed).data;
  } catch {
    return undefined;
  }
}
