import type { IntentPreview } from 'host-service/contract/api/intent.ts';
import type { ProblemBody } from 'host-service/contract/problem.ts';
import { saying, type Saying } from '../../model/saying.ts';

/** What a change would lead to, in words (design §8 `dry_run`). */
export interface PreviewFacts {
  readonly sentence: Saying;
  /** Bytes at most; 0 = nothing. */
  readonly pullBytes: number;
  readonly usualMs?: number;
  readonly worstMs?: number;
  readonly problem?: ProblemBody;
  /** The chosen channel is older than what runs: the question what to do then has a meaning. */
  readonly isOlder: boolean;
}

/** Waits that the sentence tells already. */
const TOLD: ReadonlySet<string> = new Set(['plan.approval-needed', 'plan.held']);

export function previewOf(preview: IntentPreview): PreviewFacts {
  const { plan, problem, trace, direction } = preview;
  const isOlder =
    direction === 'back' ||
    trace.some(({ rule, verdict }) => rule === 'direction' && (verdict === 'wait' || verdict === 'refuse'));
  return {
    sentence: sentenceOf(preview, isOlder),
    pullBytes: direction === 'none' ? 0 : plan.pullBytes,
    isOlder,
    ...(plan.timeMs === undefined || direction === 'none'
      ? {}
      : { usualMs: plan.timeMs.usual, worstMs: plan.timeMs.worst }),
    ...(problem === undefined || TOLD.has(problem.code) ? {} : { problem }),
  };
}

function sentenceOf({ direction, target, available }: IntentPreview, isOlder: boolean): Saying {
  if (direction !== 'none' && target !== undefined)
    return saying(`overview.preview.${direction}`, { version: target.version });
  if (available !== undefined && available.digest !== target?.digest)
    return saying('overview.preview.offered', { version: available.version });
  return saying(isOlder ? 'overview.preview.older' : 'overview.preview.nothing');
}
