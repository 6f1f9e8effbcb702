import { notifyEnvironmentOf } from './environment.ts';
import { createQueue } from './queue.ts';
import { sendWords, SYSTEMD_NOTIFY } from './send.ts';

/** What a service says to systemd (sd_notify(3)). Everything is a no-op without NOTIFY_SOCKET. */
export interface Notifier {
  /** READY=1; once. */
  ready(status?: string): Promise<void>;
  /** One line, at most 256 characters; control characters are taken out. */
  status(text: string): Promise<void>;
  /** WATCHDOG=1. */
  alive(): Promise<void>;
  /** EXTEND_TIMEOUT_USEC: asks for that many milliseconds more to start, stop or answer the watchdog. */
  extend(ms: number): Promise<void>;
  stopping(status?: string): Promise<void>;
  /**
   * Milliseconds within which `alive()` is to be called: half of what systemd waits (WatchdogSec), so that one slow turn is not late.
   * undefined = no watchdog for this process.
   */
  readonly watchdogMs: number | undefined;
}

export interface NotifierOptions {
  /** The environment of the process; read once, here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whose watchdog it is. */
  readonly pid?: number;
  /** Told of the first failure, and again only after something was said in between; never of each. */
  readonly onTrouble?: (message: string) => void;
  /** Absolute path of `systemd-notify`. */
  readonly program?: string;
}

const STATUS_LIMIT = 256;

/**
 * A notifier around systemd's own program. No call rejects: a service must not fall because nobody listens. Messages go one
 * after another; of several STATUS or WATCHDOG that wait, the newest is sent. A READY that could not be said goes with the next
 * sign of life.
 *
 * `watchdogMs` is half of systemd's interval, as sd_watchdog_enabled(3) recommends: who calls `alive()` once in that time is
 * never late by one slow turn. Call it from the loop whose life it proves, not from a timer of its own.
 */
export function createNotifier(options: NotifierOptions): Notifier {
  const { socket, watchdogMs } = notifyEnvironmentOf(options.env, options.pid ?? process.pid);
  const program = options.program ?? SYSTEMD_NOTIFY;
  if (!program.startsWith('/')) throw new TypeError('program must be an absolute path');
  const say = socket === undefined ? () => Promise.resolve() : createQueue(sender());
  let ready: 'no' | 'due' | 'said' = 'no';

  function sender(): (words: readonly string[]) => Promise<void> {
    let isTroubled = false;
    return async (words) => {
      try {
        await sendWords(program, socket ?? '', words);
        isTroubled = false;
        if (words.includes('READY=1')) ready = 'said';
      } catch (error) {
        if (!isTroubled) options.onTrouble?.(error instanceof Error ? error.message : String(error));
        isTroubled = true;
      }
    };
  }

  return {
    watchdogMs: watchdogMs === undefined ? undefined : Math.floor(watchdogMs / 2),
    ready(status) {
      if (ready !== 'no') return Promise.resolve();
      ready = 'due';
      return say('ready', () => ['READY=1', ...statusWords(status)]);
    },
    status: (text) => say('status', () => statusWords(text)),
    alive: () => say('alive', () => (ready === 'due' ? ['READY=1', 'WATCHDOG=1'] : ['WATCHDOG=1'])),
    extend: (ms) => {
      // Zero or less asks for nothing; systemd would take it as "now".
      if (!(ms > 0) || ms > Number.MAX_SAFE_INTEGER / 1000) return Promise.resolve();
      return say('extend', () => [`EXTEND_TIMEOUT_USEC=${Math.ceil(ms * 1000)}`]);
    },
    stopping: (status) => say('stopping', () => ['STOPPING=1', ...statusWords(status)]),
  };
}

function statusWords(text: string | undefined): readonly string[] {
  return text === undefined ? [] : [`STATUS=${statusLineOf(text)}`];
}

/** One line that a terminal can show: no control characters or line separators, at most 256 characters, none of them halved. */
export function statusLineOf(text: string): string {
  const line = text
    .slice(0, 4 * STATUS_LIMIT)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\uFFFD\s]+/gu, ' ')
    .trim();
  const characters = Array.from(line);
  if (characters.length <= STATUS_LIMIT) return line;
  return `${characters
    .slice(0, STATUS_LIMIT - 1)
    .join('')
    .trimEnd()}…`;
}
