import { COMMON_WORDS } from './common-words.ts';

/** Letters and digits that must be left when everything guessable is taken away, and how many different ones among them. */
const OWN = { letters: 6, different: 4 } as const;
const SEQUENCE_MIN = 4;
const ROWS = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'qwertzuiop',
  'asdfghjkl',
  'zxcvbnm',
  'yxcvbnm',
];
const LINES: readonly string[] = ROWS.flatMap((row) => [row, Array.from(row).reverse().join('')]);
/** Digits and signs that people put for letters. */
const STANDS_FOR: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
  '|': 'l',
};

/**
 * Whether a password is made of what is tried first: names known here, common words, repeated or neighbouring characters, years. Box and page ask
 * this one function, so that they never say different things. A password is judged as it will be hashed: `normalize('NFC')`.
 */
export function isGuessablePassword(password: string, names: readonly string[]): boolean {
  const own = ownCharacters(password, names);
  return own.length < OWN.letters || new Set(own).size < OWN.different;
}

/** Letters and digits that belong to nothing guessable, in lower case. */
function ownCharacters(password: string, names: readonly string[]): readonly string[] {
  const plain = Array.from(password.toLowerCase(), withoutAccent);
  const guessable = plain.map(() => false);
  const mark = (from: number, to: number): void => void guessable.fill(true, from, to);
  const text = plain.join('');
  const folded = plain.map((character) => STANDS_FOR[character] ?? character).join('');
  for (const [from, to] of [...sequencesIn(text), ...repeatsIn(text), ...yearsIn(text)]) mark(from, to);
  for (const word of [...wordsOf(names), ...COMMON_WORDS]) {
    for (const variant of [text, folded])
      for (const at of placesOf(word, variant)) mark(at, at + word.length);
  }
  return plain.filter((character, at) => guessable[at] !== true && /[\p{L}\p{N}]/u.test(character));
}

/** One UTF-16 unit for each character, so that places mean the same in every variant. */
function withoutAccent(character: string): string {
  const base = character.normalize('NFD').charAt(0);
  return /[a-z]/.test(base) ? base : character.charAt(0);
}

const wordsOf = (names: readonly string[]): readonly string[] =>
  names
    .flatMap((name) => [
      ...name.toLowerCase().split(/[^\p{L}\p{N}]+/u),
      name.toLowerCase().replace(/\s+/g, ''),
    ])
    .map((word) => Array.from(word, withoutAccent).join(''))
    .filter((word) => word.length >= 3);

function placesOf(word: string, text: string): readonly number[] {
  const places: number[] = [];
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) places.push(at);
  return places;
}

type Span = readonly [from: number, to: number];

function sequencesIn(text: string): readonly Span[] {
  const spans: Span[] = [];
  for (let from = 0; from + SEQUENCE_MIN <= text.length; from += 1) {
    for (const line of LINES) {
      let to = from + SEQUENCE_MIN;
      if (!line.includes(text.slice(from, to))) continue;
      while (to < text.length && line.includes(text.slice(from, to + 1))) to += 1;
      spans.push([from, to]);
    }
  }
  return spans;
}

/** A piece that comes three times or more counts once. */
const repeatsIn = (text: string): readonly Span[] =>
  [...text.matchAll(/(.{1,8}?)\1{2,}/gu)].map(({ index, 0: all, 1: piece = '' }) => [
    index + piece.length,
    index + all.length,
  ]);

const yearsIn = (text: string): readonly Span[] =>
  [...text.matchAll(/(?:19|20)\d\d/g)].map(({ index }) => [index, index + 4]);
