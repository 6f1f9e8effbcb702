import type { IntentPreview } from 'host-service/contract/api/intent.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Answer } from '../../../api/queries.ts';
import { useApproveSetup, useSetupPreview } from '../../../api/setup.ts';
import { Button } from '../../../parts/basic/button.tsx';
import { Card } from '../../../parts/basic/card.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';
import { Loaded } from '../../overview/model/loaded.tsx';
import { planOf, type PlanFacts } from '../../overview/plan/derive-plan.ts';
import { PlanView } from '../../overview/plan/plan-view.tsx';
import { DraftNotices } from '../frame/draft-notices.tsx';
import { NextLink, StepPage } from '../frame/step-page.tsx';
import { isOpen, pathOf } from '../model/steps.ts';
import type { StepProps } from '../step-props.ts';
import { AnswersSummary } from './answers-summary.tsx';
import { obstacleOf, stepFor } from './derive-obstacle.ts';
import { InstallButton } from './install-button.tsx';
import { Figures, Hosts, PointOfNoReturn } from './plan-parts.tsx';
import { saveJson } from './save-file.ts';

/** S5: everything that will happen, before the first byte. Approving it is the one way to begin. */
export function PlanStep(props: StepProps): ReactNode {
  const { t } = useWords();
  const { setup, status, draft, standing } = props;
  const begun = !isOpen(props);
  const mayAsk = !begun;
  const preview = useSetupPreview(mayAsk ? setup.revision : undefined);
  const approve = useApproveSetup();
  const shown = begun ? status.status?.plan : preview.data?.plan;
  const plan = planOf(shown);
  return (
    <StepPage
      title={t('setup.plan.title')}
      intro={t(begun ? 'setup.plan.intro.begun' : 'setup.plan.intro')}
      back="checks"
      next={
        begun ? (
          <NextLink to="install" />
        ) : (
          <InstallButton {...props} plan={plan} release={shown?.to?.digest} approve={approve} />
        )
      }
      nextNote={begun || standing.isAdmin ? undefined : t('setup.viewer')}
    >
      <DraftNotices view={setup} draft={draft} />
      {approve.problem !== undefined && (
        <ProblemNotice
          isAnnounced
          problem={approve.problem.body}
          requestId={approve.problem.requestId}
          action={<Button onClick={preview.retry}>{t('setup.plan.again')}</Button>}
        />
      )}
      {mayAsk ? <Asked {...props} preview={preview} plan={plan} /> : <Known plan={plan} />}
      {plan !== undefined && <Whole {...props} plan={plan} raw={shown} />}
      <AnswersSummary setup={setup} isReadOnly={props.isReadOnly} />
      {!begun && <PointOfNoReturn isOneWay={plan?.oneWay !== undefined} />}
    </StepPage>
  );
}

/** The answer to "what would it do", or why there is none. */
function Asked(
  props: StepProps & { readonly preview: Answer<IntentPreview>; readonly plan: PlanFacts | undefined },
): ReactNode {
  const { t } = useWords();
  return (
    <Loaded answer={props.preview} errorTitle={t('setup.plan.error')}>
      {(preview) => {
        const problem = obstacleOf(preview);
        if (problem !== undefined)
          return <ProblemNotice problem={problem} action={<Way code={problem.code} />} />;
        return props.plan === undefined ? (
          <Card>
            <p className="text-sm text-muted">{t('setup.plan.none')}</p>
          </Card>
        ) : null;
      }}
    </Loaded>
  );
}

/** The step of this setup where an obstacle is removed. */
function Way(props: { readonly code: string }): ReactNode {
  const { t } = useWords();
  const step = stepFor(props.code);
  return step === undefined ? null : (
    <Link href={pathOf(step)} className="inline-flex min-h-6 items-center">
      {t('setup.plan.way', { step: t(`setup.step.${step}`) })}
    </Link>
  );
}

function Known(props: { readonly plan: PlanFacts | undefined }): ReactNode {
  const { t } = useWords();
  if (props.plan !== undefined) return null;
  return (
    <Card>
      <p className="text-sm text-muted">{t('setup.plan.none')}</p>
    </Card>
  );
}

function Whole(props: StepProps & { readonly plan: PlanFacts; readonly raw: unknown }): ReactNode {
  const { t } = useWords();
  const { setup, plan, raw } = props;
  const save = (): void =>
    saveJson(`plan-${plan.to ?? 'setup'}.json`, {
      schema: 'appliance.setup-plan/v1',
      draft: setup.revision,
      plan: raw,
    });
  return (
    <>
      <Figures plan={plan} />
      <Card
        title={t('setup.plan.what')}
        aside={
          <Button kind="quiet" icon="down" onClick={save}>
            {t('setup.plan.save')}
          </Button>
        }
      >
        <PlanView plan={plan} isBrief />
      </Card>
      <Hosts hosts={plan.hosts} />
    </>
  );
}
