import type { HostFacts } from '../../contract/host/facts.ts';
import { secondsIn } from '../kept/clock-floor.ts';
import type { AgentParts } from '../parts.ts';
import { keepDoing, type Running } from '../running.ts';
import { createSight } from './sight.ts';

/** Milliseconds between looks whether something is asked. */
const LOOK_MS = 1_000;

/** Measures the machine and the addresses that a release needs, beside the report: however long that takes, the report does not wait. */
export async function measureLoop(running: Running, signal: AbortSignal): Promise<void> {
  const { parts, shared, wake } = running;
  const { measuring, clock } = parts;
  if (measuring === undefined) return;
  const host = async (until: AbortSignal): Promise<HostFacts> => ({
    ...(await measuring.host(until)),
    ...clockFacts(parts),
  });
  const sight = createSight({ ...measuring, host }, clock);
  shared.sight = sight.take;
  const look = async (): Promise<void> => {
    if (!sight.isDue()) return;
    await sight.measure(signal);
    wake.wake('event');
  };
  await keepDoing(running, { name: 'measure', everyMs: LOOK_MS }, look, signal);
}

/** The clock as it is, the earliest that it can be, and whether a time server keeps it right. */
export function clockFacts({ clock, kept, time }: Pick<AgentParts, 'clock' | 'kept' | 'time'>): HostFacts {
  const { built, isInStep } = time();
  const floor = Math.max(built, secondsIn(kept.read('clock')));
  return {
    clockAt: clock.now().toISOString(),
    ...(floor === 0 ? {} : { clockFloor: new Date(floor * 1000).toISOString() }),
    clockSynchronised: isInStep,
  };
}
