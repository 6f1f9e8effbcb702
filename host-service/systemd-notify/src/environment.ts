/** What systemd put into the environment of a service. */
export interface NotifyEnvironment {
  /** Where to send to; undefined = nobody listens. */
  readonly socket: string | undefined;
  /** What systemd waits for a sign of life, in milliseconds (WatchdogSec, not the half of it); undefined = none for this process. */
  readonly watchdogMs: number | undefined;
}

/**
 * Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. A watchdog that is meant for another process (a parent that handed its
 * environment on) is none for us: sd_watchdog_enabled(3).
 */
export function notifyEnvironmentOf(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): NotifyEnvironment {
  const socket = env['NOTIFY_SOCKET'];
  const usec = positiveInteger(env['WATCHDOG_USEC']);
  const owner = env['WATCHDOG_PID'];
  const isOurs = owner === undefined || owner === '' || owner === String(pid);
  const listens = socket !== undefined && socket !== '';
  return {
    socket: listens ? socket : undefined,
    watchdogMs: listens && isOurs && usec !== undefined ? usec / 1000 : undefined,
  };
}

function positiveInteger(text: string | undefined): number | undefined {
  if (text === undefined || !/^[0-9]{1,15}$/.test(text)) return undefined;
  const value = Number(text);
  return value > 0 ? value : undefined;
}
