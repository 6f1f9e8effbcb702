import type { SetupView } from 'host-service/contract/api/setup.ts';
import { useEffect, useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { Button } from '../../../parts/basic/button.tsx';
import { Card } from '../../../parts/basic/card.tsx';
import { useWords } from '../../../words/words.tsx';
import { DraftNotices, LastChange } from '../frame/draft-notices.tsx';
import { SaveNote } from '../frame/save-note.tsx';
import { NextLink, StepPage } from '../frame/step-page.tsx';
import { slotOf } from '../model/slots.ts';
import { pathOf } from '../model/steps.ts';
import type { Draft } from '../model/use-draft.ts';
import type { StepProps } from '../step-props.ts';
import { groupsOf, mistakesOf, shownMistakeOf, shownValueOf } from './derive-questions.ts';
import { MistakeSummary, showQuestion } from './mistake-summary.tsx';
import { QuestionField } from './question-field.tsx';
import { RegistrationNote } from './registration-note.tsx';

/** `#question-NAME` in the address leads to that question: from a check, or from what stopped the installation. */
function useQuestionOfAddress(): void {
  useEffect(() => {
    const name = /^#question-(.+)$/.exec(location.hash)?.[1];
    if (name !== undefined) showQuestion(decodeURIComponent(name));
  }, []);
}

/** S3: the questions of the product. Every field is saved when it is left; nothing happens before the plan is approved. */
export function AnswersStep(props: StepProps): ReactNode {
  const { t } = useWords();
  const { setup, draft, isReadOnly } = props;
  const [, navigate] = useLocation();
  const [tries, setTries] = useState(0);
  const [isChecking, setChecking] = useState(false);
  useQuestionOfAddress();
  const mistakes = mistakesOf(setup);
  const goOn = async (): Promise<void> => {
    setChecking(true);
    const isSaved = await draft.keeper.flush();
    setChecking(false);
    const view = props.newest() ?? setup;
    if (isSaved && mistakesOf(view).length === 0) navigate(pathOf('release'));
    else setTries(tries + 1);
  };
  return (
    <StepPage
      title={t('setup.answers.title')}
      intro={t('setup.answers.intro')}
      aside={isReadOnly ? undefined : <SaveNote kept={draft.kept} />}
      next={
        isReadOnly ? (
          <NextLink to="release" />
        ) : (
          <Button
            kind="primary"
            className="px-4"
            busy={isChecking ? t('setup.save.saving') : undefined}
            onClick={() => void goOn()}
          >
            {t('setup.next', { step: t('setup.step.release') })}
          </Button>
        )
      }
    >
      {tries > 0 && mistakes.length > 0 && <MistakeSummary mistakes={mistakes} tries={tries} />}
      <DraftNotices view={setup} draft={draft} />
      <Groups setup={setup} draft={draft} isReadOnly={isReadOnly} hasTried={tries > 0} />
      <LastChange view={setup} />
    </StepPage>
  );
}

function Groups(props: {
  readonly setup: SetupView;
  readonly draft: Draft;
  readonly isReadOnly: boolean;
  readonly hasTried: boolean;
}): ReactNode {
  const { t } = useWords();
  const { setup, draft, isReadOnly, hasTried } = props;
  const { keeper, kept } = draft;
  const groups = groupsOf(setup);
  const codeGroup = groups.findLast(({ questions }) => questions.some(({ type }) => type === 'secret'));
  return groups.map((group) => (
    <Card key={group.title} title={group.title}>
      {group.isFixedLater && <p className="-mt-2 mb-4 text-sm text-muted">{t('setup.group.stays')}</p>}
      <div className="max-w-2xl space-y-5">
        {group.questions.map((question) => {
          const slot = slotOf(question);
          const mistake = shownMistakeOf(question, kept.typed, hasTried);
          return (
            <QuestionField
              key={question.name}
              question={question}
              isStayingTold={group.isFixedLater}
              value={shownValueOf(setup, question, kept.typed)}
              error={mistake === undefined ? undefined : t(`setup.mistake.${mistake}`)}
              isReadOnly={isReadOnly}
              onType={(value) => keeper.type(slot, value)}
              onChoose={(value) => keeper.choose(slot, value)}
              onLeave={() => keeper.leave(slot)}
            />
          );
        })}
        {group === codeGroup && <RegistrationNote registration={setup.registration} />}
      </div>
    </Card>
  ));
}
