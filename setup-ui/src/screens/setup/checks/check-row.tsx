import type { CheckFix, CheckResult, CheckState } from 'host-service/contract/checks.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Button } from '../../../parts/basic/button.tsx';
import { cx } from '../../../parts/basic/class-names.ts';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { Icon, type IconName } from '../../../parts/basic/icon.tsx';
import { Time } from '../../../parts/facts/time.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';
import { checkWordsOf } from '../../checks/check-words.ts';
import { fieldIdOf } from '../answers/derive-questions.ts';
import { pathOf } from '../model/steps.ts';
import { isInTheWay } from './derive-checks.ts';

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
  const { icon, colour } = LOOKS[check.state];
  const values = [
    check.measured === undefined ? undefined : t('setup.checks.measured', { measured: check.measured }),
    check.required === undefined ? undefined : t('setup.checks.required', { required: check.required }),
  ].filter((text) => text !== undefined);
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
          <span className={cx('text-xs font-medium', colour)}>{t(`setup.checks.state.${check.state}`)}</span>
        </p>
        <p className="wrap-anywhere" lang="en">
          {check.detail}
        </p>
        {values.length > 0 && <p className="text-xs text-muted wrap-anywhere">{values.join(' · ')}</p>}
        {check.state !== 'passed' && said?.why !== undefined && (
          <p className="text-xs text-muted">{said.why}</p>
        )}
        {check.problem !== undefined && isInTheWay(check) && <ProblemNotice problem={check.problem} />}
        {check.accepted !== undefined && (
          <p className="text-xs text-muted">
            {t('setup.checks.accepted', { by: check.accepted.by })} <Time at={check.accepted.at} />
          </p>
        )}
        {check.state !== 'passed' && <Actions {...props} />}
      </div>
    </li>
  );
}

function Actions(props: CheckRowProps): ReactNode {
  const { t } = useWords();
  const { check, isReadOnly, onRun, onAccept, onRefuse } = props;
  const small = 'min-h-7 px-2 py-0.5';
  return (
    <div className="flex flex-wrap items-start gap-2 pt-1 empty:hidden">
      {check.fix !== undefined && <Fix fix={check.fix} />}
      {!isReadOnly && (
        <Button
          className={small}
          icon="refresh"
          aria-label={t('setup.checks.run.one', { what: check.detail })}
          onClick={() => onRun(check)}
        >
          {t('setup.checks.run')}
        </Button>
      )}
      {!isReadOnly && check.accepted !== undefined && (
        <Button className={small} onClick={() => onRefuse(check)}>
          {t('setup.checks.refuse')}
        </Button>
      )}
      {!isReadOnly && check.mayAccept && isInTheWay(check) && (
        <Button className={small} onClick={() => onAccept(check)}>
          {t('setup.checks.accept')}
        </Button>
      )}
    </div>
  );
}

/** What mends it: a step of this setup, or where else that is done. */
function Fix(props: { readonly fix: CheckFix }): ReactNode {
  const { t } = useWords();
  const { fix } = props;
  const link = 'inline-flex min-h-7 items-center text-sm';
  if (fix.kind === 'setting') {
    return (
      <Link href={`${pathOf('answers')}#${fieldIdOf(fix.setting)}`} className={link}>
        {t('setup.checks.fix.answers')}
      </Link>
    );
  }
  if (fix.kind === 'release') {
    return (
      <Link href={pathOf('release')} className={link}>
        {t('setup.checks.fix.release')}
      </Link>
    );
  }
  return (
    <Disclosure title={t('setup.checks.fix')} className="min-h-7">
      <p>{t(`setup.fix.${fix.kind}`, { host: 'host' in fix ? fix.host : '' })}</p>
    </Disclosure>
  );
}
