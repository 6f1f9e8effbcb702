import { Problem, safeLine, type ProblemCode } from '../../contract/problem.ts';

/** Longest detail in characters: many of them have to fit into one object. */
const DETAIL = 160;

/** What a runtime's words mean, the more exact first: "no match for platform" also says "not found". */
const MEANINGS: readonly (readonly [RegExp, ProblemCode])[] = [
  [/no match for platform/i, 'pull.wrong-platform'],
  [/no such command|unknown command|no help topic/i, 'pull.no-program'],
  [/no space left on device|disk quota exceeded/i, 'pull.no-space'],
  [/validate service connection|dial(?:ing)?:? (?:dial )?unix|failed to dial/i, 'pull.no-runtime'],
  [
    /\b40[13]\b|unauthorized|forbidden|authorization failed|insufficient.scope|access denied/i,
    'pull.refused',
  ],
  [/no such host|connection refused|i\/o timeout|certificate|server misbehaving/i, 'pull.failed'],
  [/not found|manifest unknown|name unknown/i, 'pull.missing'],
];

/** The problem behind what a program of the runtime wrote when it failed. Pure. */
export function failureOf(output: string): Problem {
  const code = MEANINGS.find(([pattern]) => pattern.test(output))?.[1] ?? 'pull.failed';
  return new Problem(code, detailOf(output));
}

/**
 * The end of the last line, where the cause stands; before it the same image is named three times. What follows a question mark in an address may be a
 * signature, what stands before an @ a password.
 */
function detailOf(output: string): string {
  const last = output.trim().split('\n').at(-1) ?? '';
  const message = /msg="((?:[^"\\]|\\.)*)"/.exec(last)?.[1] ?? last;
  const plain = message
    .replaceAll('\\"', '"')
    .replaceAll(/\/\/[^\s/@"]+@/g, '//')
    .replaceAll(/\?[^\s"]*/g, '');
  const cause = plain
    .replace(/^.*failed to (?:pull and unpack|resolve) (?:image|reference) "[^"]*": /, '')
    .replace(/^.*desc = /, '');
  const line = safeLine(cause === '' ? 'it gave no reason' : cause);
  return line.length <= DETAIL ? line : `…${line.slice(line.length - DETAIL + 1)}`;
}
