import { describe, expect, it } from 'vitest';
import { SignatureBundle, type TrustKey } from '../../../contract/trust.ts';
import { makeKey, makeTrust, signBundle, trustKey, type TestKey } from '../../../../../test/fixtures/sign.ts';
import { digestOfBytes } from '../digest.ts';
import { verifySignatures, type VerifyInput } from './verify.ts';

const bytes = Buffer.from('{"schema":"any"}');
const [one, two, three, ed] = [makeKey('one'), makeKey('two'), makeKey('three'), makeKey('ed', 'ed25519')];
const date = '2026-11-20T10:00:00Z';
const keys = (...list: TestKey[]): TrustKey[] => list.map((key) => trustKey(key, ['release']));
const thresholds = (release: number) => ({ thresholds: { release } });

function verify(over: Partial<VerifyInput> = {}) {
  const trust = makeTrust(keys(one));
  return verifySignatures({
    bytes,
    bundles: [signBundle(bytes, one)],
    trust,
    role: 'release',
    date,
    what: 'document',
    ...over,
  });
}
function codeOf(over: Partial<VerifyInput>): string {
  const verdict = verify(over);
  return verdict.ok ? verdict.value.keyIds.join(',') : verdict.problem.code;
}
const spoil = (change: (bundle: Record<string, Record<string, unknown>>) => void): Uint8Array => {
  const bundle = JSON.parse(Buffer.from(signBundle(bytes, one)).toString()) as Record<
    string,
    Record<string, unknown>
  >;
  change(bundle);
  return Buffer.from(JSON.stringify(bundle));
};
const other = Buffer.from('something else');
const withSignature = (signature: string) =>
  spoil((bundle) => void (bundle['messageSignature']!['signature'] = signature));
const der = Buffer.from(signBundle(bytes, one)).toString();
/** Says to belong to these bytes, but carries the signature over others. */
const swapped = (): Uint8Array => {
  const foreign = SignatureBundle.parse(JSON.parse(Buffer.from(signBundle(other, one)).toString()));
  return withSignature(foreign.messageSignature.signature);
};
const valid = (over: Partial<TrustKey>) => makeTrust([{ ...trustKey(one, ['release']), ...over }]);

