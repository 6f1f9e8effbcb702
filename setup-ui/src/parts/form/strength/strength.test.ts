import { MIN_PASSWORD } from '../../../screens/claim/claim-form.ts';
import { checkPassword } from 'host-service/core/access/password-rules.ts';
import { COMMON_WORDS } from 'host-service/contract/password/common-words.ts';
import { describe, expect, it } from 'vitest';
import { loadAllWords } from '../../../words/words.tsx';
import { estimate } from './estimate.ts';
import { strengthOf, type Level } from './strength.ts';

const NAMES = ['admin', 'AlgaPSA', 'Nine Minds'];
const BAD: readonly Level[] = ['short', 'guessable', 'weak'];
const judge = (password: string) => strengthOf(password, NAMES, MIN_PASSWORD, estimate(password, NAMES));

describe('the strength of a password', () => {
  it.each<[password: string, level: Level]>([
    ['', 'short'],
    ['short', 'short'],
    ['elevenchars', 'short'],
    ['password1234', 'guessable'],
    ['Passwort12345', 'guessable'],
    ['Willkommen2024!', 'guessable'],
    ['qwertyuiop123', 'guessable'],
    ['aaaaaaaaaaaa', 'guessable'],
    ['AlgaPSA2026!!', 'guessable'],
    ['nineminds2026', 'guessable'],
    ['admin-admin-admin', 'guessable'],
    ['correct horse battery staple', 'guessable'],
    ['hund katze maus 12', 'strong'],
    ['violet anvil 93 teapots', 'strong'],
    ['gravel Lantern umbrella!', 'strong'],
    ['vier ungewöhnliche Wörter', 'strong'],
    ['7fK!29sdPqw1', 'strong'],
  ])('of “%s” is %s', (password, level) => {
    expect(judge(password).level).toBe(level);
  });

  it('is called bad here before the box refuses it, and what the box takes is not called refused', () => {
    const made = COMMON_WORDS.flatMap((word) => [
      `${word}${word}${word}${word}`.slice(0, 60),
      `${word}2024!${word}`,
      `${word.charAt(0).toUpperCase()}${word.slice(1)}1234567890`,
      `${word}-AlgaPSA-2026`,
      `${word} teapots anvil`,
    ]);
    expect(made.length).toBeGreaterThan(500);
    for (const password of made) {
      const isTaken = checkPassword(password, NAMES).ok;
      const { level } = strengthOf(password, NAMES, MIN_PASSWORD, undefined);
      expect([password, BAD.includes(level)]).toEqual([password, !isTaken]);
    }
  });

  it('is judged as the box will hash it, however a keyboard writes its letters', () => {
    const [composed, decomposed] = ['Gr\u00f6\u00dfe und L\u00e4nge 7', 'Gro\u0308\u00dfe und La\u0308nge 7'];
    expect(judge(decomposed)).toMatchObject({ level: judge(composed).level });
    expect(strengthOf('e\u0301'.repeat(6), [], 12, undefined)).toMatchObject({ level: 'short', missing: 6 });
  });

  it('looks at names of the person, the product and the vendor', () => {
    const names = ['zebulon', 'Quarzwerk'];
    expect(strengthOf('zebulonquarzwerk', names, 12, undefined).level).toBe('guessable');
    expect(estimate('zebulonquarzwerk', names).score).toBeLessThan(estimate('zebulonquarzwerk', []).score);
  });

  it('has words in both languages for whatever the library may say', async () => {
    const { warnings, suggestions } = (await import('@zxcvbn-ts/language-en')).translations;
    const all = [
      ...Object.keys(warnings).map((key) => `strength.warning.${key}`),
      ...Object.keys(suggestions).map((key) => `strength.suggestion.${key}`),
    ];
    expect(all.length).toBeGreaterThan(25);
    for (const locale of ['en', 'de'] as const) {
      const { find } = await loadAllWords(locale);
      expect(all.filter((key) => find(key) === undefined)).toEqual([]);
    }
  });

  it('takes a moment only, also for what was made to take long', () => {
    for (const password of ['4pp14nc3 1s gr34t!! 0n3'.repeat(20), '@'.repeat(256), '1l|!iI1l|!iI'.repeat(20)])
      expect(estimate(password.slice(0, 256), NAMES).score).toBeGreaterThanOrEqual(0);
  });
});
