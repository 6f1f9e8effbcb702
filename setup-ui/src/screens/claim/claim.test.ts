import fc from 'fast-check';
import { Password } from 'host-service/contract/api/session.ts';
import { describe, expect, it } from 'vitest';
import { codeFromFragment, codeLettersOf, formatCode, typeCode } from './claim-code.ts';
import { claimMistakesOf, isComplete, MIN_PASSWORD } from './claim-form.ts';
import { takeFragmentCode } from './fragment-code.ts';

describe('the claim code', () => {
  it('formats itself whatever people put between the letters', () => {
    for (const typed of ['abcd efgh jkmn', 'ABCD-EFGH-JKMN', 'abcdefghjkmn', ' a b c d–e f g h/jkmn '])
      expect(formatCode(typed)).toBe('ABCD-EFGH-JKMN');
  });

  it('takes O for 0, and I and L for 1, as the box does', () => {
    expect(formatCode('oOiI-lL00')).toBe('0011-1100');
    expect(codeLettersOf('uU!')).toBe('');
  });

  it('never has more than twelve letters and is the same when formatted again', () => {
    fc.assert(
      fc.property(fc.string(), (typed) => {
        const once = formatCode(typed);
        expect(formatCode(once)).toBe(once);
        expect(once).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){0,2}[0-9A-HJKMNP-TV-Z]{0,4}$/);
      }),
    );
  });

  it('keeps the caret behind the same letter, also in the middle and while deleting', () => {
    expect(typeCode('ABCDE', 5)).toEqual({ text: 'ABCD-E', caret: 6 });
    expect(typeCode('ABCD-', 5)).toEqual({ text: 'ABCD', caret: 4 });
    expect(typeCode('AxBCD-EFGH', 2)).toEqual({ text: 'AXBC-DEFG-H', caret: 2 });
    expect(typeCode('', 0)).toEqual({ text: '', caret: 0 });
  });

  it('B-71 is taken from the fragment of the address and removed from it at once', () => {
    expect(codeFromFragment('#code=abcd-efgh-jkmn')).toBe('ABCD-EFGH-JKMN');
    expect(codeFromFragment('#other=1')).toBeUndefined();
    const addresses: string[] = [];
    const history = {
      state: null,
      replaceState: (_state: unknown, _title: string, address: string) => addresses.push(address),
    } as unknown as History;
    const at = (hash: string): Location => ({ hash, pathname: '/claim', search: '?x=1' }) as Location;
    expect(takeFragmentCode(at('#code=ABCD-EFGH-JKMN'), history)).toBe('ABCD-EFGH-JKMN');
    expect(addresses).toEqual(['/claim?x=1']);
    takeFragmentCode(at('#top'), history);
    expect(addresses).toHaveLength(1);
  });
});

describe('the claim form', () => {
  const good = { code: 'ABCD-EFGH-JKMN', user: 'admin', password: 'four unusual words' };

  it('holds the rules of the contract before anything is sent', () => {
    expect(Password.safeParse('x'.repeat(MIN_PASSWORD)).success).toBe(true);
    expect(Password.safeParse('x'.repeat(MIN_PASSWORD - 1)).success).toBe(false);
    expect(isComplete(claimMistakesOf(good))).toBe(true);
  });

  it('says how much is missing', () => {
    expect(claimMistakesOf({ code: 'ABCD-E', user: 'Admin', password: 'short' })).toEqual({
      missingCode: 7,
      isUserBad: true,
      missingPassword: 7,
    });
  });
});
