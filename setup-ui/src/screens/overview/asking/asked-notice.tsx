import type { ReactNode } from 'react';
import { Icon } from '../../../parts/basic/icon.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';
import type { Asking } from './use-asking.ts';

/** That the box was asked for something and has not taken it up yet; or why a check could not be asked for. */
export function AskedNotice(props: { readonly asking: Asking }): ReactNode {
  const { t } = useWords();
  const { isPending, check } = props.asking;
  return (
    <div role="status" className="empty:hidden">
      {isPending && (
        <p className="flex gap-2 rounded-md border border-info-line bg-info-soft p-3 text-sm">
          <Icon name="spinner" className="mt-0.5 text-info" />
          {t('overview.asked.waiting')}
        </p>
      )}
      {check.problem !== undefined && (
        <ProblemNotice problem={check.problem.body} requestId={check.problem.requestId} />
      )}
    </div>
  );
}
