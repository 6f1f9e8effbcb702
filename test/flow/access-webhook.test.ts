import { checkWebhookCall, webhookMac } from 'host-service/core/access/webhook-signature.ts';
import { setWebhookSecret } from 'host-service/engine/access/webhook.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AccessWorld, MINUTE, NAMESPACE, never } from './access-world.ts';

const SECRET = 'a shared secret of vendor and box';
const body = Buffer.from('{"channel":"stable"}');
const now = new Date('2026-03-02T10:00:00Z');
const secret = Buffer.from(SECRET);

/** A call as the vendor's pipeline makes it. */
function callAt(date: Date, content: Uint8Array = body, key: Uint8Array = secret) {
  const timestamp = String(Math.floor(date.getTime() / 1000));
  return { timestamp, signature: `sha256=${webhookMac(key, timestamp, content)}`, body: content };
}

async function boxWithSecret(): Promise<AccessWorld> {
  const box = new AccessWorld();
  await setWebhookSecret({ cluster: box.door().cluster, namespace: NAMESPACE }, SECRET, never);
  return box;
}

describe('a wake-up call', () => {
  it('is signed as openssl and every other HMAC-SHA256 would do it', () => {
    // printf '1772445600.{"channel":"stable"}' | openssl dgst -sha256 -hmac 'a shared secret of vendor and box'
    expect(callAt(now).timestamp).toBe('1772445600');
    expect(callAt(now).signature).toBe(
      'sha256=37699ddde2796399065872df1d1d3bcc38c74ac6aa4c94d98ecc593ebff65351',
    );
  });

  it('is taken once when it is signed and of now', async () => {
    const box = await boxWithSecret();
    const { access } = box.door();
    await access.checkWebhook(callAt(box.clock.now()), never);
    await expect(access.checkWebhook(callAt(box.clock.now()), never)).rejects.toMatchObject({
      code: 'webhook.refused',
    });
    box.clock.advance(1000);
    await access.checkWebhook(callAt(box.clock.now()), never);
  });

  it('is refused when it is older or newer than five minutes, however well it is signed', () => {
    for (const [ms, ok] of [
      [0, true],
      [-5 * MINUTE, true],
      [5 * MINUTE, true],
      [-5 * MINUTE - 1000, false],
      [5 * MINUTE + 1000, false],
    ] as const) {
      expect(checkWebhookCall(callAt(new Date(now.getTime() + ms)), secret, now).ok).toBe(ok);
    }
  });

  it('is refused after any change of body, time or secret, and when a part is missing', () => {
    const call = callAt(now);
    const wrong = [
      { ...call, body: Buffer.from('{"channel":"other"}') },
      { ...call, timestamp: String(Number(call.timestamp) + 1) },
      callAt(now, body, Buffer.from('another secret')),
      { ...call, signature: undefined },
      { ...call, timestamp: undefined },
      { ...call, signature: call.signature.toUpperCase() },
      { ...call, signature: call.signature.replace('sha256=', 'sha1=') },
      { ...call, timestamp: `${call.timestamp}.5` },
      { ...call, timestamp: `-${call.timestamp}` },
    ];
    for (const one of wrong) {
      expect(checkWebhookCall(one, secret, now)).toMatchObject({
        ok: false,
        problem: { code: 'webhook.refused' },
      });
    }
  });

  it('never throws and never fits for what somebody made up', () => {
    const text = fc.option(fc.string({ unit: 'binary', maxLength: 200 }), { nil: undefined });
    const mac = fc.stringMatching(/^sha256=[a-f0-9]{64}$/);
    const time = fc.constant(callAt(now).timestamp);
    fc.assert(
      fc.property(
        fc.oneof(text, mac),
        fc.oneof(text, time),
        fc.uint8Array(),
        (signature, timestamp, content) => {
          expect(checkWebhookCall({ signature, timestamp, body: content }, secret, now).ok).toBe(false);
        },
      ),
    );
  });

  it('is webhook.not-configured as long as nobody has set a secret, also an empty one', async () => {
    const box = new AccessWorld();
    const { access, cluster } = box.door();
    await expect(access.checkWebhook(callAt(now), never)).rejects.toMatchObject({
      code: 'webhook.not-configured',
    });
    await setWebhookSecret({ cluster, namespace: NAMESPACE }, '', never);
    const empty = callAt(now, body, Buffer.from(''));
    await expect(box.door().access.checkWebhook(empty, never)).rejects.toMatchObject({
      code: 'webhook.not-configured',
    });
  });

  it('costs the cluster at most one request in five seconds, however many come', async () => {
    const box = await boxWithSecret();
    const { access, calls } = box.door();
    const wrong = { ...callAt(now), signature: `sha256=${'0'.repeat(64)}` };
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, () => access.checkWebhook(wrong, never)),
    );
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(calls).toEqual(['get']);
  });

  it('follows a new secret within five seconds, and the old one opens nothing any more', async () => {
    const box = await boxWithSecret();
    const { access, cluster } = box.door();
    await access.checkWebhook(callAt(box.clock.now()), never);
    await setWebhookSecret({ cluster, namespace: NAMESPACE }, 'the next secret', never);
    box.clock.advance(5_001);
    const next = callAt(box.clock.now(), body, Buffer.from('the next secret'));
    await access.checkWebhook(next, never);
    await expect(access.checkWebhook(callAt(box.clock.now()), never)).rejects.toMatchObject({
      code: 'webhook.refused',
    });
    expect(box.logged.join('\n')).not.toContain(SECRET);
  });
});
