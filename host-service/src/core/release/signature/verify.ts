import { CAPS, type Digest } from '../../../contract/names.ts';
import { accept, refuse, type ProblemCode, type Verdict } from '../../../contract/problem.ts';
import type { KeyRole, Trust } from '../../../contract/trust.ts';
import { digestOfBytes } from '../digest.ts';
import { sortBundles, type MessageSignature } from './bundle.ts';
import { pinnedKeys, type PinnedKey } from './keys.ts';

export interface VerifyInput {
  /** Exactly the published bytes. */
  readonly bytes: Uint8Array;
  /** All bundles of the artifact; those for other bytes are left aside. */
  readonly bundles: readonly Uint8Array[];
  readonly trust: Trust;
  readonly role: KeyRole;
  /** The document's own date, which the keys' validity is compared with (design §4 "Expiry"). */
  readonly date: string | undefined;
  /** Digests of the other signed documents of the artifact: a bundle for none of them was meant for this one. */
  readonly siblings?: readonly Digest[];
  /** What is signed, for people. */
  readonly what: string;
}

type Fault = Extract<
  ProblemCode,
  | 'release.key-revoked'
  | 'release.key-role'
  | 'release.key-validity'
  | 'release.signature-invalid'
  | 'release.key-unknown'
>;
/** When several signatures fail, the one that says most is reported. */
const PRECEDENCE: readonly Fault[] = [
  'release.key-revoked',
  'release.key-role',
  'release.key-validity',
  'release.signature-invalid',
  'release.key-unknown',
];

interface Judged {
  readonly key: PinnedKey | undefined;
  readonly fault: Fault | undefined;
  readonly hint: string | undefined;
}

function validAt(key: PinnedKey, date: string | undefined): boolean {
  if (key.notBefore === undefined && key.notAfter === undefined) return true;
  const at = Date.parse(date ?? '');
  if (Number.isNaN(at)) return false;
  return (
    (key.notBefore === undefined || at >= Date.parse(key.notBefore)) &&
    (key.notAfter === undefined || at <= Date.parse(key.notAfter))
  );
}

function faultOf(key: PinnedKey, role: KeyRole, date: string | undefined): Fault | undefined {
  if (key.revoked) return 'release.key-revoked';
  if (!key.roles.includes(role)) return 'release.key-role';
  return validAt(key, date) ? undefined : 'release.key-validity';
}

function judge(bundle: MessageSignature, keys: readonly PinnedKey[], input: VerifyInput): readonly Judged[] {
  const { hint } = bundle;
  const signers = keys.filter((key) => key.verifies(input.bytes, bundle.signature));
  if (signers.length > 0) {
    return signers.map((key) => ({ key, fault: faultOf(key, input.role, input.date), hint }));
  }
  const hinted = keys.find((key) => key.fingerprint === hint);
  return [{ key: hinted, fault: hinted ? 'release.signature-invalid' : 'release.key-unknown', hint }];
}

function nothingFits(input: VerifyInput, digest: Digest): Verdict<never> {
  const known = new Set<string>([digest, ...(input.siblings ?? [])]);
  const sorted = sortBundles(input.bundles);
  const strays = [...sorted.of.keys()].filter((other) => !known.has(other));
  if (strays.length > 0) {
    const text = `${input.what} ${digest} has no signature; one was found for ${strays.slice(0, 2).join(', ')}`;
    return refuse('release.signature-invalid', text);
  }
  if (sorted.unreadable > 0) {
    return refuse('release.signature-invalid', `${input.what}: the signature is not a Sigstore bundle v0.3`);
  }
  return refuse('release.unsigned', `${input.what} ${digest} has no signature`);
}

function tooFew(input: VerifyInput, keys: readonly PinnedKey[], judged: readonly Judged[]): Verdict<never> {
  const good = judged.filter((entry) => entry.fault === undefined);
  const needed = input.trust.thresholds[input.role];
  const ids = keys.filter((key) => key.roles.includes(input.role) && !key.revoked).map((key) => key.id);
  const found = judged.map((entry) => entry.key?.id ?? `hint ${entry.hint ?? 'none'}`);
  const detail =
    `${input.what}: expected ${needed} of [${ids.join(', ')}] for role ${input.role}` +
    ` on ${input.date ?? 'an unknown date'}; found [${[...new Set(found)].join(', ')}]`;
  const fault = PRECEDENCE.find((code) => judged.some((entry) => entry.fault === code));
  return refuse(fault ?? 'release.unsigned', `${detail}; ${good.length} count`);
}

/**
 * Verifies that enough pinned keys of a role have signed exactly these bytes (protocols §5.2). Each key counts once,
 * however many signatures or ids it has; revoked keys never count; the order of bundles means nothing.
 *
 * Problems: release.unsigned, release.key-unknown, release.key-revoked, release.key-role, release.key-validity,
 * release.signature-invalid, release.damaged (more than 16 bundles), trust.invalid. The detail names the keys that were
 * expected and what was found.
 */
export function verifySignatures(input: VerifyInput): Verdict<{ readonly keyIds: readonly string[] }> {
  if (input.bundles.length > CAPS.signatures) {
    return refuse('release.damaged', `${input.bundles.length} signatures, more than ${CAPS.signatures}`);
  }
  const keys = pinnedKeys(input.trust);
  if (!keys.ok) return keys;
  const digest = digestOfBytes(input.bytes);
  const own = sortBundles(input.bundles).of.get(digest) ?? [];
  if (own.length === 0) return nothingFits(input, digest);
  const judged = own.flatMap((bundle) => judge(bundle, keys.value, input));
  const counted = new Map<string, string>();
  for (const { key, fault } of judged) {
    if (key !== undefined && fault === undefined) counted.set(key.fingerprint, key.id);
  }
  if (counted.size < input.trust.thresholds[input.role]) return tooFew(input, keys.value, judged);
  return accept({ keyIds: [...counted.values()].sort() });
}
