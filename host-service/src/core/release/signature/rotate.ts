import { CAPS } from '../../../contract/names.ts';
import { accept, refuse, type Verdict } from '../../../contract/problem.ts';
import { KeysDocument, type Trust } from '../../../contract/trust.ts';
import { checkSchema } from '../document/issues.ts';
import { readStrictJson } from '../document/strict-json.ts';
import { pinnedKeys } from './keys.ts';
import { verifySignatures } from './verify.ts';

/** Whether the policy lets documents without signature be read at this moment: until the end of the named day, UTC. */
export function unsignedAllowed(trust: Trust, now: Date): boolean {
  const day = /^allow-until (\d{4}-\d{2}-\d{2})$/.exec(trust.unsigned)?.[1];
  if (day === undefined || Number.isNaN(Date.parse(`${day}T00:00:00Z`))) return false;
  return now.toISOString().slice(0, 10) <= day;
}

function readKeys(bytes: Uint8Array): Verdict<KeysDocument> {
  const json = readStrictJson(bytes, CAPS.statement);
  if (!json.ok) return refuse('trust.keys-refused', `the keys document cannot be read: ${json.why}`);
  return checkSchema(KeysDocument, json.value, 'trust.keys-refused', 'keys document');
}

/** Revoked stays revoked: no later document makes an id good again (design §4 "Expiry"). */
function successor(trust: Trust, keys: KeysDocument): Trust {
  return {
    ...trust,
    version: keys.version,
    keys: keys.keys,
    revoked: [...new Set([...trust.revoked, ...keys.revoked])].slice(0, 64),
    thresholds: keys.thresholds,
  };
}

function usable(next: Trust): Verdict<Trust> {
  const keys = pinnedKeys(next);
  if (!keys.ok) return refuse('trust.keys-refused', keys.problem.detail);
  for (const role of ['root', 'release', 'channel'] as const) {
    const left = keys.value.filter((key) => key.roles.includes(role) && !key.revoked);
    const count = new Set(left.map((key) => key.fingerprint)).size;
    if (count < next.thresholds[role]) {
      const text = `only ${count} ${role} keys would be left, ${next.thresholds[role]} are needed`;
      return refuse('trust.keys-refused', text);
    }
  }
  return accept(next);
}

/**
 * The trust after a keys document: version N+1, signed by the root threshold of version N (design §4 "Trust"). A document
 * that is not newer changes nothing. Problem trust.keys-refused; the present keys then stay.
 */
export function applyKeys(trust: Trust, bytes: Uint8Array, bundles: readonly Uint8Array[]): Verdict<Trust> {
  const keys = readKeys(bytes);
  if (!keys.ok) return keys;
  if (keys.value.product !== trust.product) {
    return refuse('trust.keys-refused', `the keys are for product ${keys.value.product}`);
  }
  if (keys.value.version <= trust.version) return accept(trust);
  if (keys.value.version !== trust.version + 1) {
    const text = `keys version ${keys.value.version} was offered, but version ${trust.version + 1} comes next`;
    return refuse('trust.keys-refused', text);
  }
  const what = 'keys document';
  const signed = verifySignatures({ bytes, bundles, trust, role: 'root', date: keys.value.issued, what });
  if (!signed.ok) return refuse('trust.keys-refused', `${signed.problem.code}: ${signed.problem.detail}`);
  return usable(successor(trust, keys.value));
}
