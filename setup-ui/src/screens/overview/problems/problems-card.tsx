import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { Section } from '../../../parts/basic/card.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';
import { AskButton, type AskContext } from '../asking/ask-button.tsx';
import { networkPath } from '../../network/model/address.ts';
import type { ProblemRow } from './derive-problems.ts';
import { networkPlaceOf } from './problem-ways.ts';

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
      <NetworkLink row={props.row} />
    </span>
  );
}

/** To where the way to other hosts is set, and back to here. */
function NetworkLink(props: { readonly row: ProblemRow }): ReactNode {
  const { t } = useWords();
  const [here] = useLocation();
  const place = networkPlaceOf(props.row.problem);
  if (place === undefined) return null;
  return (
    <Link href={networkPath(here, place)} className="inline-flex min-h-6 items-center">
      {t('overview.settings.network.open')}
    </Link>
  );
}
