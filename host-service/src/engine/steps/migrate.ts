import type { Executor } from './executor.ts';
import { failureOf } from './wait-components.ts';

/** Waits for the gated components (migration Jobs) before anything else is waited for. */
export const migrate: Executor<'migrate'> = async (context, step) => {
  const gates = context.observed.components.filter(({ name }) => step.components.includes(name));
  const failed = await failureOf(context, gates);
  if (failed !== undefined) {
    return { ...failed, problem: { ...failed.problem, code: 'apply.migration-failed' } };
  }
  const waiting = gates.find(({ state }) => state !== 'ready');
  const names = step.components.join(', ');
  return {
    kind: 'waiting',
    now: waiting === undefined ? `Waiting for ${names}` : `${waiting.title}: ${waiting.detail}`,
  };
};
