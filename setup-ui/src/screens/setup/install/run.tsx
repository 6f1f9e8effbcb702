import type { OperationView } from 'host-service/contract/api/operations.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useOperation } from '../../../api/queries.ts';
import { Card } from '../../../parts/basic/card.tsx';
import { cx } from '../../../parts/basic/class-names.ts';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { Icon } from '../../../parts/basic/icon.tsx';
import { ProgressBar } from '../../../parts/facts/progress-bar.tsx';
import { LiveText } from '../../../parts/facts/live-text.tsx';
import { Duration, durationText } from '../../../parts/facts/time.tsx';
import { useWords } from '../../../words/words.tsx';
import { EventList } from '../../history/event-list.tsx';
import { AskButton, type AskContext } from '../../overview/asking/ask-button.tsx';
import type { Now } from '../../overview/now/derive-now.ts';
import { paceText } from '../../overview/now/now-card.tsx';
import { StepList } from '../../overview/now/step-list.tsx';
import { tierGroupsOf } from '../../overview/parts-health/derive-parts.ts';
import { PartsCard } from '../../overview/parts-health/parts-card.tsx';
import type { StepProps } from '../step-props.ts';
import { newestOf, rangeOf } from './derive-run.ts';
import { UnplugBadge } from './unplug-badge.tsx';
import { unplugOf } from './unplug.ts';

/** How many events are shown at once; all of them stand in the history. */
const SHOWN_EVENTS = 8;

/** S6: the installation under way. */
export function Run(
  props: StepProps & {
    readonly operation: OperationView;
    readonly now: Now;
    readonly context: AskContext;
  },
): ReactNode {
  const { status, operation, now, context } = props;
  const { t } = useWords();
  return (
    <>
      <Current now={now} operation={operation} />
      <UnplugBadge unplug={unplugOf(operation, status.status?.tiers ?? {})} />
      <p className="flex gap-2 text-sm text-muted">
        <Icon name="info" className="mt-0.5" />
        <span className="min-w-0">{t('setup.run.leave')}</span>
      </p>
      <Card title={t('overview.steps.label')}>
        <StepList steps={now.steps} />
      </Card>
      {status.status !== undefined && <PartsCard groups={tierGroupsOf(status.status)} />}
      <Events name={operation.name} />
      {now.cancel !== undefined && (
        <div className="flex flex-wrap items-start gap-2">
          <AskButton ask={now.cancel} context={context} isReasonShown />
        </div>
      )}
    </>
  );
}

/** The current wait, large, with its age against the usual; how far it is in all (R-01, E-04, E-05). */
function Current(props: { readonly now: Now; readonly operation: OperationView }): ReactNode {
  const { t } = useWords();
  const { now, operation } = props;
  const wait = t(now.sentence.key, now.sentence.values);
  const range = rangeOf(operation.steps);
  const isLong = now.pace === 'late' || now.pace === 'long';
  return (
    <section
      aria-labelledby="setup-now"
      className="space-y-4 rounded-lg border-2 border-info-line bg-surface p-4 sm:p-6"
    >
      <div className="flex items-start gap-4">
        <span className="flex size-11 shrink-0 items-center justify-center rounded-full bg-info-soft text-info">
          <Icon name="spinner" className="size-6" />
        </span>
        <div className="min-w-0 space-y-1">
          <h2 id="setup-now" className="text-sm font-medium text-muted">
            {t('overview.now.title')}
          </h2>
          <p data-now={now.name} className="text-xl font-semibold wrap-break-word" aria-hidden="true">
            {wait}
          </p>
          <LiveText isHidden text={wait} />
          <p
            data-pace={now.pace}
            className={cx('tabular text-sm', isLong ? 'font-medium text-warn' : 'text-muted')}
          >
            {paceText(now, t)}
          </p>
        </div>
      </div>
      <ProgressBar
        done={now.done}
        total={now.total}
        label={t('overview.now.progress', { done: now.done, total: now.total })}
      />
      <p className="tabular flex flex-wrap gap-x-4 gap-y-1 text-sm text-muted">
        <span>
          {t('setup.run.elapsed')} <Duration since={operation.startedAt} />
        </span>
        {range !== undefined && (
          <span>
            {t('setup.run.range', {
              usual: durationText(range.usualMs, t),
              worst: durationText(range.worstMs, t),
            })}
          </span>
        )}
      </p>
      {now.resumes > 0 && (
        <p className="text-sm font-medium">{t('overview.now.resumed', { n: now.resumes })}</p>
      )}
      {now.serverText !== undefined && (
        <Disclosure>
          <p lang="en" className="text-sm wrap-anywhere">
            {now.serverText}
          </p>
        </Disclosure>
      )}
    </section>
  );
}

/** What happened last; all of it stands in the history. */
function Events(props: { readonly name: string }): ReactNode {
  const { t } = useWords();
  const events = useOperation(props.name).data?.events ?? [];
  return (
    <Card title={t('setup.run.events')}>
      <Disclosure title={t('setup.run.events.show', { n: Math.min(SHOWN_EVENTS, events.length) })}>
        <EventList events={newestOf(events, SHOWN_EVENTS)} />
        <p className="mt-2 text-sm">
          <Link href={`/history/${props.name}`}>{t('overview.now.details')}</Link>
        </p>
      </Disclosure>
    </Card>
  );
}
