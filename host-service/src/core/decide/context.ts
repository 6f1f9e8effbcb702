import type { Digest } from '../../contract/names.ts';
import { safeLine, type ProblemCode } from '../../contract/problem.ts';
import type { RuleId, TraceRule } from '../../contract/trace.ts';
import type { Candidate, DecideInput } from './types.ts';

/** One release under the rules, with all they may look at. */
export interface Context {
  readonly input: DecideInput;
  /** What is judged. */
  readonly candidate: Candidate;
  /** What the channel (or pin) asks for in the end; differs from the candidate when a stop lies on the way. */
  readonly wanted: Candidate;
  readonly running: Candidate | undefined;
  /** A person chose this release by name: channel rules are skipped (design §4 "Pins"). */
  readonly pinned: boolean;
}

export interface Verdict {
  readonly verdict: TraceRule['verdict'];
  readonly detail: string;
  readonly code?: ProblemCode;
  readonly changes?: TraceRule['changes'];
}
export type Rule = (context: Context) => Verdict;

export const pass = (detail: string): Verdict => ({ verdict: 'pass', detail });
export const skip = (detail: string): Verdict => ({ verdict: 'skip', detail });
type Changes = TraceRule['changes'];
const against = (
  verdict: 'wait' | 'refuse',
  code: ProblemCode,
  detail: string,
  changes?: Changes,
): Verdict => ({
  verdict,
  code,
  detail,
  ...(changes === undefined ? {} : { changes }),
});
/** Something that a person is told about stands against it, and passes. */
export const wait = (code: ProblemCode, detail: string, changes?: Changes): Verdict =>
  against('wait', code, detail, changes);
export const no = (code: ProblemCode, detail: string, changes?: Changes): Verdict =>
  against('refuse', code, detail, changes);
/** Waits as it is meant to: no problem of anybody. */
export const later = (detail: string, when: string): Verdict => ({
  verdict: 'wait',
  detail,
  changes: { when },
});

/** A verdict as it is shown and stored. */
export function traceOf(rule: RuleId, verdict: Verdict, candidate?: Candidate): TraceRule {
  const { detail, changes, code } = verdict;
  return {
    rule,
    ...(candidate === undefined
      ? {}
      : { candidate: { digest: candidate.digest, version: candidate.version } }),
    verdict: verdict.verdict,
    ...(code === undefined ? {} : { code }),
    detail: safeLine(detail),
    ...(changes === undefined ? {} : { changes }),
  };
}

/** Whether a person has named exactly this release, or the one at the end of its path, or pinned it. */
export function approved({ input, candidate, wanted, pinned }: Context): boolean {
  const { approvedRelease, approvedRetry } = input.intent;
  if (approvedRetry === candidate.digest) return true;
  return pinned || approvedRelease === candidate.digest || approvedRelease === wanted.digest;
}

export const find = (input: DecideInput, digest: Digest | undefined): Candidate | undefined =>
  input.candidates.find((candidate) => candidate.digest === digest);
