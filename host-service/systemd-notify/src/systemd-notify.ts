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
  /** Milliseconds within which systemd wants a sign of life; undefined = no watchdog for this process. */
  readonly watchdogMs: number | undefined;
}
