import type { SetupView } from 'host-service/contract/api/setup.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import { useState, type ComponentType, type ReactNode } from 'react';
import { Redirect } from 'wouter';
import { useStatus } from '../../api/queries.ts';
import { useCachedSetup, useChecks, useSetup } from '../../api/setup.ts';
import { Icon } from '../../parts/basic/icon.tsx';
import { useWords } from '../../words/words.tsx';
import { Loaded } from '../overview/model/loaded.tsx';
import { useStanding } from '../overview/use-screen.ts';
import { AnswersStep } from './answers/answers-step.tsx';
import { ChecksStep } from './checks/checks-step.tsx';
import { StepNotices } from './frame/step-notices.ts';
import { StepProblems } from './frame/step-problems.tsx';
import { Timeline } from './frame/timeline.tsx';
import { InstallStep } from './install/install-step.tsx';
import { isSetUp } from './model/is-set-up.ts';
import { firstStepOf, isOpen, pathOf, stepOf, timelineOf, type SetupStep } from './model/steps.ts';
import { useDraft } from './model/use-draft.ts';
import { PlanStep } from './plan/plan-step.tsx';
import { ReleaseStep } from './release/release-step.tsx';
import type { StepProps } from './step-props.ts';

const SCREENS: Readonly<Record<SetupStep, ComponentType<StepProps>>> = {
  answers: AnswersStep,
  release: ReleaseStep,
  checks: ChecksStep,
  plan: PlanStep,
  install: InstallStep,
};

/** The wizard: from a box with nothing on it to "people can log in". What it knows is the server's; each step is an address. */
export function SetupScreen(props: { readonly word: string | undefined }): ReactNode {
  const { t } = useWords();
  const status = useStatus();
  const setup = useSetup();
  const isKnown = status.data !== undefined && setup.data !== undefined;
  return (
    <>
      {!isKnown && <h1 className="sr-only">{t('setup.title')}</h1>}
      <Loaded answer={status} errorTitle={t('overview.error.title')}>
        {(view) => (
          <Loaded answer={setup} errorTitle={t('setup.error.title')}>
            {(draft) => <Wizard status={view} setup={draft} word={props.word} />}
          </Loaded>
        )}
      </Loaded>
    </>
  );
}

/** When all is done, only the report of the installation is left of the wizard: once for whoever watched it, later by its address. */
function Wizard(props: {
  readonly status: StatusView;
  readonly setup: SetupView;
  readonly word: string | undefined;
}): ReactNode {
  const { t } = useWords();
  const { status, setup, word } = props;
  const checks = useChecks().data;
  const draft = useDraft();
  const standing = useStanding();
  const { view: newest } = useCachedSetup();
  const [wasOpen] = useState(!isSetUp(status));
  const facts = { setup, status, checks };
  const step = stepOf(word);
  if (isSetUp(status) && step !== 'install' && !wasOpen) return <Redirect to="/" replace />;
  if (step === undefined) return <Redirect to={pathOf(firstStepOf(facts))} replace />;
  const Step = SCREENS[step];
  const isReadOnly = !standing.isAdmin || !isOpen(facts);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5 lg:grid-cols-[12rem_minmax(0,1fr)] lg:gap-8">
      <Timeline steps={timelineOf(facts)} here={step} />
      <div className="min-w-0 space-y-4">
        {!standing.isAdmin && (
          <p className="flex gap-2 rounded-md border border-line bg-sunken p-3 text-sm">
            <Icon name="eye" className="mt-0.5 text-muted" />
            <span className="min-w-0">{t('setup.viewer')}</span>
          </p>
        )}
        {/* The last step tells them itself, beside what it is doing. */}
        <StepNotices value={step === 'install' ? null : <StepProblems {...{ status, standing }} />}>
          <Step key={step} {...{ setup, status, draft, standing, isReadOnly, newest }} />
        </StepNotices>
      </div>
    </div>
  );
}
