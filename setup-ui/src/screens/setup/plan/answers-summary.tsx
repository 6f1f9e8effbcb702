import type { SetupQuestion, SetupView } from 'host-service/contract/api/setup.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Card } from '../../../parts/basic/card.tsx';
import { useWords } from '../../../words/words.tsx';
import { FactsList } from '../../overview/model/facts-list.tsx';
import { isSecret } from '../model/slots.ts';
import { pathOf } from '../model/steps.ts';

/** All answers on one page before anything happens. Secrets only as stored (S2). */
export function AnswersSummary(props: {
  readonly setup: SetupView;
  readonly isReadOnly: boolean;
}): ReactNode {
  const { t } = useWords();
  const textOf = (question: SetupQuestion): string => {
    if (!question.isAnswered) return t('setup.plan.unanswered');
    return isSecret(question) ? t('setup.plan.secret') : String(question.answer ?? '');
  };
  const shown = props.setup.questions.filter(({ isAnswered, required }) => isAnswered || required);
  return (
    <Card
      title={t('setup.plan.answers')}
      aside={
        <Link href={pathOf('answers')} className="inline-flex min-h-6 items-center text-sm">
          {t(props.isReadOnly ? 'setup.plan.answers.show' : 'setup.plan.answers.change')}
        </Link>
      }
    >
      <FactsList facts={shown.map((question) => ({ name: question.title, value: textOf(question) }))} />
    </Card>
  );
}
