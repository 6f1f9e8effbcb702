import { PROBLEMS, problemOf, type Problem, type ProblemCode } from '../contract/problem.ts';

/** The outside of the program: everything a command takes from or gives to the machine it runs on. */
export interface Context {
  readonly env: NodeJS.ProcessEnv;
  now(): Date;
  /** Writes to standard output. */
  write(text: string): void;
  /** Writes to standard error. */
  warn(text: string): void;
}

/** Exit codes: 0 done, 2 the command or its files have mistakes, 3 refused, 4 a registry is away. */
export const EXIT = { done: 0, mistake: 2, refused: 3, unavailable: 4 } as const;

const AWAY: readonly ProblemCode[] = [
  'registry.cancelled',
  'registry.connect',
  'registry.dns',
  'registry.outage',
  'registry.proxy',
  'registry.rate-limited',
  'registry.timeout',
  'registry.tls',
];

function exitOf(code: ProblemCode): number {
  if (AWAY.includes(code)) return EXIT.unavailable;
  return /^(config|request)\.(invalid|unreadable)$/.test(code) ? EXIT.mistake : EXIT.refused;
}

function report(context: Context, problem: Problem, json: boolean): void {
  const { title, remedy } = PROBLEMS[problem.code];
  const { code, detail } = problem;
  if (json) context.write(`${JSON.stringify({ code, title, remedy, detail }, null, 2)}\n`);
  else context.warn(`${title} (${code})\n  ${detail}\n  ${remedy}\n`);
}

/** What a command did: a value for programs and lines for people. */
export interface Outcome {
  readonly value: unknown;
  readonly lines: readonly string[];
}

/** Runs a command to its exit code; prints JSON or words. */
export async function conclude(
  context: Context,
  json: boolean,
  act: () => Promise<Outcome>,
): Promise<number> {
  try {
    const { value, lines } = await act();
    context.write(json ? `${JSON.stringify(value, null, 2)}\n` : lines.map((line) => `${line}\n`).join(''));
    return EXIT.done;
  } catch (error) {
    const problem = problemOf(error);
    report(context, problem, json);
    return exitOf(problem.code);
  }
}
