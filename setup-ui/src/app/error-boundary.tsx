import { Component, type ReactNode } from 'react';
import { pageProblemOf } from '../api/page-problem.ts';
import { Button } from '../parts/basic/button.tsx';
import { Card } from '../parts/basic/card.tsx';
import { ProblemNotice } from '../parts/notice/problem-notice.tsx';
import { useWords } from '../words/words.tsx';

/** What is shown instead of a part that could not be drawn. */
function Broken(props: { readonly error: unknown }): ReactNode {
  const { t } = useWords();
  return (
    <div className="mx-auto max-w-2xl p-4">
      <Card title={t('shell.broken.title')}>
        <p className="mb-3 text-sm">{t('shell.broken.text')}</p>
        <ProblemNotice
          isAnnounced
          problem={pageProblemOf(props.error).body}
          action={
            <Button kind="primary" icon="refresh" onClick={() => location.reload()}>
              {t('common.reload')}
            </Button>
          }
        />
      </Card>
    </div>
  );
}

interface State {
  readonly failure: { readonly error: unknown } | undefined;
}

/** A fault in one screen leaves the rest of the page standing. A change of `resetBy` tries again. */
export class ErrorBoundary extends Component<
  { readonly children: ReactNode; readonly resetBy?: string },
  State
> {
  override state: State = { failure: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { failure: { error } };
  }

  override componentDidUpdate(before: { readonly resetBy?: string }): void {
    if (this.state.failure !== undefined && before.resetBy !== this.props.resetBy)
      this.setState({ failure: undefined });
  }

  override render(): ReactNode {
    return this.state.failure === undefined ? (
      this.props.children
    ) : (
      <Broken error={this.state.failure.error} />
    );
  }
}
