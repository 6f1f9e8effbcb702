import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useReleases } from '../../../api/queries.ts';
import { Card } from '../../../parts/basic/card.tsx';
import { EmptyState } from '../../../parts/basic/empty-state.tsx';
import { Icon } from '../../../parts/basic/icon.tsx';
import { useNow } from '../../../parts/facts/now.tsx';
import { useWords } from '../../../words/words.tsx';
import type { AskContext } from '../../overview/asking/ask-button.tsx';
import { AskDialogSlot } from '../../overview/asking/ask-dialog-slot.tsx';
import { AskedNotice } from '../../overview/asking/asked-notice.tsx';
import { heroOf } from '../../overview/hero/derive-hero.ts';
import { HeroCard } from '../../overview/hero/hero.tsx';
import { nowOf } from '../../overview/now/derive-now.ts';
import { problemRowsOf } from '../../overview/problems/derive-problems.ts';
import { ProblemsCard } from '../../overview/problems/problems-card.tsx';
import { useAskContext, useProductName } from '../../overview/use-screen.ts';
import { StepPage } from '../frame/step-page.tsx';
import { hasBegun, pathOf } from '../model/steps.ts';
import type { StepProps } from '../step-props.ts';
import { failureOf } from './failure/derive-failure.ts';
import { isProving, isUnseen, standingOf } from './derive-run.ts';
import { DonePanel } from './done.tsx';
import { FailureCard } from './failure/failure-card.tsx';
import { Run } from './run.tsx';

/** S6 to S8: the installation, from its first moment to "people can log in" or to why not. */
export function InstallStep(props: StepProps): ReactNode {
  const { t } = useWords();
  const [, navigate] = useLocation();
  const { status, standing } = props;
  const product = useProductName();
  const releases = useReleases().data?.releases ?? [];
  const { asking, context } = useAskContext(status, standing, () => navigate(pathOf('answers')));
  if (!hasBegun(props)) return <NotBegun />;
  const kind = standingOf(status);
  return (
    <StepPage title={t(`setup.install.title.${isProving(status) ? 'running' : kind}`, { product })}>
      <AskedNotice asking={asking} />
      {context !== undefined && <Told {...props} kind={kind} context={context} />}
      <AskDialogSlot asking={asking} view={status} releases={releases} standing={standing} />
    </StepPage>
  );
}

/** The installation as it stands. */
function Told(
  props: StepProps & { readonly kind: ReturnType<typeof standingOf>; readonly context: AskContext },
): ReactNode {
  const { status, kind, context } = props;
  const nowMs = useNow();
  const product = useProductName();
  const releases = useReleases().data?.releases ?? [];
  const now = nowOf(status, nowMs);
  const { operation } = status;
  const problems = <ProblemsCard rows={problemRowsOf(status, releases)} context={context} />;
  if (kind === 'done') {
    // An installation that has succeeded says nothing about what has happened since.
    return (
      <>
        {problems}
        <DonePanel {...props} context={context} />
      </>
    );
  }
  if (kind === 'running' && operation !== undefined && now !== undefined) {
    return (
      <>
        {problems}
        <Run {...props} operation={operation} now={now} context={context} />
      </>
    );
  }
  if (kind === 'waiting' && isUnseen(status)) return <TakenUp />;
  const hero = (
    <HeroCard
      hero={heroOf(status, product, releases)}
      phase={status.status?.phase ?? 'unknown'}
      context={context}
    />
  );
  if (kind === 'failed' && operation !== undefined) {
    const failure = failureOf(status, operation, releases);
    return <FailureCard failure={failure} operation={operation} build={status.build} context={context} />;
  }
  return (
    <>
      {hero}
      {problems}
    </>
  );
}

/** What stands there until the box has looked at what was approved: it cannot say anything true about it before. */
function TakenUp(): ReactNode {
  const { t } = useWords();
  return (
    <p role="status" className="flex gap-2 rounded-md border border-info-line bg-info-soft p-3 text-sm">
      <Icon name="spinner" className="mt-0.5 text-info" />
      {t('overview.asked.waiting')}
    </p>
  );
}

function NotBegun(): ReactNode {
  const { t } = useWords();
  return (
    <StepPage title={t('setup.step.install')} back="plan">
      <Card>
        <EmptyState
          icon="clock"
          title={t('setup.install.not-begun')}
          action={
            <Link href={pathOf('plan')} className="inline-flex min-h-6 items-center">
              {t('setup.install.to-plan')}
            </Link>
          }
        >
          {t('setup.install.not-begun.text')}
        </EmptyState>
      </Card>
    </StepPage>
  );
}
