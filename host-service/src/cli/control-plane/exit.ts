import { PROBLEMS, safeLine } from '../../contract/problem.ts';
import { problemText } from '../objects/session.ts';
import type { RollOutcome } from './roll-judge.ts';

/** What the boot script goes by (design §6.8). 75 is EX_TEMPFAIL: it is not known, ask again. */
export const ROLL_EXIT = {
  current: 0,
  rolled: 0,
  refused: 3,
  held: 4,
  'rolled-back': 5,
} as const satisfies Record<RollOutcome['kind'], number>;
export const NOT_KNOWN = 75;

export const ROLL_EXIT_HELP =
  '\nExit codes: 0 rolled or current, 2 wrong input, 3 refused, 4 held, 5 the one before was put back, 75 not known within the time.';

/** The outcome in words; the last line says it all. */
export function outcomeText(said: RollOutcome): string {
  const { problem } = said;
  return [...(problem === undefined ? [] : [problemText(problem)]), lineOf(said)].join('\n');
}

function lineOf({
  kind,
  version = 'of unknown version',
  before,
  wanted,
  detail,
  problem,
}: RollOutcome): string {
  const why = problem === undefined ? detail : `${PROBLEMS[problem.code].title} (${problem.code})`;
  const other = wanted === undefined ? 'its update' : wanted.version;
  switch (kind) {
    case 'current':
      return safeLine(`current: control plane ${version} runs; ${detail}`);
    case 'rolled':
      return safeLine(
        `rolled: control plane ${version} runs${before === undefined ? '' : `; before it was ${before}`}.`,
      );
    case 'refused':
      return safeLine(`refused: control plane ${version} keeps running; ${other}: ${why}`);
    case 'held':
      return safeLine(`held: control plane ${version} keeps running; ${other} waits: ${why}`);
    case 'rolled-back':
      return safeLine(`rolled back: control plane ${version} runs; ${other}: ${why}`);
  }
}
