import { Problem } from '../../contract/problem.ts';
import { checkWebhookCall, WEBHOOK_WINDOW_MS } from '../../core/access/webhook-signature.ts';
import type { Access } from '../handle/handle.ts';
import type { AccessParts, SecretCluster } from './ports.ts';
import { createRecent } from './store/recent.ts';
import { dataOf, putData } from './store/stored-document.ts';
import { SECRETS } from './store/stores.ts';

/** Key of the shared secret in Secret `appliance-webhook`. */
const WEBHOOK_KEY = 'secret';
/** Calls that are remembered; all of them were signed by somebody who has the secret. */
const REMEMBERED_MAX = 1024;

/** Checks wake-up calls. A call is taken once, as far as this process knows: one that is repeated after a restart only wakes the loop again. */
export function createWebhookCheck(parts: AccessParts): Access['checkWebhook'] {
  const { cluster, namespace, clock, log } = parts;
  const ref = { apiVersion: 'v1', kind: 'Secret', namespace, name: SECRETS.webhook } as const;
  const known = createRecent(clock, async (signal) =>
    Buffer.from(dataOf(await cluster.get(ref, signal))[WEBHOOK_KEY] ?? '', 'base64'),
  );
  /** Signatures and until when (milliseconds since 1970) they would be accepted again; oldest first. */
  const seen = new Map<string, number>();
  return async (call, signal) => {
    const secret = await known.get();
    signal.throwIfAborted();
    if (secret.length === 0) throw new Problem('webhook.not-configured', 'there is no shared secret');
    const now = clock.now();
    const checked = checkWebhookCall(call, secret, now);
    if (!checked.ok) {
      log.warn('wake-up call refused', { why: checked.problem.detail });
      throw new Problem(checked.problem.code, checked.problem.detail);
    }
    for (const [mac, until] of seen) if (until < now.getTime()) seen.delete(mac);
    if (seen.has(checked.value)) throw new Problem('webhook.refused', 'the same call came before');
    const [oldest] = seen.keys();
    if (seen.size >= REMEMBERED_MAX && oldest !== undefined) seen.delete(oldest);
    seen.set(checked.value, now.getTime() + 2 * WEBHOOK_WINDOW_MS);
  };
}

/**
 * Makes this the shared secret; the one before is good no more.
 *
 * @throws Problem cluster.*; cluster.conflict when somebody else sets one at the same time
 */
export async function setWebhookSecret(
  { cluster, namespace }: { readonly cluster: SecretCluster; readonly namespace: string },
  secret: string,
  signal: AbortSignal,
): Promise<void> {
  const name = SECRETS.webhook;
  const present = await cluster.get({ apiVersion: 'v1', kind: 'Secret', namespace, name }, signal);
  const keys = { [WEBHOOK_KEY]: Buffer.from(secret, 'utf8') };
  await putData({ cluster, namespace, name }, present, keys, signal);
}
