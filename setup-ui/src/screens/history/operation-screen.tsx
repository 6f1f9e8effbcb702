import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useOperation, useStatus } from '../../api/queries.ts';
import { Card } from '../../parts/basic/card.tsx';
import { EmptyState } from '../../parts/basic/empty-state.tsx';
import { Icon } from '../../parts/basic/icon.tsx';
import { StateBadge } from '../../parts/basic/state-badge.tsx';
import { useNow } from '../../parts/facts/now.tsx';
import { ProblemNotice } from '../../parts/notice/problem-notice.tsx';
import { useWords } from '../../words/words.tsx';
import { Loaded } from '../overview/model/loaded.tsx';
import { Said } from '../overview/model/said.tsx';
import { StepList } from '../overview/now/step-list.tsx';
import { operationStoryOf, type OperationStory } from './derive-history.ts';
import { EventList } from './event-list.tsx';
import { OperationFacts } from './operation-facts.tsx';

/** One operation: steps, events, what went wrong, what led to it. Its address can be kept and sent (E-12). */
export function OperationScreen(props: { readonly name: string }): ReactNode {
  const { t } = useWords();
  const answer = useOperation(props.name);
  const live = useStatus().data?.operation;
  const nowMs = useNow();
  const isGone = answer.data === undefined && answer.problem?.body.code === 'request.not-found';
  return (
    <div className="space-y-4">
      <Link href="/history" className="inline-flex min-h-6 items-center gap-1.5 text-sm underline">
        <Icon name="back" />
        {t('history.back')}
      </Link>
      {isGone ? (
        <EmptyState title={t('history.gone')} />
      ) : (
        <Loaded answer={answer} errorTitle={t('history.error-one.title')}>
          {(detail) => <Story story={operationStoryOf(detail, live, nowMs)} />}
        </Loaded>
      )}
    </div>
  );
}

function Story(props: { readonly story: OperationStory }): ReactNode {
  const { t } = useWords();
  const { story } = props;
  const { operation } = story;
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h1 className="min-w-0 text-xl font-semibold wrap-anywhere">
          <Said of={story.title} />
        </h1>
        <StateBadge state={`states.outcome.${operation.outcome}`} />
      </div>
      {operation.problem !== undefined && (
        <section aria-label={t('history.problem')}>
          <ProblemNotice problem={operation.problem} />
        </section>
      )}
      <Card>
        <OperationFacts story={story} />
      </Card>
      <Card title={t('history.steps')}>
        <StepList steps={story.steps} />
      </Card>
      <Card title={t('history.events')}>
        <EventList events={story.events} />
      </Card>
    </>
  );
}
