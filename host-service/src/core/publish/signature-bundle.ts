import { createHash, type KeyObject } from 'node:crypto';
import { MEDIA } from '../../contract/names.ts';
import { goJson } from './bytes.ts';

/** What cosign writes as hint: base64 of the sha256 of the key's SPKI DER. Nobody believes it; it helps people to find the key. */
export function hintOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('base64');
}

/** A Sigstore bundle v0.3 with a message signature, as `cosign sign-blob --bundle --key` writes it (protocols §5, test-world). */
export function signatureBundle(input: {
  readonly document: Uint8Array;
  readonly signature: Uint8Array;
  readonly hint: string;
}): Uint8Array {
  return goJson({
    mediaType: MEDIA.sigstoreBundle,
    verificationMaterial: { publicKey: { hint: input.hint } },
    messageSignature: {
      messageDigest: {
        algorithm: 'SHA2_256',
        digest: createHash('sha256').update(input.document).digest('base64'),
      },
      signature: Buffer.from(input.signature).toString('base64'),
    },
  });
}
