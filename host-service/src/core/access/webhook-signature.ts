import { createHmac, timingSafeEqual } from 'node:crypto';
import { accept, refuse, type Verdict } from '../../contract/problem.ts';

/** How far the sender's clock may be away from ours, in milliseconds. */
export const WEBHOOK_WINDOW_MS = 5 * 60_000;

export interface WebhookCall {
  /** `sha256=<64 lower-case hex>`. */
  readonly signature: string | undefined;
  /** Whole seconds since 1970. */
  readonly timestamp: string | undefined;
  readonly body: Uint8Array;
}

/** HMAC-SHA256 over `timestamp.` and the raw body, in hex: what a sender puts behind `sha256=`. */
export const webhookMac = (secret: Uint8Array, timestamp: string, body: Uint8Array): string =>
  createHmac('sha256', secret).update(`${timestamp}.`, 'utf8').update(body).digest('hex');

/**
 * Whether the call is signed with the shared secret and of about now. The value is the signature, by which a repeated call is known.
 * Never throws, whatever came in. Problem webhook.refused.
 */
export function checkWebhookCall(call: WebhookCall, secret: Uint8Array, now: Date): Verdict<string> {
  const { signature, timestamp, body } = call;
  if (signature === undefined || timestamp === undefined)
    return refuse('webhook.refused', 'signature or timestamp is missing');
  if (!/^\d{1,12}$/.test(timestamp)) return refuse('webhook.refused', 'the timestamp is not in seconds');
  const [, mac] = /^sha256=([a-f0-9]{64})$/.exec(signature) ?? [];
  if (mac === undefined) return refuse('webhook.refused', 'the signature is not sha256=<hex>');
  const expected = webhookMac(secret, timestamp, body);
  if (!timingSafeEqual(Buffer.from(mac, 'ascii'), Buffer.from(expected, 'ascii')))
    return refuse('webhook.refused', 'the signature does not fit');
  // Last, so that nobody without the secret learns our clock.
  if (Math.abs(now.getTime() - Number(timestamp) * 1000) > WEBHOOK_WINDOW_MS)
    return refuse('webhook.refused', 'the call is not of now');
  return accept(mac);
}
