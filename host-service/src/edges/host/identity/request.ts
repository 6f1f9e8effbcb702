import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { bits, oid, sequence, setOf, smallInteger, tagged, utf8 } from './der.ts';

const ORGANIZATION = '2.5.4.10';
const COMMON_NAME = '2.5.4.3';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';

export interface RequestedKey {
  readonly privateKey: KeyObject;
  /** PEM of the PKCS#10 request (RFC 2986), signed by the key. */
  readonly request: string;
}

/** A new key (P-256) and the request for a certificate that makes its holder that user of that group. */
export function requestKey(subject: { readonly user: string; readonly group: string }): RequestedKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const name = sequence(attribute(ORGANIZATION, subject.group), attribute(COMMON_NAME, subject.user));
  const info = sequence(
    smallInteger(0),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    // No attributes: the member itself must be there.
    tagged(0xa0),
  );
  const signature = sign('sha256', info, { key: privateKey, dsaEncoding: 'der' });
  const whole = sequence(info, sequence(oid(ECDSA_WITH_SHA256)), bits(signature));
  return { privateKey, request: pem('CERTIFICATE REQUEST', whole) };
}

const attribute = (type: string, value: string): Uint8Array => setOf(sequence(oid(type), utf8(value)));

/** RFC 7468. */
export function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
