import type { PlanDescription } from '../../contract/api/plan.ts';
import type { Decision } from '../../core/decide/types.ts';
import { describePlan } from '../../core/plan/describe.ts';
import { makePlan } from '../../core/plan/make-plan.ts';
import type { Observed } from '../../core/plan/observed.ts';
import type { Plan } from '../../core/plan/step.ts';
import type { Engine } from '../engine.ts';
import { loadParts, partsAtHand } from '../parts.ts';
import { planSetting } from './look.ts';

/** Longest list of objects or pulls that the status carries. */
const LISTED = 64;

/** What a cycle knows when it shows its plan. */
interface Offer {
  readonly observed: Observed;
  readonly decision: Decision;
  readonly plan: Plan;
  /** The registry has just answered: the bundle of the offered release can be looked at. */
  readonly isOnline: boolean;
}

/**
 * The plan as people see it before the first byte of the application: of what is under way, else of the release that might be had by approving
 * it. Its bundle is fetched once, because it says which delivery engine the release needs; without the registry only what is at hand counts.
 */
export async function offeredPlan(
  engine: Engine,
  { observed, decision, plan, isOnline }: Offer,
  signal: AbortSignal,
): Promise<PlanDescription> {
  const setting = planSetting(engine, observed);
  const wanted = plan.kind === 'nothing' ? (decision.available ?? decision.target) : decision.target;
  const target = wanted === undefined ? undefined : observed.releases.get(wanted);
  const atHand = target === undefined ? undefined : partsAtHand(engine, target);
  const parts =
    atHand ??
    (target !== undefined && isOnline ? (await loadParts(engine, target, signal)).parts : undefined);
  const shown =
    plan.kind === 'nothing' && wanted !== undefined && wanted !== decision.target
      ? makePlan({
          ...setting,
          observed,
          decision: { ...decision, target: wanted, direction: 'update' },
          parts,
          open: undefined,
        })
      : plan;
  const description = describePlan(shown, { ...setting, observed, parts });
  return {
    ...description,
    creates: description.creates.slice(0, LISTED),
    changes: description.changes.slice(0, LISTED),
    removes: description.removes.slice(0, LISTED),
    pulls: description.pulls.slice(0, LISTED),
  };
}
