import { isGuessablePassword } from 'host-service/contract/password/guessable.ts';

/** Of zxcvbn: 0 to 4, and keys of its feedback. */
export interface Estimate {
  readonly score: number;
  readonly warning: string | undefined;
  readonly suggestions: readonly string[];
}

/** `guessable`: the box does not take it (its own rule, the same code); `unknown`: not judged yet, or it cannot be here. */
export type Level = 'short' | 'guessable' | 'weak' | 'fair' | 'good' | 'strong' | 'unknown';

export interface Strength {
  readonly level: Level;
  /** 0 to 4 filled parts of the meter. */
  readonly filled: number;
  /** Characters that are missing. */
  readonly missing: number;
  /** Keys of words/strength: what is weak, then what helps. */
  readonly tips: readonly string[];
}

const LEVELS: readonly Level[] = ['weak', 'weak', 'fair', 'good', 'strong'];
const MOST_TIPS = 2;

/**
 * How good a password is. The box's own rules come first, so that nothing is called good here that is refused there. `minLength` in UTF-16
 * units, as the box counts. Pure.
 */
export function strengthOf(
  password: string,
  names: readonly string[],
  minLength: number,
  estimated: Estimate | undefined,
): Strength {
  const canonical = password.normalize('NFC');
  const missing = Math.max(0, minLength - canonical.length);
  const { score = 0, warning, suggestions = [] } = estimated ?? {};
  const found = [
    warning === undefined ? undefined : `warning.${warning}`,
    ...suggestions.map((key) => `suggestion.${key}`),
  ];
  const tips = found.filter((key) => key !== undefined).slice(0, MOST_TIPS);
  if (missing > 0) return { level: 'short', filled: 1, missing, tips: [] };
  if (isGuessablePassword(canonical, names))
    return { level: 'guessable', filled: 1, missing, tips: warning === undefined ? ['guessable'] : tips };
  if (estimated === undefined) return { level: 'unknown', filled: 0, missing, tips: [] };
  const level = LEVELS[score] ?? 'weak';
  return { level, filled: Math.max(1, score), missing, tips: score >= 3 ? [] : tips };
}
