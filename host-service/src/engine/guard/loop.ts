import { CONTROL_PLANE_NAME } from '../../contract/control-plane.ts';
import { createWake, type Wake } from '../loop/wake.ts';
import type { KindRef } from '../ports.ts';
import { createGuard } from './guard.ts';
import type { GuardOptions, GuardReport } from './ports.ts';

/** Milliseconds: events within so many are one; a watch that ended is started again after so many. */
const WATCHES = { debounceMs: 500, againMs: 5_000 } as const;

const KINDS: readonly KindRef[] = [
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'v1', kind: 'Pod' },
  { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
];

/**
 * Turns the guard until the signal fires: at once, when something of the control plane changes, and when its times run out. `onReport` is told of
 * each turn.
 */
export async function runGuard(
  options: GuardOptions,
  onReport: (report: GuardReport) => void,
  signal: AbortSignal,
): Promise<void> {
  const guard = createGuard(options);
  const wake = createWake(options.clock);
  const watching = KINDS.map((kind) => keepWatching(options, kind, wake, signal));
  while (!signal.aborted) {
    const report = await guard.turn(signal);
    if (signal.aborted) break;
    onReport(report);
    await wake.wait(report.againMs, { urgentOnly: false, debounceMs: WATCHES.debounceMs }, signal);
  }
  await Promise.all(watching);
}

/** A watch that is started again when it ends, whatever the reason: the timer alone would do, only slower. */
async function keepWatching(
  { cluster, clock, log, namespace }: GuardOptions,
  kind: KindRef,
  wake: Wake,
  signal: AbortSignal,
): Promise<void> {
  const onChange = ({ metadata }: { readonly metadata: { readonly name: string } }): void => {
    if (metadata.name.startsWith(CONTROL_PLANE_NAME)) wake.wake('event');
  };
  while (!signal.aborted) {
    try {
      await cluster.watch(kind, { namespace, signal, onChange });
    } catch (error) {
      if (!signal.aborted) log.debug('watch ended', { kind: kind.kind, error: String(error) });
    }
    await clock.sleep(WATCHES.againMs, signal);
  }
}
