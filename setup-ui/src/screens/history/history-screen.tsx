import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useOperations, useStatus } from '../../api/queries.ts';
import { EmptyState } from '../../parts/basic/empty-state.tsx';
import { StateBadge } from '../../parts/basic/state-badge.tsx';
import { useNow } from '../../parts/facts/now.tsx';
import { durationText, Time } from '../../parts/facts/time.tsx';
import { useProblemWords } from '../../words/problem-words.ts';
import { useWords } from '../../words/words.tsx';
import { Loaded } from '../overview/model/loaded.tsx';
import { Said } from '../overview/model/said.tsx';
import { historyOf, type OperationRow } from './derive-history.ts';

/** What was done on this box, newest first. */
export function HistoryScreen(): ReactNode {
  const { t } = useWords();
  const operations = useOperations();
  const view = useStatus().data;
  const nowMs = useNow();
  return (
    <div className="space-y-4">
      <div>
        <h1 className="text-xl font-semibold">{t('history.title')}</h1>
        <p className="text-sm text-muted">{t('history.intro')}</p>
      </div>
      <Loaded answer={operations} errorTitle={t('history.error.title')}>
        {(data) => {
          const rows = historyOf(data.operations, view, nowMs);
          return rows.length === 0 ? (
            <EmptyState title={t('history.empty.title')}>{t('history.empty.text')}</EmptyState>
          ) : (
            <ol className="divide-y divide-line rounded-lg border border-line bg-surface">
              {rows.map((row) => (
                <Row key={row.operation.name} row={row} />
              ))}
            </ol>
          );
        }}
      </Loaded>
    </div>
  );
}

function Row(props: { readonly row: OperationRow }): ReactNode {
  const { t } = useWords();
  const problemWords = useProblemWords();
  const { operation, title, who, reason, tookMs } = props.row;
  const { outcome, problem } = operation;
  return (
    <li className="p-4" data-operation={operation.name}>
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1.5">
        <h2 className="min-w-0 text-base font-medium wrap-anywhere">
          <Link href={`/history/${operation.name}`} className="underline underline-offset-2">
            <Said of={title} />
          </Link>
        </h2>
        <StateBadge state={`states.outcome.${outcome}`} />
      </div>
      <p className="mt-1 flex flex-wrap gap-x-3 gap-y-0.5 text-sm text-muted">
        <Time at={operation.startedAt} />
        <span className="tabular">
          {t(outcome === 'running' ? 'history.took-so-far' : 'history.took')}: {durationText(tookMs, t)}
        </span>
        <span className="wrap-anywhere">
          {t('history.who')} <Said of={who} />
        </span>
      </p>
      {reason !== undefined && (
        <p className="mt-1 text-sm wrap-anywhere">{`${t('history.why')}: ${reason}`}</p>
      )}
      {problem !== undefined && (
        <p className="mt-1 text-sm wrap-break-word">{problemWords(problem.code).title}</p>
      )}
    </li>
  );
}
