import type { ReactNode } from 'react';
import { useChecks } from '../../../api/setup.ts';
import { Card } from '../../../parts/basic/card.tsx';
import { Skeleton } from '../../../parts/basic/skeleton.tsx';
import { useWords } from '../../../words/words.tsx';
import { NextLink, StepPage } from '../frame/step-page.tsx';

/** S4. */
export function ChecksStep(): ReactNode {
  const { t } = useWords();
  const checks = useChecks();
  return (
    <StepPage
      title={t('setup.checks.title')}
      intro={t('setup.checks.intro')}
      back="release"
      next={<NextLink to="plan" />}
    >
      <Card>{checks.data === undefined && <Skeleton />}</Card>
    </StepPage>
  );
}
