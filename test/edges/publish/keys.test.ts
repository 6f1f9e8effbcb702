import { generateKeyPairSync } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { readTrust } from 'host-service/edges/files/config.ts';
import { verifySignatures } from 'host-service/core/release/signature/verify.ts';
import { pemSigner } from 'host-service/publish/sign/signer.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Vendor } from './vendor.ts';

let vendor: Vendor;

beforeEach(async () => {
  vendor = await Vendor.open('registry.example.com');
});
afterEach(() => vendor.close());

const create = (...more: readonly string[]): readonly string[] => [
  ...['keys', 'create', '--out', vendor.path('keys'), '--id', 'one', '--role', 'release', ...more],
];
const key = (name = 'one.key.pem'): string => vendor.path(`keys/${name}`);

/** A release command that gets as far as loading the key. */
const use = (...more: readonly string[]): Promise<{ readonly json: unknown; readonly code: number }> =>
  vendor.run('--json', ...vendor.promoteCommand('stable').slice(0, -2), ...more);

describe('keys create', () => {
  it('writes a private key that only its owner can read, and never overwrites one', async () => {
    await vendor.must(...create());
    expect((await stat(key())).mode & 0o777).toBe(0o600);
    const before = await readFile(key(), 'utf8');
    const again = await vendor.run('--json', ...create());
    expect([again.code, again.json?.['code']]).toEqual([3, 'request.conflict']);
    expect(await readFile(key(), 'utf8')).toBe(before);
  });

  it('encrypts it when there is a password, by file or by the name of a variable', async () => {
    const file = await vendor.write('password', 'correct horse\n');
    vendor.env = { ...vendor.env, KEY_PASSWORD: 'battery staple' };
    expect(await vendor.must(...create('--password-file', file))).toMatchObject({ encrypted: true });
    expect(await readFile(key(), 'utf8')).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    const second = ['keys', 'create', '--out', vendor.path('keys'), '--id', 'two', '--role', 'channel'];
    await vendor.must(...second, '--password-env', 'KEY_PASSWORD');
    expect((await vendor.run(...second, '--password-env', 'NOT_SET')).code).toBe(2);
    expect(() => pemSigner(key(), 'correct horse')).not.toThrow();
    expect(() => pemSigner(key('two.key.pem'), 'battery staple')).not.toThrow();
  });

  it('refuses ids that are no plain names', async () => {
    expect(
      (await vendor.run('keys', 'create', '--out', vendor.path('k'), '--id', '../x', '--role', 'release'))
        .code,
    ).toBe(2);
  });
});

describe('a signing key', () => {
  it.each([
    [
      'an encrypted key without password',
      async () => vendor.must(...create('--password-file', await vendor.write('p', 'right'))),
      [],
      /--password-file/,
    ],
    [
      'publish.key-unusable: a wrong password',
      async () => vendor.must(...create('--password-file', await vendor.write('p', 'right'))),
      ['--password-env', 'WRONG'],
      /does not open/,
    ],
    [
      'a public key',
      async () => {
        await vendor.must(...create());
        await vendor.write('keys/one.key.pem', await readFile(key('one.pub.pem')));
      },
      [],
      /not a private key/,
    ],
    [
      'a key of cosign',
      () => vendor.write('keys/one.key.pem', '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n'),
      [],
      /--cosign/,
    ],
    [
      'an RSA key',
      () =>
        vendor.write(
          'keys/one.key.pem',
          generateKeyPairSync('rsa', { modulusLength: 2048 })
            .privateKey.export({ type: 'pkcs8', format: 'pem' })
            .toString(),
        ),
      [],
      /rsa/,
    ],
    [
      'another curve',
      () =>
        vendor.write(
          'keys/one.key.pem',
          generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
            .privateKey.export({ type: 'pkcs8', format: 'pem' })
            .toString(),
        ),
      [],
      /P-256/,
    ],
  ] as const)('refuses %s', async (_name, prepare, more, says) => {
    vendor.env = { ...vendor.env, WRONG: 'wrong' };
    await prepare();
    const ran = await use('--key', key(), ...more);
    expect(ran.json).toMatchObject({
      code: 'publish.key-unusable',
      detail: expect.stringMatching(says) as unknown,
    });
    expect(ran.code).toBe(3);
  });

  it('is needed, and a signing program that cannot be started is publish.signer-failed', async () => {
    expect((await use()).json).toMatchObject({ code: 'request.invalid' });
    const ran = await use('--cosign', vendor.path('none'), '--cosign-key', key());
    expect(ran.json).toMatchObject({ code: 'publish.signer-failed' });
  });

  it.each(['p256', 'ed25519'])('of kind %s makes signatures that a box accepts', async (type) => {
    await vendor.must(...create('--type', type));
    const trust = ['keys', 'trust', '--product', 'demo', '--key', `one=${key('one.pub.pem')}:release`];
    await vendor.must(
      ...trust,
      '--registry',
      'r.io',
      '--repository',
      'r.io/*',
      '--out',
      vendor.path('trust.yaml'),
    );
    const bytes = new TextEncoder().encode('document');
    const bundle = await pemSigner(key(), undefined).sign(bytes);
    const verdict = verifySignatures({
      bytes,
      bundles: [bundle],
      trust: readTrust(vendor.path('trust.yaml')),
      role: 'release',
      date: '2026-11-21T12:00:00Z',
      what: 'document',
    });
    expect(verdict).toMatchObject({ ok: true });
  });
});

describe('keys trust', () => {
  const trust = (spec: string): readonly string[] => [
    ...['keys', 'trust', '--product', 'demo', '--key', spec, '--registry', 'r.io', '--repository', 'r.io/*'],
    ...['--out', vendor.path('trust.yaml')],
  ];

  it('refuses unknown roles, private keys and files that exist', async () => {
    await vendor.must(...create());
    expect((await vendor.run('--json', ...trust(`one=${key('one.pub.pem')}:boss`))).json).toMatchObject({
      code: 'request.invalid',
    });
    expect((await vendor.run('--json', ...trust(`one=${key()}:release`))).json).toMatchObject({
      code: 'publish.key-unusable',
    });
    await vendor.must(...trust(`one=${key('one.pub.pem')}:release,channel`));
    expect((await vendor.run('--json', ...trust(`one=${key('one.pub.pem')}:release`))).json).toMatchObject({
      code: 'request.conflict',
    });
  });
});
