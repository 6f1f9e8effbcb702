import { createNotifier } from 'systemd-notify';
import type { Log } from '../../engine/ports.ts';

/** What a service tells systemd. */
export type ServiceNotifier = ReturnType<typeof createNotifier>;

/** The notifier of this process, from what systemd put into its environment; says nothing where systemd does not listen. */
export function createServiceNotifier(
  env: Readonly<Record<string, string | undefined>>,
  log: Log,
): ServiceNotifier {
  return createNotifier({
    env,
    onTrouble: (message) => log.warn('systemd could not be told', { detail: message }),
  });
}
