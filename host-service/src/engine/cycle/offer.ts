import type { PlanDescription } from '../../contract/api/plan.ts';
import type { Decision } from '../../core/decide/types.ts';
import type { ObservedHost } from '../../core/images/hosts.ts';
import { describePlan, type DiskFacts } from '../../core/plan/describe.ts';
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
  const disk = shown.kind === 'steps' ? smallestDisk(observed) : undefined;
  const description = describePlan(shown, { ...setting, observed, parts, disk });
  return {
    ...description,
    creates: description.creates.slice(0, LISTED),
    changes: description.changes.slice(0, LISTED),
    removes: description.removes.slice(0, LISTED),
    pulls: description.pulls.slice(0, LISTED),
  };
}

/** The disk with the least free space among the hosts that report theirs: it has to be enough everywhere. A plan is shown without it, too. */
const smallestDisk = ({ hosts = [] }: Observed): DiskFacts | undefined =>
  hosts.flatMap(diskOf).sort((a, b) => a.free - b.free)[0];

function diskOf({ status }: ObservedHost): readonly DiskFacts[] {
  const facts = status?.facts ?? {};
  const [total, free] = [facts['diskTotalBytes'], facts['diskFreeBytes']];
  return isSize(total) && isSize(free) ? [{ total, free }] : [];
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
