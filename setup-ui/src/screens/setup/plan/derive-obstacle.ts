import type { IntentPreview } from 'host-service/contract/api/intent.ts';
import type { ProblemBody } from 'host-service/contract/problem.ts';
import type { SetupStep } from '../model/steps.ts';

/** Waiting for the person's word is what this page is for, and no obstacle. */
const ASKED_FOR: ReadonlySet<string> = new Set(['plan.approval-needed', 'plan.irreversible']);

/** What keeps the plan from being carried out; undefined when only the approval is outstanding. */
export function obstacleOf(preview: IntentPreview): ProblemBody | undefined {
  const problem = preview.plan.problem ?? preview.problem;
  return problem === undefined || ASKED_FOR.has(problem.code) ? undefined : problem;
}

/** The step of the setup where a problem is removed; undefined = none. */
export function stepFor(code: string): SetupStep | undefined {
  if (code.startsWith('plan.settings-') || code.startsWith('register.')) return 'answers';
  if (code === 'plan.checks-failed') return 'checks';
  return code.startsWith('release.') || code.startsWith('registry.') ? 'release' : undefined;
}
