import { useState, type ReactNode } from 'react';
import type { PageProblem } from '../../api/page-problem.ts';
import { useNow } from '../../parts/facts/now.tsx';
import { durationText } from '../../parts/facts/time.tsx';
import { ProblemNotice } from '../../parts/notice/problem-notice.tsx';
import { useWords } from '../../words/words.tsx';

/** Until when nothing may be tried, by the page's clock; undefined = at once. */
export function useLockedMs(problem: PageProblem | undefined): number | undefined {
  const now = useNow();
  const [until, setUntil] = useState<{ problem: PageProblem; untilMs: number }>();
  const waitMs = problem?.retryAfterMs;
  if (problem !== undefined && waitMs !== undefined && until?.problem !== problem)
    setUntil({ problem, untilMs: now + waitMs });
  if (problem === undefined || until?.problem !== problem) return undefined;
  const leftMs = until.untilMs - now;
  return leftMs > 0 ? leftMs : undefined;
}

/** Why claim or sign-in did not work, with a countdown where there is one. */
export function SessionProblem(props: {
  readonly problem: PageProblem | undefined;
  readonly lockedMs: number | undefined;
  readonly action?: ReactNode;
}): ReactNode {
  const { t } = useWords();
  const { problem, lockedMs } = props;
  if (problem === undefined) return null;
  const isOver = lockedMs === undefined && problem.retryAfterMs !== undefined;
  return (
    <div className="space-y-2">
      <ProblemNotice isAnnounced problem={problem.body} requestId={problem.requestId} action={props.action} />
      {(lockedMs !== undefined || isOver) && (
        <p className="text-sm font-medium tabular" role="timer">
          {lockedMs === undefined
            ? t('session.unlocked')
            : t('session.locked', { time: durationText(lockedMs, t) })}
        </p>
      )}
    </div>
  );
}
