import type { Log } from '../../engine/ports.ts';

/** Commands say what went wrong by their problem and their words; nobody reads a log of theirs. */
export const QUIET: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
