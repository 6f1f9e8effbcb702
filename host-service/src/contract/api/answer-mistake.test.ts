import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerMistake, FILE_BYTES, isSecretType, type AnswerRules } from './answer-mistake.ts';
import { AnswerMistake } from './setup.ts';

const rules = (type: AnswerRules['type'], over: Partial<AnswerRules> = {}): AnswerRules => ({
  ...{ type, maxLength: 20 },
  ...over,
});
const TYPES = ['text', 'email', 'url', 'password', 'choice', 'secret', 'file'] as const;

describe('one validation of answers for page, command line and server', () => {
  it.each([
    ['text', 'ACME', undefined],
    ['text', 'a\tb\nc', undefined],
    ['text', 'x'.repeat(21), 'too-long'],
    ['text', 'a\u0000b', 'characters'],
    ['text', 'a\rb', 'characters'],
    ['email', 'ada@example.com', undefined],
    ['email', 'ada', 'not-an-email'],
    ['email', 'ada@', 'not-an-email'],
    ['url', 'https://a.example', undefined],
    ['url', 'http://192.168.1.20', undefined],
    ['url', 'HTTP://a.example', undefined],
    ['url', 'ftp://a.example', 'not-an-address'],
    ['url', 'https://u:p@a.de', 'not-an-address'],
    ['url', 'https://', 'not-an-address'],
    ['url', 'https://a b', 'not-an-address'],
    ['password', 'correct horse', undefined],
    ['secret', 'a\u007fb', 'characters'],
  ] as const)('%s takes %j as %s', (type, text, mistake) => {
    expect(answerMistake(rules(type), text)).toBe(mistake);
  });

  it('offers a closed list where there are choices, and refuses what is too short where that is asked', () => {
    expect(answerMistake(rules('choice', { choices: ['ee', 'ce'] }), 'ce')).toBeUndefined();
    expect(answerMistake(rules('choice', { choices: ['ee', 'ce'] }), 'gold')).toBe('not-a-choice');
    expect(answerMistake(rules('choice'), 'ee')).toBe('not-a-choice');
    expect(answerMistake(rules('password', { minLength: 8 }), 'x'.repeat(7))).toBe('too-short');
    expect(answerMistake(rules('password', { minLength: 8 }), 'x'.repeat(8))).toBeUndefined();
  });

  it('measures a file in bytes and not by the length of a line', () => {
    expect(answerMistake(rules('file'), 'a\r\nb\n'.repeat(100))).toBeUndefined();
    expect(answerMistake(rules('file'), 'x'.repeat(FILE_BYTES))).toBeUndefined();
    expect(answerMistake(rules('file'), 'ä'.repeat(FILE_BYTES / 2 + 1))).toBe('too-large');
    expect(answerMistake(rules('file'), 'a\u0000b')).toBe('characters');
  });

  it('never throws, answers from its closed list, and knows the same text twice', () => {
    const anyRules = fc.record({
      type: fc.constantFrom(...TYPES),
      maxLength: fc.integer({ min: 1, max: 64 }),
      minLength: fc.option(fc.integer({ min: 1, max: 64 }), { nil: undefined }),
      choices: fc.option(fc.array(fc.string(), { maxLength: 4 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(anyRules, fc.string({ unit: 'binary', maxLength: 80 }), (given, text) => {
        const mistake = answerMistake(given, text);
        expect(answerMistake(given, text)).toBe(mistake);
        if (mistake === undefined) {
          if (given.type !== 'file') expect(text.length).toBeLessThanOrEqual(given.maxLength);
          // eslint-disable-next-line no-control-regex -- what must not be let through
          expect(text).not.toMatch(/[\u0000-\u0008\u007f]/);
          return;
        }
        expect(AnswerMistake.options).toContain(mistake);
        // Whether it is needed and whether it may change is not known here.
        expect(['missing', 'fixed', 'unknown']).not.toContain(mistake);
      }),
    );
  });

  it('S2 counts as secret whatever nobody may read back', () => {
    expect(TYPES.filter(isSecretType)).toEqual(['password', 'secret', 'file']);
  });
});
