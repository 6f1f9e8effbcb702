import { claimCodeOf, parseClaimCode } from 'host-service/core/access/claim-code.ts';
import { COOKIE_MAX, parseCookie, signCookie, type CookiePayload } from 'host-service/core/access/cookie.ts';
import {
  FORGET_AFTER_MS,
  isForgotten,
  lockedUntil,
  lockLeftMs,
  oneLess,
  oneMore,
  type Attempts,
} from 'host-service/core/access/lock-out.ts';
import { canonicalPassword, checkPassword } from 'host-service/core/access/password-rules.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MINUTE } from './access-world.ts';

const now = new Date('2026-03-02T10:00:00Z');
const later = (ms: number): Date => new Date(now.getTime() + ms);
const bytes = fc.uint8Array({ minLength: 12, maxLength: 12 });

describe('the claim code', () => {
  it('B-71 is short enough to type: 60 bits in three groups of four', () => {
    fc.assert(
      fc.property(bytes, (raw) =>
        /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/.test(claimCodeOf(raw)),
      ),
    );
    // Every symbol carries five bits of its byte.
    const codes = Array.from({ length: 32 }, (_, value) => claimCodeOf(new Uint8Array(12).fill(value)));
    expect(new Set(codes).size).toBe(32);
    expect(() => claimCodeOf(new Uint8Array(11))).toThrow(RangeError);
  });

  it('means the same in whatever way people type it', () => {
    const spoken = fc.array(fc.constantFrom('', ' ', '-', '–', '\t', '\u00a0', '_'), {
      minLength: 12,
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        bytes,
        spoken,
        fc.boolean(),
        fc.constantFrom('I', 'L', 'i', 'l', '1'),
        (raw, between, lower, one) => {
          const code = claimCodeOf(raw);
          const typed = Array.from(
            code.replaceAll('-', ''),
            (symbol, at) => `${between[at] ?? ''}${symbol}`,
          ).join('');
          const cased = lower ? typed.toLowerCase() : typed;
          expect(parseClaimCode(cased.replaceAll('0', lower ? 'o' : 'O').replaceAll('1', one))).toBe(code);
        },
      ),
    );
  });

  it('is never read from something else, and reading never throws', () => {
    for (const text of [
      '',
      'ABCD-EFGH-JKM',
      'ABCD-EFGH-JKMNP',
      'UUUU-UUUU-UUUU',
      'ABCD-EFGH-JKM!',
      'é'.repeat(12),
      ' '.repeat(5000),
    ])
      expect(parseClaimCode(text)).toBeUndefined();
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const code = parseClaimCode(text);
        expect(code === undefined || parseClaimCode(code) === code).toBe(true);
      }),
    );
  });
});

const key = Uint8Array.from({ length: 32 }, (_, at) => at);
const payload: CookiePayload = {
  sid: 'abcdefghijklmnopqrstuv',
  user: 'admin',
  role: 'admin',
  via: 'ui',
  iat: now.getTime(),
  exp: now.getTime() + 1000,
  kid: 'key-1',
};

