import { ProblemAnswer } from '../../contract/api/problem-answer.ts';
import { Problem, type ProblemCode } from '../../contract/problem.ts';

/** An answer of 400 and above. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
  /** What was asked, e.g. `PUT /api/intent`. */
  readonly what: string;
}

/** As the other side has it: the same code and detail. What is no problem of the table comes from something between, or another version. */
export function problemOfRefusal({ status, text, retryAfter, what }: Refusal): Problem {
  const seconds = /^\d{1,6}$/.exec(retryAfter ?? '')?.[0];
  const wait = seconds === undefined ? {} : { retryAfterMs: Number(seconds) * 1_000 };
  const parsed = ProblemAnswer.safeParse(jsonOf(text));
  if (parsed.success) return new Problem(parsed.data.code, parsed.data.detail, wait);
  const isAway = [502, 503, 504].includes(status);
  return new Problem(
    isAway ? 'client.disconnected' : 'client.bad-answer',
    `${what}: ${status} without a problem that is known here`,
    wait,
  );
}

/** The value; undefined when it is not JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Why we ended an exchange ourselves. */
export type Ended = 'deadline' | 'stopped' | undefined;

const WORDS: readonly (readonly [RegExp, ProblemCode, string])[] = [
  [
    /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)/,
    'client.disconnected',
    'its certificate is not trusted here; name its authority with --ca',
  ],
  [/^HPE_|^EPROTO|^ERR_SSL/, 'client.bad-answer', 'what answers there does not speak as the box does'],
  [/ENOTFOUND|EAI_/, 'client.disconnected', 'the name is not known'],
  [/ECONNREFUSED/, 'client.disconnected', 'nothing listens there'],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/, 'client.disconnected', 'there is no way to it'],
];

/** Every failure without an answer as its problem: words of ours, never those of a library. */
export function problemOfFailure(error: unknown, what: string, ended: Ended): Problem {
  if (error instanceof Problem) return error;
  const make = (code: ProblemCode, words: string): Problem =>
    new Problem(code, `${what}: ${words}`, { cause: error });
  if (ended === 'stopped') return make('client.disconnected', 'stopped from here');
  // what was asked may still be done; only a look tells.
  if (ended === 'deadline')
    return make('client.disconnected', 'no complete answer in time; what was asked may still happen');
  const code = codeOf(error);
  const found = WORDS.find(([pattern]) => pattern.test(code));
  return found === undefined
    ? make('client.disconnected', 'the connection broke before the answer was complete')
    : make(found[1], found[2]);
}

function codeOf(error: unknown): string {
  // One error for each address of the name: the first says it.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error && 'code' in first && typeof first.code === 'string' ? first.code : '';
}
