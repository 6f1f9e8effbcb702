import type { Plan } from './step.ts';
import type { PlanInput } from './plan-input.ts';

/** What has to be done so that what ought to run does run: nothing, or steps in order, or the problem that stands against it. */
export function makePlan(input: PlanInput): Plan {
  return input.decision.target === undefined ? { kind: 'nothing' } : { kind: 'nothing' };
}
