import type { Clock, Log } from '../engine/ports.ts';
import type { Health } from './health.ts';
import type { Notifier } from './ports.ts';

/** Milliseconds between looks at ourselves when systemd asks for no sign of life. */
const LOOK_MS = 5_000;

/**
 * Says to systemd that we live, as long as we do: the event loop comes back in time (else this very loop does not turn) and every loop has turned
 * within its own time. What stands still is said once; systemd then ends and starts us anew.
 */
export async function runWatchdog(
  parts: { readonly clock: Clock; readonly log: Log; readonly notifier: Notifier; readonly health: Health },
  signal: AbortSignal,
): Promise<void> {
  const { clock, log, notifier, health } = parts;
  const everyMs = notifier.watchdogMs ?? LOOK_MS;
  let told = false;
  while (!signal.aborted) {
    const stuck = health.stuck();
    if (stuck.length === 0) {
      told = false;
      await notifier.alive();
    } else if (!told) {
      told = true;
      log.error('this program stands still; systemd is no longer told that it lives', {
        stuck: stuck.join('; '),
      });
      await notifier.status(`Stands still: ${stuck.join('; ')}`);
    }
    const before = clock.monotonic();
    await clock.sleep(everyMs, signal);
    if (!signal.aborted) health.late(Math.max(0, clock.monotonic() - before - everyMs));
  }
}