describe('the cookie', () => {
  it('says what was signed, to the key that signed it and to no other', () => {
    const cookie = signCookie(payload, key);
    expect(cookie.length).toBeLessThanOrEqual(COOKIE_MAX);
    expect(cookie).toMatch(/^[A-Za-z0-9._-]+$/);
    expect(parseCookie(cookie)?.keyId).toBe('key-1');
    expect(parseCookie(cookie)?.signedBy(key)).toEqual(payload);
    expect(parseCookie(cookie)?.signedBy(key.map((byte) => byte ^ 1))).toBeUndefined();
    expect(() => signCookie({ ...payload, more: 'x'.repeat(COOKIE_MAX) }, key)).toThrow(RangeError);
  });

  it('is worth nothing after any change of one character', () => {
    const cookie = signCookie(payload, key);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=';
    fc.assert(
      fc.property(fc.nat(cookie.length - 1), fc.constantFrom(...Array.from(alphabet)), (at, character) => {
        fc.pre(cookie[at] !== character);
        const changed = cookie.slice(0, at) + character + cookie.slice(at + 1);
        expect(parseCookie(changed)?.signedBy(key)).toBeUndefined();
        expect(parseCookie(cookie.slice(0, at))?.signedBy(key)).toBeUndefined();
        expect(parseCookie(cookie + character)?.signedBy(key)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('never throws and never verifies for what somebody made up', () => {
    const base64url = (text: string): string => Buffer.from(text, 'utf8').toString('base64url');
    const mac = fc.stringMatching(/^[A-Za-z0-9_-]{43}$/);
    const made = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 2000 }),
      fc.tuple(fc.json(), mac).map(([json, text]) => `v1.${base64url(json)}.${text}`),
      fc
        .tuple(fc.record({ sid: fc.string(), user: fc.string(), exp: fc.double(), kid: fc.string() }), mac)
        .map(([part, text]) => `v1.${base64url(JSON.stringify({ ...payload, ...part }))}.${text}`),
      fc.constantFrom(
        'v1..',
        'v1.e30.',
        `v1.${base64url('{"__proto__":1}')}.${'A'.repeat(43)}`,
        'v2.a.b',
        '....',
      ),
    );
    fc.assert(
      fc.property(made, (text) => {
        expect(parseCookie(text)?.signedBy(key)).toBeUndefined();
      }),
      { numRuns: 3000 },
    );
  });

  it('keeps a member that a newer control plane has added', () => {
    const cookie = signCookie({ ...payload, level: 3 }, key);
    expect(parseCookie(cookie)?.signedBy(key)).toMatchObject({ level: 3 });
  });
});

describe('the lock-out', () => {
  it('R-43 leaves five tries free, then waits 1, 2, 4 … 60 minutes', () => {
    const minutes = Array.from({ length: 14 }, (_, count) => {
      const until = lockedUntil(count, now);
      return until === undefined ? 0 : (until.getTime() - now.getTime()) / MINUTE;
    });
    expect(minutes).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(lockedUntil(1_000_000, now)).toEqual(later(60 * MINUTE));
  });

  it('counts on while it waits, and forgets failed sign-ins after a quiet day', () => {
    let attempts: Attempts | undefined;
    for (let n = 1; n <= 6; n += 1) attempts = oneMore(attempts, now);
    expect(attempts?.count).toBe(6);
    expect(lockLeftMs(attempts, now)).toBe(2 * MINUTE);
    expect(lockLeftMs(attempts, later(2 * MINUTE))).toBe(0);
    expect(lockLeftMs(undefined, now)).toBe(0);
    expect(isForgotten(attempts!, later(FORGET_AFTER_MS))).toBe(false);
    expect(isForgotten(attempts!, later(FORGET_AFTER_MS + 1))).toBe(true);
  });

  it('takes a right try back and the lock with it only where the wrong ones do not reach it', () => {
    const at = now.toISOString();
    const until = later(MINUTE).toISOString();
    expect(oneLess({ count: 1, at }, 5)).toBeUndefined();
    expect(oneLess({ count: 5, at, until }, 5)).toMatchObject({ count: 4, until: undefined });
    expect(oneLess({ count: 7, at, until }, 5)).toMatchObject({ count: 6, until });
  });

  it('does not lock anybody out for years when the clock was set back', () => {
    const attempts = { count: 9, at: '2040-01-01T00:00:00Z', until: '2040-01-01T00:16:00Z' };
    expect(lockLeftMs(attempts, now)).toBe(0);
  });
});

const NAMES = ['greta', 'Acme Desk', 'Wide Vendor GmbH'];
const problemOf = (password: string): string | undefined => {
  const checked = checkPassword(password, NAMES);
  return checked.ok ? undefined : checked.problem.code;
};

describe('the rules for passwords', () => {
  it.each([
    'short',
    'elevenchars',
    'x'.repeat(257),
    'password1234',
    'P@ssw0rd2026!',
    'Passwort2026!',
    'Sommer2026!!',
    'qwertzuiop12',
    'abcdefghijkl',
    '123456789012',
    '210987654321',
    'aaaaaaaaaaaaaaaa',
    'abcabcabcabcabc',
    'greta-greta-1',
    'AcmeDesk2026!',
    'acme desk acme desk',
    'GRETA1234567',
    'admin administrator',
    '!!!!????$$$$####',
    'correct horse battery staple',
    'Wíde-Vendor-123',
  ])('refuses %s', (password) => {
    expect(problemOf(password)).toBe('session.password-weak');
  });

  it.each([
    'violet anvil 93 teapots',
    'gravel Lantern umbrella!',
    'Xk9#mQ2$vL7!',
    'zwei Birnen am Fenster',
    'пароль из четырёх слов',
    '雨の日は静かに本を読む午後',
    'my dragon eats purple spoons',
    '839201746582',
  ])('takes %s', (password) => {
    expect(problemOf(password)).toBeUndefined();
  });

  it('asks for no special characters, says nothing of the password in its answer, and ends for every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (password) => {
        const checked = checkPassword(password, NAMES);
        if (checked.ok) expect(checked.value).toBe(canonicalPassword(password));
        else if (password.length > 8) expect(checked.problem.detail).not.toContain(password);
      }),
    );
  });

  it('is the same password from a keyboard that writes accents as two characters', () => {
    expect(checkPassword('Cafe\u0301 crème im Zug', [])).toEqual(checkPassword('Caf\u00e9 crème im Zug', []));
  });
});
