import { Problem, problemOf, safeLine, type ProblemBody } from '../contract/problem.ts';
import { runCycle } from './cycle.ts';
import { emptyMemory, type Engine } from './engine.ts';
import { reportFault } from './report.ts';
import type { Wake } from './loop/wake.ts';
import { watchWorld } from './loop/watch-world.ts';

export interface LoopOptions {
  /** Milliseconds between cycles when nothing wakes the loop. */
  readonly resyncMs: number;
  /** Longest time of one cycle in milliseconds; then it is cancelled and counts as cluster.timeout. */
  readonly cycleMs: number;
  /** Events within so many milliseconds are one. */
  readonly debounceMs: number;
}
export const LOOP: Omit<LoopOptions, 'resyncMs'> = { cycleMs: 120_000, debounceMs: 100 };

/** First and longest wait after a fault, in milliseconds; doubled for each fault of the same cause in a row. */
const FAULT_WAIT = { first: 1_000, longest: 60_000 } as const;

/** Faults of one cause in a row. */
interface Faults {
  code: string | undefined;
  count: number;
}

/**
 * Runs cycles until the signal fires, one at a time: at once, then after a wake-up, an event in the cluster or when time has come. What goes
 * wrong is said in the status with the time of the next try, and the loop lives on.
 */
export async function runLoop(
  engine: Engine,
  wake: Wake,
  options: LoopOptions,
  signal: AbortSignal,
): Promise<void> {
  Object.assign(engine.memory, emptyMemory());
  const watching = watchWorld(engine, wake, signal);
  const faults: Faults = { code: undefined, count: 0 };
  while (!signal.aborted) {
    const waitMs = await oneCycle(engine, options, faults, signal);
    // A fault of ours is not repeated faster because the cluster is busy; only a person's change cuts the wait short.
    await wake.wait(waitMs, { urgentOnly: faults.count > 0, debounceMs: options.debounceMs }, signal);
  }
  await watching;
}

/** One cycle within its time. Answers how long to wait before the next one. */
async function oneCycle(
  engine: Engine,
  options: LoopOptions,
  faults: Faults,
  signal: AbortSignal,
): Promise<number> {
  const { clock } = engine.ports;
  const over = new AbortController();
  const done = new AbortController();
  void clock.sleep(options.cycleMs, done.signal).then(() => {
    if (!done.signal.aborted) over.abort();
  });
  try {
    await runCycle(engine, AbortSignal.any([signal, over.signal]));
    faults.code = undefined;
    faults.count = 0;
    const { wakeAt } = engine.memory;
    const askedMs = wakeAt === undefined ? options.resyncMs : wakeAt - clock.monotonic();
    return Math.max(0, Math.min(askedMs, options.resyncMs));
  } catch (error) {
    if (signal.aborted) return 0;
    const problem = over.signal.aborted
      ? new Problem('cluster.timeout', `a cycle took longer than ${options.cycleMs} ms`, { cause: error })
      : problemOf(error);
    return await afterFault(engine, problem, faults, signal);
  } finally {
    done.abort();
  }
}

/** Counts the fault, says it in the log and in the status, answers the wait before the next try. */
async function afterFault(
  engine: Engine,
  problem: Problem,
  faults: Faults,
  signal: AbortSignal,
): Promise<number> {
  const { clock, log } = engine.ports;
  faults.count = faults.code === problem.code ? faults.count + 1 : 1;
  faults.code = problem.code;
  const backOffMs = Math.min(FAULT_WAIT.longest, FAULT_WAIT.first * 2 ** Math.min(faults.count - 1, 10));
  const waitMs = Math.max(backOffMs * (0.8 + 0.4 * clock.random()), problem.retryAfterMs ?? 0);
  const next = new Date(clock.now().getTime() + waitMs).toISOString();
  const fields = { code: problem.code, detail: problem.detail, count: faults.count, next };
  if (problem.code === 'internal.bug') log.error('cycle failed', { ...fields, stack: stackOf(problem) });
  else log.warn('cycle failed', fields);
  const body: ProblemBody = {
    code: problem.code,
    detail: safeLine(`${problem.detail.slice(0, 400)}; try ${faults.count}, next at ${next}`),
    subject: 'cycle',
  };
  await reportFault(engine, body, signal);
  return waitMs;
}

const stackOf = ({ cause, stack }: Problem): string | undefined =>
  cause instanceof Error ? cause.stack : stack;
