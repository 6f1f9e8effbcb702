import type { ReactNode } from 'react';
import { Section } from '../../../parts/basic/card.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';
import { AskButton, type AskContext } from '../asking/ask-button.tsx';
import type { ProblemRow } from './derive-problems.ts';

/** What is wrong now, each with who acts next and what resolves it (S7). */
export function ProblemsCard(props: {
  readonly rows: readonly ProblemRow[];
  readonly context: AskContext;
}): ReactNode {
  const { t } = useWords();
  if (props.rows.length === 0) return null;
  return (
    <Section level={2} title={t('overview.problems.title')}>
      <ul className="space-y-3">
        {props.rows.map((row) => (
          <li key={row.key}>
            <ProblemNotice problem={row.problem} action={<Way row={row} context={props.context} />} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Way(props: { readonly row: ProblemRow; readonly context: AskContext }): ReactNode {
  const { t } = useWords();
  const { action, why, isBackground } = props.row;
  return (
    <span className="flex min-w-0 flex-col items-start gap-1.5">
      {isBackground && <span>{t('overview.parts.background')}</span>}
      {why !== undefined && <span>{t(why)}</span>}
      {action !== undefined && <AskButton ask={action} context={props.context} />}
    </span>
  );
}
