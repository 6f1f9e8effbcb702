import type { StatusView } from '../../contract/api/status.ts';
import type { ProblemBody } from '../../contract/problem.ts';

/** What `--until` waits for: that something runs, that a version runs, that nothing is left to do. */
export type Goal =
  { readonly kind: 'running' | 'done' } | { readonly kind: 'version'; readonly version: string };

export const goalOf = (text: string): Goal =>
  text === 'running' || text === 'done' ? { kind: text } : { kind: 'version', version: text };

/** What has come of it. */
export type Outcome = { readonly reached: true } | { readonly reached: false; readonly problem: ProblemBody };

const AT_WORK: ReadonlySet<string> = new Set(['starting', 'installing', 'updating', 'reverting']);

/**
 * Judges snapshots one after the other. Only what ends while we look counts as a failure: the last operation from before may have failed, and
 * another one may be about to begin. Nor is anything reached before the engine has read the newest intent.
 */
export function createJudge(goal: Goal): (view: StatusView) => Outcome | undefined {
  const wanted = goal.kind === 'version' ? goal.version : undefined;
  /** The operation that had ended when we came. */
  let old: string | undefined;
  let isFirst = true;
  return (view) => {
    const { status, operation, intentRevision } = view;
    const hasEnded = operation !== undefined && operation.outcome !== 'running';
    if (isFirst && hasEnded) old = operation.name;
    isFirst = false;
    if (status === undefined || status.intentRevision < intentRevision) return undefined;
    const isIdle = (operation === undefined || hasEnded) && !AT_WORK.has(status.phase);
    const failed =
      hasEnded && operation.name !== old && operation.outcome !== 'succeeded' ? operation : undefined;
    const isReached =
      goal.kind === 'done'
        ? isIdle && failed === undefined
        : status.phase === 'running' && (wanted === undefined || status.running?.version === wanted);
    if (isReached) return { reached: true };
    const concerns = wanted === undefined || failed?.to.version === wanted;
    if (failed === undefined || !isIdle || !concerns) return undefined;
    const cancelled: ProblemBody = { code: 'apply.cancelled', detail: `${failed.name} was cancelled` };
    return { reached: false, problem: failed.problem ?? cancelled };
  };
}
