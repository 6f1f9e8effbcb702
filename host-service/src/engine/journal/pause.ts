import type { VerbRequest } from '../../contract/appliance.ts';
import type { Operation } from '../../contract/objects.ts';
import type { StepRecord } from '../../contract/operation.ts';
import type { Engine } from '../engine.ts';
import { journal } from './journal.ts';

/**
 * Stops an operation before its next step: no step acts while this stands in the journal, which survives restarts. Asked twice it is one pause.
 *
 * @throws Problem cluster.*
 */
export async function pauseOperation(
  { ports: { cluster, clock } }: Engine,
  operation: Operation,
  { id, actor: { by, via, reason } }: VerbRequest,
  signal: AbortSignal,
): Promise<void> {
  if (operation.status?.pause !== undefined) return;
  const at = clock.now();
  const said = reason === undefined ? {} : { reason };
  const pause = { by, via, ...said, at: at.toISOString(), request: id };
  const event = { level: 'info', text: `Paused by ${by}` } as const;
  await journal(cluster, operation, { pause, event }, at, signal);
}

/**
 * Lets a paused operation go on where it stopped; the time in between does not count as the step's own. Nothing when it is not paused.
 *
 * @throws Problem cluster.*
 */
export async function resumeOperation(
  { ports: { cluster, clock } }: Engine,
  operation: Operation,
  { actor: { by } }: VerbRequest,
  signal: AbortSignal,
): Promise<void> {
  const { pause, steps = [] } = operation.status ?? {};
  if (pause === undefined) return;
  const at = clock.now();
  const event = { level: 'info', text: `Resumed by ${by}` } as const;
  const waited = steps
    .filter(({ state }) => state === 'running')
    .map((step) => withPause(step, pause.at, at));
  await journal(cluster, operation, { pause: null, steps: waited, event }, at, signal);
}

function withPause(
  { kind, startedAt, pausedMs = 0 }: StepRecord,
  pausedAt: string,
  now: Date,
): Pick<StepRecord, 'kind' | 'pausedMs'> {
  const since = Math.max(Date.parse(pausedAt), Date.parse(startedAt ?? pausedAt));
  return { kind, pausedMs: pausedMs + Math.max(0, Math.round(now.getTime() - since)) };
}

/** While nothing is done no time runs against a step: what was being timed begins anew. */
export function restWhilePaused({ memory }: Engine): void {
  memory.watch = undefined;
  memory.pulls = undefined;
  memory.storageWait = undefined;
  memory.probesFailingSince = undefined;
}
