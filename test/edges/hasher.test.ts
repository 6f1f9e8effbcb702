import { createHasher } from 'host-service/edges/hasher/hasher.ts';
import type { PasswordHasher } from 'host-service/engine/access/ports.ts';
import { Problem } from 'host-service/contract/problem.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const CHEAP = { N: 16, r: 1, p: 1 } as const;

describe('the hasher', () => {
  it('B-07 makes verifiers that carry their own parameters, and checks those of other parameters', async () => {
    const product: PasswordHasher = createHasher();
    const verifier = await product.hash('violet anvil 93 teapots');
    expect(verifier).toMatch(/^scrypt\$32768\$8\$1\$[A-Za-z0-9_-]{22}\$[A-Za-z0-9_-]{43}$/);
    expect(await createHasher(CHEAP).verify('violet anvil 93 teapots', verifier)).toBe(true);
    expect(await product.verify('violet anvil 93 teapot', verifier)).toBe(false);
    const old = await createHasher(CHEAP).hash('violet anvil 93 teapots');
    expect(await product.verify('violet anvil 93 teapots', old)).toBe(true);
  });

  it('checks a verifier as scrypt defines it (RFC 7914, third vector, 32 bytes)', async () => {
    const salt = Buffer.from('SodiumChloride').toString('base64url');
    const hash = Buffer.from(
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2',
      'hex',
    ).toString('base64url');
    expect(await createHasher().verify('pleaseletmein', `scrypt$16384$8$1$${salt}$${hash}`)).toBe(true);
  });

  it('gives the same password another verifier each time', async () => {
    const hasher = createHasher(CHEAP);
    expect(await hasher.hash('the same')).not.toBe(await hasher.hash('the same'));
  });

  it('answers no to a verifier that is none, and to one that asks for more memory than there is', async () => {
    const hasher = createHasher(CHEAP);
    const [salt, hash] = ['A'.repeat(22), 'A'.repeat(43)];
    const bad = [
      '',
      'plain text',
      `scrypt$32767$8$1$${salt}$${hash}`,
      `scrypt$1$8$1$${salt}$${hash}`,
      `scrypt$1048576$64$1$${salt}$${hash}`,
      `scrypt$32768$8$99$${salt}$${hash}`,
      `scrypt$16$0$1$${salt}$${hash}`,
      `argon2$16$1$1$${salt}$${hash}`,
    ];
    for (const verifier of bad) expect(await hasher.verify('x', verifier)).toBe(false);
  });

  it('never throws and never says yes for verifiers that somebody made up', async () => {
    const hasher = createHasher(CHEAP);
    const part = fc.oneof(fc.string({ maxLength: 50 }), fc.nat(100_000).map(String), fc.base64String());
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 7 }), fc.string(), async (parts, text) => {
        expect(await hasher.verify(text, ['scrypt', ...parts].join('$'))).toBe(false);
      }),
    );
  });

  it('lets a bounded number wait and sends the others away with a time', async () => {
    const hasher = createHasher({ N: 2 ** 12, r: 8, p: 1 });
    const results = await Promise.allSettled(Array.from({ length: 60 }, (_, n) => hasher.hash(`text ${n}`)));
    const refused = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    expect(results.length - refused.length).toBe(34);
    for (const reason of refused) {
      expect(reason).toBeInstanceOf(Problem);
      expect(reason).toMatchObject({ code: 'request.rate-limited' });
      expect((reason as Problem).retryAfterMs).toBeGreaterThan(0);
    }
    // And afterwards it works as before.
    expect(await hasher.verify('again', await hasher.hash('again'))).toBe(true);
  });
});
