/*! Common words: OpenSubtitles 2024 by way of OPUS (https://opus.nlpl.eu/datasets/OpenSubtitles), under ODC-BY. */
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import graphs from '@zxcvbn-ts/language-common/dist/adjacencyGraphs.json.mjs';
import passwords from '@zxcvbn-ts/language-common/dist/passwords.json.mjs';
import commonWords from '@zxcvbn-ts/language-en/dist/commonWords.json.mjs';
import firstnames from '@zxcvbn-ts/language-en/dist/firstnames.json.mjs';
import type { Estimate } from './strength.ts';

/** Longer passwords are judged by their beginning: that is good enough or nothing is. */
const LOOKED_AT = 64;

/** `pwned` and the like need a question to somebody else: nothing leaves this page. */
const zxcvbn = new ZxcvbnFactory({
  dictionary: { passwords, 'commonWords-en': commonWords, 'firstnames-en': firstnames },
  graphs,
  maxLength: LOOKED_AT,
  // With more, a password of many digits takes seconds on a phone; the judgement is the same.
  l33tMaxSubstitutions: 8,
});

/** How many guesses a password withstands, and what is weak about it. `names` are tried first by whoever guesses here. Takes some 10 ms. */
export function estimate(password: string, names: readonly string[]): Estimate {
  const inputs = names.flatMap((name) => [name, ...name.split(/[^\p{L}\p{N}]+/u)]);
  const { score, feedback } = zxcvbn.check(
    password,
    inputs.filter((name) => name !== ''),
  );
  // Without translations the library answers its keys.
  return { score, warning: feedback.warning ?? undefined, suggestions: feedback.suggestions };
}
