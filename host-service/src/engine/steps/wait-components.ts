import type { ComponentHealth } from '../../contract/appliance.ts';
import { probesFail, terminalFailure } from '../../core/status/terminal.ts';
import { failureLog, healthEvidence } from './evidence.ts';
import type { Executor, StepContext, StepResult } from './executor.ts';

/** Waits until every expected component is healthy; the first terminal failure ends the wait (R-42, design §7). */
export const waitComponents: Executor<'wait-components'> = async (context, step) => {
  const failed = await failureOf(context, context.observed.components);
  if (failed !== undefined) return failed;
  const outstanding = context.observed.components.filter(({ state }) => state !== 'ready');
  const [first, ...more] = outstanding;
  const { source } = context.observed;
  if (source?.fetchProblem !== undefined && source.fetched !== source.digest) {
    return { kind: 'waiting', now: `The release cannot be fetched: ${source.fetchProblem}`, outside: true };
  }
  const trouble = source?.applyProblem;
  if (first === undefined) {
    const names = step.outstanding.join(', ');
    return { kind: 'waiting', now: trouble ?? `Waiting for ${names === '' ? 'the delivery engine' : names}` };
  }
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  return {
    kind: 'waiting',
    now: `Waiting for ${first.title}: ${trouble ?? first.detail}${others}`,
    evidence: healthEvidence(context.observed.components),
  };
};

/** The failure that no waiting can heal, with the log of what failed; undefined = keep waiting. */
export async function failureOf(
  { engine, signal }: StepContext,
  components: readonly ComponentHealth[],
): Promise<Extract<StepResult, { kind: 'failed' }> | undefined> {
  const { memory, patience, ports } = engine;
  const now = ports.clock.monotonic();
  memory.probesFailingSince = probesFail(components) ? (memory.probesFailingSince ?? now) : undefined;
  const failingMs = memory.probesFailingSince === undefined ? 0 : now - memory.probesFailingSince;
  const problem = terminalFailure(components, failingMs, { probeGraceMs: patience.probeGraceMs });
  if (problem === undefined) return undefined;
  const failed = components.find(({ name }) => name === problem.subject);
  if (failed === undefined) return { kind: 'failed', problem };
  const log = await failureLog(ports.cluster, failed, signal);
  const evidence = [healthEvidence([failed]), log].filter((text) => text !== '').join('\n');
  return { kind: 'failed', problem, evidence };
}
