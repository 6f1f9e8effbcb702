import { safeLine, type ProblemBody } from '../../contract/problem.ts';
import { blockingOf, evaluateChecks } from '../../core/checks/evaluate.ts';
import { checkOf } from '../../core/checks/table.ts';
import type { Observed } from '../../core/plan/observed.ts';
import type { Plan } from '../../core/plan/step.ts';
import { wakeIn, type Engine } from '../engine.ts';
import { gatherFacts, type CheckScene } from './facts.ts';

/** The one thing for which an update waits as well: half of a release helps nobody. */
const FOR_UPDATES: ReadonlySet<string> = new Set(['disk.space']);

interface Held {
  readonly observed: Observed;
  readonly plan: Plan;
  readonly channel: CheckScene['channel'];
  /** An operation is under way. */
  readonly isOpen: boolean;
}

/**
 * Why a plan must not begin: a check has failed that nobody has accepted. Looked at before the first write of a first installation; of an update
 * only the room on the disk counts. What could not be measured never holds anything up, nor does anything once it has begun (B-74). Where no host
 * reports, nothing was measured. Only reads.
 */
export async function heldByChecks(
  engine: Engine,
  { observed, plan, channel, isOpen }: Held,
  signal: AbortSignal,
): Promise<ProblemBody | undefined> {
  const { hosts = [], spec, releases, source, kubernetes, operations } = observed;
  if (plan.kind !== 'steps' || isOpen || hosts.length === 0) return undefined;
  if (plan.verb !== 'install' && plan.verb !== 'update') return undefined;
  const running = source?.release === undefined ? undefined : releases.get(source.release);
  const scene = {
    ...{ spec, hosts, running, channel, operations },
    ...{ target: releases.get(plan.to.digest), platform: kubernetes },
  };
  const facts = await gatherFacts(engine, engine.ports.cluster, scene, signal);
  const failed = blockingOf(evaluateChecks(facts, spec.acceptedRisks ?? []));
  const counts = plan.verb === 'install' ? failed : failed.filter(({ id }) => FOR_UPDATES.has(id));
  const [first] = counts;
  if (first === undefined) return undefined;
  // Whoever mends it should not have to wait for the next look.
  wakeIn(engine, engine.patience.waitMs);
  const title = checkOf(first.id)?.title ?? first.id;
  const where = first.subject === undefined ? title : `${title} (${first.subject})`;
  const more = counts.length > 1 ? ` (and ${counts.length - 1} more)` : '';
  return {
    code: 'plan.checks-failed',
    detail: safeLine(`${where}: ${first.detail}${more}`),
    subject: first.id,
  };
}

/** The plan, or that it is held up. */
export async function planUnlessHeld(engine: Engine, held: Held, signal: AbortSignal): Promise<Plan> {
  const problem = await heldByChecks(engine, held, signal);
  return problem === undefined ? held.plan : { kind: 'blocked', problem };
}
