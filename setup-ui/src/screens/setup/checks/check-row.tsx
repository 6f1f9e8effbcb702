import type { CheckResult, CheckState } from 'host-service/contract/checks.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Button } from '../../../parts/basic/button.tsx';
import { cx } from '../../../parts/basic/class-names.ts';
import { Icon, type IconName } from '../../../parts/basic/icon.tsx';
import { Time } from '../../../parts/facts/time.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';
import { checkWordsOf } from '../../checks/check-words.ts';
import { isInTheWay } from './derive-checks.ts';
import { fixOf } from './derive-fix.ts';

const LOOKS: Readonly<Record<CheckState, { readonly icon: IconName; readonly colour: string }>> = {
  passed: { icon: 'check', colour: 'text-good' },
  warning: { icon: 'alert', colour: 'text-warn' },
  failed: { icon: 'cross', colour: 'text-bad' },
  unknown: { icon: 'info', colour: 'text-muted' },
  waiting: { icon: 'clock', colour: 'text-muted' },
};

export interface CheckRowProps {
  readonly check: CheckResult;
  readonly isReadOnly: boolean;
  /** It was asked to be measured again, and the answer is on its way. */
  readonly isBusy: boolean;
  readonly onRun: (check: CheckResult) => void;
  readonly onAccept: (check: CheckResult) => void;
  readonly onRefuse: (check: CheckResult) => void;
}

/** One check: what was found against what is needed, and what can be done about it (S4). */
export function CheckRow(props: CheckRowProps): ReactNode {
  const words = useWords();
  const { t } = words;
  const { check } = props;
  const said = checkWordsOf(words, check);
  // A risk that somebody has taken is in nobody's way any more.
  const isTaken = check.accepted !== undefined;
  const { icon, colour } = LOOKS[isTaken ? 'warning' : check.state];
  const state = t(isTaken ? 'setup.checks.state.accepted' : `setup.checks.state.${check.state}`);
  return (
    <li
      data-check={check.id}
      data-check-state={check.state}
      className="flex gap-3 py-2.5 text-sm first:pt-0 last:pb-0"
    >
      <Icon name={icon} className={cx('mt-0.5', colour)} />
      <div className="min-w-0 flex-1 space-y-1">
        <p className="flex flex-wrap items-baseline justify-between gap-x-3">
          <span className="min-w-0 font-medium wrap-anywhere">
            {said?.title ?? check.subject ?? check.id}
          </span>
          <span className={cx('text-xs font-medium', colour)}>{state}</span>
        </p>
        <p className="wrap-anywhere" lang="en">
          {check.detail}
        </p>
        <Values check={check} />
        {check.state !== 'passed' && said?.why !== undefined && (
          <p className="text-xs text-muted">{said.why}</p>
        )}
        {check.problem !== undefined && isInTheWay(check) && <ProblemNotice problem={check.problem} />}
        <Hands check={check} />
        <Accepted check={check} />
        {check.state !== 'passed' && <Actions {...props} />}
      </div>
    </li>
  );
}

/** What was found against what is needed, and when. */
function Values(props: { readonly check: CheckResult }): ReactNode {
  const { t } = useWords();
  const { measured, required, measuredAt } = props.check;
  if (measured === undefined && required === undefined && measuredAt === undefined) return null;
  return (
    <p className="flex flex-wrap gap-x-3 text-xs text-muted wrap-anywhere">
      {measured !== undefined && <span>{t('setup.checks.measured', { measured })}</span>}
      {required !== undefined && <span>{t('setup.checks.required', { required })}</span>}
      {measuredAt !== undefined && (
        <span>
          {t('setup.checks.measured-at')} <Time at={measuredAt} />
        </span>
      )}
    </p>
  );
}

/** Who has taken the risk, when and why. */
function Accepted(props: { readonly check: CheckResult }): ReactNode {
  const { t } = useWords();
  const { accepted } = props.check;
  if (accepted === undefined) return null;
  const { by, at, reason } = accepted;
  return (
    <p className="flex flex-wrap gap-x-1.5 text-xs text-muted wrap-anywhere" data-accepted={by}>
      <span>{t('setup.checks.accepted', { by })}</span>
      <Time at={at} />
      {reason !== undefined && <span>{t('setup.checks.accepted.reason', { reason })}</span>}
    </p>
  );
}

function Actions(props: CheckRowProps): ReactNode {
  const { t } = useWords();
  const { check, isReadOnly, isBusy, onRun, onAccept, onRefuse } = props;
  const what = props.check.subject ?? '';
  const title = `${check.detail} ${what}`.trim();
  return (
    <div className="flex flex-wrap items-center gap-2 pt-1 empty:hidden">
      <FixLink check={check} />
      {!isReadOnly && (
        <Button
          icon="refresh"
          aria-label={t('setup.checks.run.one', { what: title })}
          busy={isBusy ? t('setup.checks.running') : undefined}
          onClick={() => onRun(check)}
        >
          {t('setup.checks.run')}
        </Button>
      )}
      {!isReadOnly && check.accepted !== undefined && (
        <Button onClick={() => onRefuse(check)}>{t('setup.checks.refuse')}</Button>
      )}
      {!isReadOnly && check.mayAccept && isInTheWay(check) && (
        <Button onClick={() => onAccept(check)}>{t('setup.checks.accept')}</Button>
      )}
    </div>
  );
}

/** The way to what mends it; the first thing to press where there is one. */
function FixLink(props: { readonly check: CheckResult }): ReactNode {
  const { t } = useWords();
  const fix = fixOf(props.check);
  if (fix?.kind !== 'link') return null;
  return (
    <Link
      href={fix.to}
      data-fix={props.check.id}
      className="inline-flex min-h-9 items-center gap-1.5 rounded-md border border-accent bg-surface px-3 py-1.5 text-sm font-medium text-ink no-underline hover:bg-sunken"
    >
      {t(fix.label)}
      <Icon name="arrow" className="size-3.5" />
    </Link>
  );
}

/** What only hands can do. */
function Hands(props: { readonly check: CheckResult }): ReactNode {
  const { find } = useWords();
  const fix = fixOf(props.check);
  const text = fix?.kind === 'hands' ? find(fix.key) : undefined;
  if (text === undefined) return null;
  return (
    <p className="flex gap-1.5">
      <Icon name="hand" className="mt-0.5 text-muted" />
      <span className="min-w-0">{text}</span>
    </p>
  );
}
