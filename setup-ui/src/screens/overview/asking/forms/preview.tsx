import type { IntentChange } from 'host-service/contract/api/intent.ts';
import type { ReactNode } from 'react';
import { useIntentPreview } from '../../../../api/queries.ts';
import { Skeleton } from '../../../../parts/basic/skeleton.tsx';
import { bytesText } from '../../../../parts/facts/format.ts';
import { durationText } from '../../../../parts/facts/time.tsx';
import { ProblemNotice } from '../../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../../words/words.tsx';
import type { PreviewFacts } from './derive-preview.ts';
import { previewOf } from './derive-preview.ts';

/** What a change would lead to, asked of the box while the person still thinks. */
export function usePreview(
  change: IntentChange | undefined,
  revision: number,
): { readonly facts: PreviewFacts | undefined; readonly element: ReactNode } {
  const answer = useIntentPreview(change, revision);
  const facts = change === undefined || answer.data === undefined ? undefined : previewOf(answer.data);
  if (change === undefined) return { facts, element: null };
  const { problem } = answer;
  if (facts === undefined && problem !== undefined)
    return { facts, element: <ProblemNotice problem={problem.body} requestId={problem.requestId} /> };
  return { facts, element: <Preview facts={facts} /> };
}

function Preview(props: { readonly facts: PreviewFacts | undefined }): ReactNode {
  const { t, tag } = useWords();
  const { facts } = props;
  return (
    <div className="rounded-md border border-line bg-sunken p-3" aria-live="polite">
      <p className="mb-1 text-sm font-medium">{t('overview.preview.title')}</p>
      {facts === undefined ? (
        <>
          <p className="sr-only">{t('overview.preview.loading')}</p>
          <Skeleton lines={2} />
        </>
      ) : (
        <div className="space-y-2">
          <p>{t(facts.sentence.key, facts.sentence.values)}</p>
          {facts.pullBytes > 0 && (
            <p>{t('overview.preview.size', { bytes: bytesText(facts.pullBytes, tag) })}</p>
          )}
          {facts.usualMs !== undefined && facts.worstMs !== undefined && (
            <p>
              {t('overview.plan.time')}:{' '}
              {t('overview.plan.time-range', {
                usual: durationText(facts.usualMs, t),
                worst: durationText(facts.worstMs, t),
              })}
            </p>
          )}
          {facts.problem !== undefined && (
            <>
              <p>{t('overview.preview.against')}</p>
              <ProblemNotice problem={facts.problem} />
            </>
          )}
        </div>
      )}
    </div>
  );
}
