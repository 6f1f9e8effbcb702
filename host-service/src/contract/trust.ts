import { z } from 'zod';
import { Key, ProductId, Timestamp } from './names.ts';

/** What a key may sign: the trust document itself, releases, channel statements, gate evidence. */
export const KeyRole = z.enum(['root', 'release', 'channel', 'gate']);
export type KeyRole = z.infer<typeof KeyRole>;

/** A pinned public key. Its validity is compared with the signed document's own date (design §4). */
export const TrustKey = z.strictObject({
  id: Key,
  /** SPKI PEM; ECDSA P-256 or Ed25519. */
  publicKey: z.string().max(4096),
  roles: z.array(KeyRole).min(1).max(4),
  notBefore: Timestamp.optional(),
  notAfter: Timestamp.optional(),
});
export type TrustKey = z.infer<typeof TrustKey>;

export const Thresholds = z.strictObject({
  root: z.int().min(1).max(8).default(1),
  release: z.int().min(1).max(8).default(1),
  channel: z.int().min(1).max(8).default(1),
  gate: z.int().min(1).max(8).default(1),
});
export type Thresholds = z.infer<typeof Thresholds>;

/** `refuse`, or `allow-until 2027-01-31`: documents without signature are read until the end of that day, UTC. */
export const Unsigned = z.string().regex(/^(refuse|allow-until \d{4}-\d{2}-\d{2})$/);

/** `/etc/appliance/trust.yaml`, mirrored to ConfigMap `appliance-trust`. */
export const Trust = z.strictObject({
  schema: z.literal('appliance.trust/v1'),
  product: ProductId,
  /** Raised by one with each keys document. */
  version: z.int().min(1),
  keys: z.array(TrustKey).min(1).max(32),
  revoked: z.array(Key).max(64).default([]),
  thresholds: Thresholds.prefault({}),
  unsigned: Unsigned.default('refuse'),
  /** Registry hosts from which anything may be pulled; mirrors are configured elsewhere and need no trust. */
  registries: z.array(z.string().min(1).max(255)).min(1).max(32),
  /** Repositories (`host/path`, trailing `/*` for all below). */
  repositories: z.array(z.string().min(1).max(255)).min(1).max(64),
});
export type Trust = z.infer<typeof Trust>;

/** `appliance.keys/v1`: version N+1 of the keys, signed by the root threshold of version N (design §4). */
export const KeysDocument = z.strictObject({
  schema: z.literal('appliance.keys/v1'),
  product: ProductId,
  version: z.int().min(2),
  issued: Timestamp,
  keys: z.array(TrustKey).min(1).max(32),
  revoked: z.array(Key).max(64),
  thresholds: Thresholds,
});
export type KeysDocument = z.infer<typeof KeysDocument>;

/**
 * What `cosign sign-blob --bundle` writes: Sigstore bundle v0.3 with a message signature.
 * Loose: certificates, log entries and hints are not believed and not needed for pinned keys.
 */
export const SignatureBundle = z.looseObject({
  mediaType: z.literal('application/vnd.dev.sigstore.bundle.v0.3+json'),
  messageSignature: z.looseObject({
    messageDigest: z.looseObject({
      algorithm: z.literal('SHA2_256'),
      digest: z.base64().max(64),
    }),
    signature: z.base64().max(1024),
  }),
});
export type SignatureBundle = z.infer<typeof SignatureBundle>;
