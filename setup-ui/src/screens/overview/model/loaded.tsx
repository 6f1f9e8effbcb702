import type { ReactNode } from 'react';
import type { Answer } from '../../../api/queries.ts';
import { Button } from '../../../parts/basic/button.tsx';
import { Card } from '../../../parts/basic/card.tsx';
import { Skeleton } from '../../../parts/basic/skeleton.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';

/** What was fetched; before that its place, or why it could not be fetched and a way to try again. Old data stays (B-56). */
export function Loaded<T>(props: {
  readonly answer: Answer<T>;
  readonly errorTitle: string;
  readonly children: (data: T) => ReactNode;
}): ReactNode {
  const { t } = useWords();
  const { data, problem, retry } = props.answer;
  if (data !== undefined) return props.children(data);
  if (problem === undefined) {
    return (
      <Card className="min-h-44">
        <Skeleton lines={5} />
      </Card>
    );
  }
  return (
    <Card title={props.errorTitle}>
      <ProblemNotice
        problem={problem.body}
        requestId={problem.requestId}
        action={<Button onClick={retry}>{t('common.retry')}</Button>}
      />
    </Card>
  );
}
