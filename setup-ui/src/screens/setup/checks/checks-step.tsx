import type { ChecksView } from 'host-service/contract/api/checks.ts';
import type { CheckResult } from 'host-service/contract/checks.ts';
import { useState, type ReactNode } from 'react';
import { useChecks, useRunChecks } from '../../../api/setup.ts';
import { Button } from '../../../parts/basic/button.tsx';
import { Card } from '../../../parts/basic/card.tsx';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { EmptyState } from '../../../parts/basic/empty-state.tsx';
import { Icon } from '../../../parts/basic/icon.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';
import { Loaded } from '../../overview/model/loaded.tsx';
import { NextLink, StepPage } from '../frame/step-page.tsx';
import type { StepProps } from '../step-props.ts';
import { CheckRow, type CheckRowProps } from './check-row.tsx';
import { aboutOf, checkGroupsOf, isInTheWay, type CheckGroupRows } from './derive-checks.ts';
import { RiskDialog } from './risk-dialog.tsx';

type Run = ReturnType<typeof useRunChecks>;
type Rows = Omit<CheckRowProps, 'check' | 'isBusy'> & { readonly isBusy: (check: CheckResult) => boolean };

/** S4: whether the box is fit for the release, what was found against what is needed, and what mends it. */
export function ChecksStep(props: StepProps): ReactNode {
  const { t } = useWords();
  const checks = useChecks();
  const run = useRunChecks();
  const isBlocked = checks.data?.mayInstall === false;
  return (
    <StepPage
      title={t('setup.checks.title')}
      intro={t('setup.checks.intro')}
      aside={
        !props.isReadOnly && (
          <Button
            icon="refresh"
            busy={run.isBusy ? t('setup.checks.running') : undefined}
            onClick={() => run.run({ action: 'run' })}
          >
            {t('setup.checks.run')}
          </Button>
        )
      }
      back="release"
      next={<NextLink to="plan" />}
      nextNote={isBlocked ? t('setup.checks.blocked') : undefined}
    >
      {run.problem !== undefined && (
        <ProblemNotice isAnnounced problem={run.problem.body} requestId={run.problem.requestId} />
      )}
      <Loaded answer={checks} errorTitle={t('setup.checks.error')}>
        {(view) => <Groups view={view} run={run} isReadOnly={props.isReadOnly} />}
      </Loaded>
    </StepPage>
  );
}

function Groups(props: {
  readonly view: ChecksView;
  readonly run: Run;
  readonly isReadOnly: boolean;
}): ReactNode {
  const { t } = useWords();
  const { view, run, isReadOnly } = props;
  const [risk, setRisk] = useState<CheckResult>();
  const [asked, setAsked] = useState<CheckResult>();
  const isMeasuring = run.isBusy || view.measuring === true;
  const rows: Rows = {
    isReadOnly,
    isBusy: ({ id, subject }) => isMeasuring && asked?.id === id && asked.subject === subject,
    onAccept: setRisk,
    onRun: (check) => {
      setAsked(check);
      run.run({ action: 'run', ...aboutOf(check) });
    },
    onRefuse: (check) => run.run({ action: 'refuse', ...aboutOf(check) }),
  };
  if (view.checks.length === 0) return <EmptyState icon="clock" title={t('setup.checks.none')} />;
  return (
    <>
      <Summary view={view} />
      {checkGroupsOf(view).map((group) => (
        <Group key={group.group} group={group} rows={rows} />
      ))}
      <RiskDialog check={risk} run={run} onClose={() => setRisk(undefined)} />
    </>
  );
}

function Summary(props: { readonly view: ChecksView }): ReactNode {
  const { t } = useWords();
  const bad = props.view.checks.filter(isInTheWay).length;
  return (
    <p className="flex items-start gap-2 text-lg font-semibold" role="status">
      <Icon
        name={bad === 0 ? 'check' : 'cross'}
        className={bad === 0 ? 'mt-1.5 text-good' : 'mt-1.5 text-bad'}
      />
      {bad === 0 ? t('setup.checks.summary.good') : t('setup.checks.summary.bad', { n: bad })}
    </p>
  );
}

/** What needs a look stands open; what is fine is folded away. */
function Group(props: { readonly group: CheckGroupRows; readonly rows: Rows }): ReactNode {
  const { t } = useWords();
  const { group, rows } = props;
  const loud = group.checks.filter(({ state }) => state !== 'passed');
  const fine = group.checks.filter(({ state }) => state === 'passed');
  const list = (checks: readonly CheckResult[]): ReactNode => (
    <ul className="divide-y divide-line">
      {checks.map((check) => (
        <CheckRow
          key={`${check.id} ${check.subject ?? ''}`}
          check={check}
          {...rows}
          isBusy={rows.isBusy(check)}
        />
      ))}
    </ul>
  );
  return (
    <Card
      title={t(`setup.checks.group.${group.group}`)}
      aside={
        <span className="tabular flex items-center gap-1.5 text-sm text-muted">
          {fine.length === group.checks.length && <Icon name="check" className="text-good" />}
          {fine.length} / {group.checks.length}
        </span>
      }
    >
      {loud.length > 0 && list(loud)}
      {fine.length > 0 && (
        <Disclosure
          title={t('setup.checks.fine', { n: fine.length })}
          className={loud.length > 0 ? 'mt-3' : ''}
        >
          {list(fine)}
        </Disclosure>
      )}
    </Card>
  );
}
