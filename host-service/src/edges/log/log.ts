import { pino } from 'pino';
import type { DestinationStream } from 'pino';
import { isRecord } from '../../core/json.ts';
import type { Log } from '../../engine/ports.ts';
import { redact, redactLine } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * Writes one JSON line per message to the standard error stream (the standard output belongs to answers). Synchronous, so that the
 * last line before a crash is there. Secrets are hidden by name and by shape; see redact().
 */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? pino.destination({ dest: 2, sync: true }),
  );
  const write =
    (at: LogLevel) =>
    (message: string, fields: Record<string, unknown> = {}): void => {
      if (!logger.isLevelEnabled(at)) return;
      const safe = redact(fields);
      logger[at](isRecord(safe) ? safe : {}, redactLine(message));
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
