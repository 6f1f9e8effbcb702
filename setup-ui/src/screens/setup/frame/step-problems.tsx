import type { StatusView } from 'host-service/contract/api/status.ts';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { useReleases } from '../../../api/queries.ts';
import { AskDialogSlot } from '../../overview/asking/ask-dialog-slot.tsx';
import { AskedNotice } from '../../overview/asking/asked-notice.tsx';
import type { Standing } from '../../overview/model/gates.ts';
import { problemRowsOf } from '../../overview/problems/derive-problems.ts';
import { ProblemsCard } from '../../overview/problems/problems-card.tsx';
import { useAskContext } from '../../overview/use-screen.ts';
import { pathOf } from '../model/steps.ts';
import { isToldByStep } from './told-by-step.ts';

/** What is wrong with the box while somebody still answers its questions, with what resolves it right here. */
export function StepProblems(props: { readonly status: StatusView; readonly standing: Standing }): ReactNode {
  const { status, standing } = props;
  const [, navigate] = useLocation();
  const releases = useReleases().data?.releases ?? [];
  const { asking, context } = useAskContext(status, standing, () => navigate(pathOf('answers')));
  const rows = problemRowsOf(status, releases).filter(({ problem }) => !isToldByStep(problem));
  return (
    <div className="space-y-3 empty:hidden">
      <AskedNotice asking={asking} />
      {context !== undefined && <ProblemsCard rows={rows} context={context} />}
      <AskDialogSlot asking={asking} view={status} releases={releases} standing={standing} />
    </div>
  );
}
