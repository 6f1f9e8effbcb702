import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pickChallenge, scanChallenges } from './challenge.ts';

function params(header: string | readonly string[]): Record<string, string> | string {
  const scan = scanChallenges(header);
  if (!scan.ok) return scan.why;
  return Object.fromEntries(pickChallenge(scan.challenges)?.params ?? []);
}

describe('the challenge scanner', () => {
  it.each([
    ['a plain one', 'Bearer realm="https://r/t",service="s"', { realm: 'https://r/t', service: 's' }],
    [
      'quoted commas',
      'Bearer realm="https://r/t",scope="repository:a/b:pull,push"',
      { realm: 'https://r/t', scope: 'repository:a/b:pull,push' },
    ],
    ['any letter case', 'BEARER Realm="https://r/t"', { realm: 'https://r/t' }],
    ['values without quotes', 'Bearer realm=abc,service=x', { realm: 'abc', service: 'x' }],
    ['escapes', 'Bearer realm="a\\"b\\\\c"', { realm: 'a"b\\c' }],
    ['blanks around = and ,', 'Bearer  realm = "r" ,\t service="s" ', { realm: 'r', service: 's' }],
    ['empty list elements', ', ,Bearer realm="r",,service="s",', { realm: 'r', service: 's' }],
    [
      'Basic before Bearer in one header',
      'Basic realm="x", Bearer realm="r",scope="a:b:c,d"',
      { realm: 'r', scope: 'a:b:c,d' },
    ],
    ['Negotiate with token68', 'Negotiate YWJjZA==, Bearer realm="r"', { realm: 'r' }],
    ['Negotiate alone, then Basic', 'Negotiate, Basic realm="b"', { realm: 'b' }],
    ['an = inside quotes', 'Bearer realm="https://r/t?a=b,c=d"', { realm: 'https://r/t?a=b,c=d' }],
  ])('reads %s', (_name, header, expected) => {
    expect(params(header)).toEqual(expected);
  });

  it('reads repeated headers as one list', () => {
    expect(params(['Basic realm="b"', 'Bearer realm="r"'])).toEqual({ realm: 'r' });
  });

  it.each([
    ['a parameter given twice', 'Bearer realm="a",realm="b"', /twice/],
    ['a quote that never ends', 'Bearer realm="a', /quote/],
    ['an escape at the end', 'Bearer realm="a\\', /quote/],
    ['a missing value', 'Bearer a="1",realm=', /no value/],
    ['no comma between parameters', 'Bearer realm="a" service="b"', /comma/],
    ['a header of 9 KiB', `Bearer realm="${'a'.repeat(9000)}"`, /8 KiB/],
    ['no scheme', '="x"', /scheme/],
  ])('refuses %s', (_name, header, why) => {
    expect(params(header)).toMatch(why);
  });

  it('never fails otherwise in 100,000 arbitrary headers', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'Bearer ',
        'Basic ',
        'realm',
        '=',
        '"',
        '\\',
        ',',
        ' ',
        '\t',
        'scope="a:b:c,d"',
        '==',
        'Negotiate',
      ),
      fc.string({ maxLength: 6 }),
      fc.string({ unit: 'binary', maxLength: 3 }),
    );
    const header = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(header, (text) => {
        const scan = scanChallenges(text);
        return scan.ok ? scan.challenges.every((c) => c.scheme === c.scheme.toLowerCase()) : scan.why !== '';
      }),
      { numRuns: 100_000 },
    );
  }, 60_000);

  it('reads back what a server writes, in 100,000 cases', () => {
    const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,8}$/);
    const challenge = fc.record({
      scheme: token,
      params: fc.dictionary(
        token.map((name) => name.toLowerCase()),
        fc.string({ maxLength: 12 }),
        { minKeys: 1, maxKeys: 4, noNullPrototype: false },
      ),
    });
    const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
    fc.assert(
      fc.property(fc.array(challenge, { minLength: 1, maxLength: 3 }), (list) => {
        const lines = list.map((c) => {
          const all = Object.entries(c.params).map(([name, value]) => `${name}=${quote(value)}`);
          return `${c.scheme} ${all.join(', ')}`;
        });
        const scan = scanChallenges(lines.join(', '));
        const read = scan.ok ? scan.challenges.map((c) => [c.scheme, [...c.params]]) : scan.why;
        expect(read).toEqual(list.map((c) => [c.scheme.toLowerCase(), Object.entries(c.params)]));
      }),
      { numRuns: 100_000 },
    );
  }, 60_000);
});
