import { CAPS, type Digest } from '../../../contract/names.ts';
import { SignatureBundle } from '../../../contract/trust.ts';
import { memberOf, readStrictJson } from '../document/strict-json.ts';
import { digestOfBytes } from '../digest.ts';

/** What a Sigstore bundle says, believed in nothing but its signature bytes. */
export interface MessageSignature {
  /** The bytes it claims to belong to, by their sha256. */
  readonly digest: string;
  readonly signature: Uint8Array;
  /** Untrusted name of the key, for people; undefined when there is none that can be shown. */
  readonly hint: string | undefined;
}

const HINT = /^[A-Za-z0-9+/=_.:@-]{1,128}$/;

/** Reads one bundle (Sigstore bundle v0.3, message signature, as `cosign sign-blob --bundle` writes); undefined when it is none. */
export function readBundle(bytes: Uint8Array): MessageSignature | undefined {
  const json = readStrictJson(bytes, CAPS.signatureBundle);
  const bundle = json.ok ? SignatureBundle.safeParse(json.value) : undefined;
  if (bundle?.success !== true) return undefined;
  const { messageDigest, signature } = bundle.data.messageSignature;
  const hint = memberOf(memberOf(memberOf(bundle.data, 'verificationMaterial'), 'publicKey'), 'hint');
  return {
    digest: `sha256:${Buffer.from(messageDigest.digest, 'base64').toString('hex')}`,
    signature: Buffer.from(signature, 'base64'),
    hint: typeof hint === 'string' && HINT.test(hint) ? hint : undefined,
  };
}

/** The bundles of an artifact, by the bytes they belong to. */
export interface SignatureSet {
  /** Bundles by the digest of the signed bytes. */
  readonly of: ReadonlyMap<string, readonly MessageSignature[]>;
  readonly unreadable: number;
}

/** Sorts bundles by the bytes that they belong to; their order in the artifact means nothing (design §4). */
export function sortBundles(bundles: readonly Uint8Array[]): SignatureSet {
  // The same bundle twice is one bundle; hashing first keeps repeated ones cheap.
  const unique = new Map<Digest, Uint8Array>(bundles.map((bytes) => [digestOfBytes(bytes), bytes]));
  const read = [...unique.values()].map(readBundle);
  const good = read.filter((bundle) => bundle !== undefined);
  return { of: Map.groupBy(good, (bundle) => bundle.digest), unreadable: read.length - good.length };
}

/** Those bundles that claim to belong to exactly these bytes. */
export function bundlesFor(bytes: Uint8Array, bundles: readonly Uint8Array[]): readonly Uint8Array[] {
  const digest = digestOfBytes(bytes);
  return bundles.filter((bundle) => readBundle(bundle)?.digest === digest);
}
