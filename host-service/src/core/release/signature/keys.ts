import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { accept, refuse, type Verdict } from '../../../contract/problem.ts';
import type { KeyRole, Trust, TrustKey } from '../../../contract/trust.ts';

/** A pinned key, ready to verify with. */
export interface PinnedKey {
  readonly id: string;
  readonly roles: readonly KeyRole[];
  readonly notBefore: string | undefined;
  readonly notAfter: string | undefined;
  readonly revoked: boolean;
  /** base64 of the sha256 of the SPKI DER: what cosign writes as hint, and what makes two entries the same key. */
  readonly fingerprint: string;
  /** Whether the signature over exactly these bytes is by this key. */
  verifies(bytes: Uint8Array, signature: Uint8Array): boolean;
}

function publicKeyOf(key: TrustKey): KeyObject | undefined {
  // createPublicKey would also take a private key; nobody ought to have put one here.
  if (!key.publicKey.trimStart().startsWith('-----BEGIN PUBLIC KEY-----')) return undefined;
  try {
    const object = createPublicKey(key.publicKey);
    const p256 =
      object.asymmetricKeyType === 'ec' && object.asymmetricKeyDetails?.namedCurve === 'prime256v1';
    return p256 || object.asymmetricKeyType === 'ed25519' ? object : undefined;
  } catch {
    return undefined;
  }
}

function pinnedKey(key: TrustKey, object: KeyObject, revoked: boolean): PinnedKey {
  const der = object.export({ type: 'spki', format: 'der' });
  const algorithm = object.asymmetricKeyType === 'ec' ? 'sha256' : null;
  return {
    id: key.id,
    roles: key.roles,
    notBefore: key.notBefore,
    notAfter: key.notAfter,
    revoked,
    fingerprint: createHash('sha256').update(der).digest('base64'),
    verifies: (bytes, signature) => {
      try {
        return verify(algorithm, bytes, { key: object, dsaEncoding: 'der' }, signature);
      } catch {
        return false;
      }
    },
  };
}

/**
 * Keys of a trust document; problem trust.invalid when one cannot be used, an id occurs twice, or a threshold can never
 * be reached. The same key under two ids is one key, and revoked when either id is.
 */
export function pinnedKeys(trust: Trust): Verdict<readonly PinnedKey[]> {
  const ids = trust.keys.map((key) => key.id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) return refuse('trust.invalid', `two keys have the id ${twice}`);
  const keys: PinnedKey[] = [];
  for (const key of trust.keys) {
    const object = publicKeyOf(key);
    if (object === undefined) {
      return refuse('trust.invalid', `key ${key.id} is neither an ECDSA P-256 nor an Ed25519 public key`);
    }
    keys.push(pinnedKey(key, object, trust.revoked.includes(key.id)));
  }
  const revoked = new Set(keys.filter((key) => key.revoked).map((key) => key.fingerprint));
  for (const role of ['root', 'release', 'channel'] as const) {
    const usable = new Set(keys.filter((key) => key.roles.includes(role)).map((key) => key.fingerprint));
    if (usable.size > 0 && usable.size < trust.thresholds[role]) {
      const text = `${trust.thresholds[role]} ${role} keys are needed, but there are only ${usable.size}`;
      return refuse('trust.invalid', text);
    }
  }
  return accept(keys.map((key) => ({ ...key, revoked: revoked.has(key.fingerprint) })));
}
