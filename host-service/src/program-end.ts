import { PROBLEMS, problemOf } from './contract/problem.ts';

/**
 * Fires on the first SIGTERM or SIGINT. A second one ends the process at once; so does a stop that takes longer than `stopMs` milliseconds.
 */
export function stopSignal(stopMs: number): AbortSignal {
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(1);
    stop.abort();
    setTimeout(() => process.exit(1), stopMs).unref();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return stop.signal;
}

/** Says on the standard error stream what ended a program and what to do, and sets its exit code: 2 mistakes in the configuration, 1 anything else. */
export function endFailed(error: unknown): void {
  const { code, detail } = problemOf(error);
  process.stderr.write(`${code}: ${detail}\n${PROBLEMS[code].remedy}\n`);
  process.exitCode = code.startsWith('config.') ? 2 : 1;
}
