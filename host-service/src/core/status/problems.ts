import type { ComponentHealth } from '../../contract/appliance.ts';
import { CAPS } from '../../contract/names.ts';
import { safeLine, type ProblemBody } from '../../contract/problem.ts';
import type { Tier } from '../../contract/release.ts';
import type { Step } from '../plan/step.ts';
import type { StatusInput } from './status-input.ts';
import { componentProblem } from './terminal.ts';

const TIER_ORDER: readonly Tier[] = ['platform', 'core', 'login', 'background'];

/**
 * What is wrong now, root cause first: the step at work, what blocks the plan, the application by tier, the release, the channel. A failure
 * that was recorded earlier is history and not in here (B-50, B-74). The same problem keeps the time since when it is there.
 */
export function problemsOf(input: StatusInput): readonly ProblemBody[] {
  const { plan, observed, decision, channel } = input;
  const all = [
    ...input.problems,
    ...(plan.kind === 'blocked' ? [plan.problem] : []),
    ...sourceProblems(input),
    ...componentProblems(observed.components, input.open !== undefined),
    ...decision.problems,
    ...(channel?.problem === undefined ? [] : [{ ...channel.problem, subject: 'channel' }]),
    ...(observed.problems ?? []),
  ];
  const known = new Map(
    (input.previous?.problems ?? []).map((problem) => [identity(problem), problem.since]),
  );
  const distinct = new Map<string, ProblemBody>();
  for (const problem of all) {
    const id = identity(problem);
    if (distinct.has(id)) continue;
    const since = problem.since ?? known.get(id) ?? input.now.toISOString();
    distinct.set(id, { ...problem, since });
  }
  return [...distinct.values()].slice(0, CAPS.problems);
}

const identity = ({ code, subject }: ProblemBody): string => `${code} ${subject ?? ''}`;

/** Parts that are not healthy. While an operation works on them only real failures count: the rest is progress (B-80). */
function componentProblems(
  components: readonly ComponentHealth[],
  isWorking: boolean,
): readonly ProblemBody[] {
  return components
    .filter(({ state, code }) => {
      if (state === 'failed') return true;
      if (isWorking || state === 'ready') return false;
      return state === 'missing' || code !== undefined;
    })
    .sort((a, b) => TIER_ORDER.indexOf(a.tier) - TIER_ORDER.indexOf(b.tier))
    .map(componentProblem);
}

function sourceProblems({ observed, plan }: StatusInput): readonly ProblemBody[] {
  const { source } = observed;
  const problems: ProblemBody[] = [];
  if (source?.fetchProblem !== undefined) {
    problems.push({ code: 'apply.source-failed', detail: safeLine(source.fetchProblem), subject: 'source' });
  }
  if (source?.applyProblem !== undefined) {
    problems.push({ code: 'apply.rejected', detail: safeLine(source.applyProblem), subject: 'source' });
  }
  if (plan.kind === 'steps' && plan.verb === 'repair' && plan.steps.some(isMoved)) {
    const detail = `the source of release ${plan.to.version} was changed or removed`;
    problems.push({ code: 'observe.drift', detail, subject: 'source' });
  }
  return problems;
}

const isMoved = ({ kind, done }: Step): boolean => kind === 'point-source' && !done;
