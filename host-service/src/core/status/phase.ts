import type { z } from 'zod';
import type { Phase } from '../../contract/appliance.ts';
import { PROBLEMS, type ProblemBody } from '../../contract/problem.ts';
import type { StatusInput } from './status-input.ts';
import { canLogIn, type Tiers } from './tiers.ts';

type PhaseName = z.infer<typeof Phase>;

const needsPerson = (problem: ProblemBody): boolean => PROBLEMS[problem.code].next === 'operator';

/**
 * Phase of the box (truth table in the tests; B-47 to B-50). Order: work under way, then what people feel (can they log in), then what stands
 * in the way of the next plan, then a hold. Trouble in background parts is not a phase: the tiers and problems say it (B-81).
 */
export function phaseOf(
  input: Pick<StatusInput, 'observed' | 'decision' | 'plan' | 'open' | 'problems'>,
  tiers: Tiers,
): PhaseName {
  const { open, observed, plan } = input;
  // Said before all else: nothing goes on until somebody lets it.
  if (open?.status?.pause !== undefined) return 'paused';
  const logIn = canLogIn(tiers);
  const verb = open?.spec.verb ?? (plan.kind === 'steps' ? plan.verb : undefined);
  switch (verb) {
    case 'install':
      return 'installing';
    case 'update':
      return 'updating';
    case 'revert':
      return 'reverting';
    case 'repair':
      // A repair under a working application is housekeeping.
      return logIn ? 'running' : 'degraded';
    // Operations that roll the control plane are told by status.controlPlane; the application's phase stays what it is.
    case 'roll':
    case undefined:
      return observed.source?.release === undefined ? beforeInstall(input) : afterInstall(input, logIn);
  }
}

function beforeInstall(input: Pick<StatusInput, 'observed' | 'decision' | 'plan' | 'problems'>): PhaseName {
  const { plan, decision, observed } = input;
  if (plan.kind === 'blocked') return needsPerson(plan.problem) ? 'needs-you' : 'blocked';
  if (observed.spec.intent.hold) return 'held';
  const problems = [...decision.problems, ...input.problems];
  if (problems.some(needsPerson)) return 'needs-you';
  return problems.length > 0 ? 'blocked' : 'starting';
}

function afterInstall(input: Pick<StatusInput, 'observed' | 'plan'>, logIn: boolean): PhaseName {
  const { plan, observed } = input;
  if (!logIn) return 'degraded';
  if (plan.kind === 'blocked') return needsPerson(plan.problem) ? 'needs-you' : 'blocked';
  return observed.spec.intent.hold ? 'held' : 'running';
}