describe('S7 signatures', () => {
  const GOOD: readonly (readonly [string, Partial<VerifyInput>, string])[] = [
    ['an ECDSA P-256 key', {}, 'one'],
    ['an Ed25519 key', { trust: makeTrust(keys(ed)), bundles: [signBundle(bytes, ed)] }, 'ed'],
    [
      'two of three keys in any order',
      {
        trust: makeTrust(keys(one, two, three), thresholds(2)),
        bundles: [signBundle(bytes, three), signBundle(bytes, one)],
      },
      'one,three',
    ],
    ['one good key beside a stranger', { bundles: [signBundle(bytes, two), signBundle(bytes, one)] }, 'one'],
    [
      'a good key beside a revoked one',
      {
        trust: makeTrust(keys(one, two), { revoked: ['two'] }),
        bundles: [signBundle(bytes, two), signBundle(bytes, one)],
      },
      'one',
    ],
    [
      'one good key beside text that is no bundle',
      { bundles: [Buffer.from('x'), signBundle(bytes, one)] },
      'one',
    ],
    ['a bundle without hint', { bundles: [signBundle(bytes, one, { verificationMaterial: {} })] }, 'one'],
    [
      'a bundle with a wrong hint, which is not believed',
      { bundles: [signBundle(bytes, one, { verificationMaterial: { publicKey: { hint: two.hint } } })] },
      'one',
    ],
    ['a key at the first moment of its time', { trust: valid({ notBefore: date }) }, 'one'],
    ['a key at the last moment of its time', { trust: valid({ notAfter: date }) }, 'one'],
  ];
  it.each(GOOD)('count by %s', (_name, over, ids) => expect(codeOf(over)).toBe(ids));

  const BAD: readonly (readonly [string, Partial<VerifyInput>, string])[] = [
    ['none', { bundles: [] }, 'release.unsigned'],
    ['one for other bytes', { bundles: [signBundle(other, one)] }, 'release.signature-invalid'],
    [
      'only that of a sibling',
      { bundles: [signBundle(other, one)], siblings: [digestOfBytes(other)] },
      'release.unsigned',
    ],
    [
      'the digest of these bytes with the signature of others',
      {
        bundles: [swapped()],
      },
      'release.signature-invalid',
    ],
    ['an empty signature', { bundles: [withSignature('')] }, 'release.signature-invalid'],
    [
      'a signature that is no DER',
      { bundles: [withSignature(Buffer.alloc(64, 7).toString('base64'))] },
      'release.signature-invalid',
    ],
    [
      'a signature with another media type',
      {
        bundles: [
          signBundle(bytes, one, { mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.2' }),
        ],
      },
      'release.signature-invalid',
    ],
    [
      'a DSSE envelope',
      {
        bundles: [
          spoil((bundle) => {
            delete bundle['messageSignature'];
          }),
        ],
      },
      'release.signature-invalid',
    ],
    [
      'another digest algorithm',
      { bundles: [Buffer.from(der.replace('SHA2_256', 'SHA2_512'))] },
      'release.signature-invalid',
    ],
    [
      'a bundle with a name twice',
      { bundles: [Buffer.from(der.replace('{', '{"mediaType":"x",'))] },
      'release.signature-invalid',
    ],
    [
      'a bundle above 64 KiB',
      { bundles: [signBundle(bytes, one, { pad: 'x'.repeat(70_000) })] },
      'release.signature-invalid',
    ],
    ['an unknown key', { bundles: [signBundle(bytes, two)] }, 'release.key-unknown'],
    [
      'a stranger with the hint of a pinned key',
      { bundles: [signBundle(bytes, two, { verificationMaterial: { publicKey: { hint: one.hint } } })] },
      'release.signature-invalid',
    ],
    [
      'a hint that names the prototype',
      { bundles: [signBundle(bytes, two, { verificationMaterial: { publicKey: { hint: '__proto__' } } })] },
      'release.key-unknown',
    ],
    ['a revoked key', { trust: makeTrust(keys(one), { revoked: ['one'] }) }, 'release.key-revoked'],
    [
      'a revoked key under a second id',
      {
        trust: makeTrust([...keys(one), { ...trustKey(one, ['release']), id: 'again' }], {
          revoked: ['again'],
        }),
      },
      'release.key-revoked',
    ],
    ['a key of another role', { role: 'channel' }, 'release.key-role'],
    [
      'a key before its time',
      { trust: valid({ notBefore: '2026-11-20T10:00:00.001Z' }) },
      'release.key-validity',
    ],
    ['a key after its time', { trust: valid({ notAfter: '2026-11-20T09:59:59Z' }) }, 'release.key-validity'],
    [
      'a key with a time and a document without date',
      { trust: valid({ notAfter: date }), date: undefined },
      'release.key-validity',
    ],
    [
      'a document date that is no date',
      { trust: valid({ notAfter: date }), date: 'soon' },
      'release.key-validity',
    ],
    ['one key where two are needed', { trust: makeTrust(keys(one, two), thresholds(2)) }, 'release.unsigned'],
    [
      'one key twice where two are needed',
      {
        trust: makeTrust(keys(one, two), thresholds(2)),
        bundles: [signBundle(bytes, one), signBundle(bytes, one)],
      },
      'release.unsigned',
    ],
    [
      'one key under two ids where two are needed',
      {
        trust: makeTrust([...keys(one, two), { ...trustKey(one, ['release']), id: 'again' }], thresholds(2)),
      },
      'release.unsigned',
    ],
    [
      'a good key and a stranger where two are needed',
      {
        trust: makeTrust(keys(one, two), thresholds(2)),
        bundles: [signBundle(bytes, one), signBundle(bytes, three)],
      },
      'release.key-unknown',
    ],
    [
      'seventeen bundles',
      { bundles: Array.from({ length: 17 }, () => signBundle(bytes, one)) },
      'release.damaged',
    ],
    [
      'a trust document with an RSA key',
      {
        trust: makeTrust([
          {
            id: 'rsa',
            publicKey: '-----BEGIN PUBLIC KEY-----\nMA==\n-----END PUBLIC KEY-----',
            roles: ['release'],
          },
        ]),
      },
      'trust.invalid',
    ],
    [
      'a trust document with a private key',
      {
        trust: makeTrust([
          {
            id: 'private',
            publicKey: one.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
            roles: ['release'],
          },
        ]),
      },
      'trust.invalid',
    ],
    [
      'a trust document with an id twice',
      { trust: makeTrust(keys(one, { ...two, id: 'one' })) },
      'trust.invalid',
    ],
    ['a threshold that cannot be reached', { trust: makeTrust(keys(one), thresholds(2)) }, 'trust.invalid'],
  ];
  it.each(BAD)('do not count: %s', (_name, over, code) => expect(codeOf(over)).toBe(code));

  it('R-44 say which keys were expected and what was found', () => {
    const verdict = verify({ bundles: [signBundle(bytes, two)] });
    expect(verdict.ok ? '' : verdict.problem.detail).toBe(
      `document: expected 1 of [one] for role release on ${date}; found [hint ${two.hint}]; 0 count`,
    );
  });
});
