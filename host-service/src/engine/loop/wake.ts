import type { Clock } from '../ports.ts';

/** `urgent`: a person changed or asked something. `event`: the cluster changed. */
export type WakeReason = 'urgent' | 'event';

/** The bell of the loop. Ringing while nobody waits is remembered once. */
export interface Wake {
  wake(reason: WakeReason): void;
  /** Waits `ms`, less when it is woken; then waits until it has been quiet for `debounceMs`, so that many events are one. */
  wait(
    ms: number,
    options: { readonly urgentOnly: boolean; readonly debounceMs: number },
    signal: AbortSignal,
  ): Promise<void>;
}

/** Makes a bell. */
export function createWake(clock: Clock): Wake {
  const rung = new Set<WakeReason>();
  let ring: (() => void) | undefined;
  const isRung = (urgentOnly: boolean): boolean => rung.has('urgent') || (!urgentOnly && rung.has('event'));
  return {
    wake(reason) {
      rung.add(reason);
      ring?.();
    },
    async wait(ms, { urgentOnly, debounceMs }, signal) {
      const woken = new AbortController();
      ring = () => {
        if (isRung(urgentOnly)) woken.abort();
      };
      ring();
      await clock.sleep(ms, AbortSignal.any([signal, woken.signal]));
      ring = undefined;
      if (woken.signal.aborted) await clock.sleep(debounceMs, signal);
      if (isRung(urgentOnly)) rung.clear();
    },
  };
}
