import type { OperationView } from 'host-service/contract/api/operations.ts';
import type { ReactNode } from 'react';
import { cx } from '../../../parts/basic/class-names.ts';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { Icon } from '../../../parts/basic/icon.tsx';
import { LiveText } from '../../../parts/facts/live-text.tsx';
import { useNow } from '../../../parts/facts/now.tsx';
import { ProgressBar } from '../../../parts/facts/progress-bar.tsx';
import { Duration, durationText } from '../../../parts/facts/time.tsx';
import { useWords } from '../../../words/words.tsx';
import { AskButton, type AskContext } from '../../overview/asking/ask-button.tsx';
import type { Now } from '../../overview/now/derive-now.ts';
import { Interruptions } from '../../overview/now/interruptions.tsx';
import { paceText } from '../../overview/now/now-card.tsx';
import { leftOf } from './derive-run.ts';

/** The current wait, large, with its age against the usual; how far it is in all; the way to pause or cancel it (R-01, R-12, E-04, E-05). */
export function Current(props: {
  readonly now: Now;
  readonly operation: OperationView;
  readonly context: AskContext;
}): ReactNode {
  const { t } = useWords();
  const { now, operation, context } = props;
  const isPaused = now.paused !== undefined;
  return (
    <section
      aria-labelledby="setup-now"
      className={cx(
        'space-y-4 rounded-lg border-2 bg-surface p-4 sm:p-6',
        isPaused ? 'border-warn-line' : 'border-info-line',
      )}
    >
      <Wait now={now} />
      <ProgressBar
        done={now.done}
        total={now.total}
        label={t('overview.now.progress', { done: now.done, total: now.total })}
      />
      <Times operation={operation} isPaused={isPaused} />
      <Interruptions now={now} />
      <div className="flex flex-wrap items-start gap-2 empty:hidden">
        {now.pause !== undefined && (
          <AskButton
            ask={now.pause}
            context={context}
            kind={isPaused ? 'primary' : 'secondary'}
            isReasonShown
          />
        )}
        {now.cancel !== undefined && <AskButton ask={now.cancel} context={context} />}
      </div>
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

function Wait(props: { readonly now: Now }): ReactNode {
  const { t } = useWords();
  const { now } = props;
  const isPaused = now.paused !== undefined;
  const wait = t(now.sentence.key, now.sentence.values);
  const isLong = now.pace === 'late' || now.pace === 'long';
  return (
    <div className="flex items-start gap-4">
      <span
        className={cx(
          'flex size-11 shrink-0 items-center justify-center rounded-full',
          isPaused ? 'bg-warn-soft text-warn' : 'bg-info-soft text-info',
        )}
      >
        <Icon name={isPaused ? 'pause' : 'spinner'} className="size-6" />
      </span>
      <div className="min-w-0 space-y-1">
        <h2 id="setup-now" className="text-sm font-medium text-muted">
          {t('overview.now.title')}
        </h2>
        <p data-now={now.name} className="text-xl font-semibold wrap-break-word" aria-hidden="true">
          {wait}
        </p>
        <LiveText isHidden text={wait} />
        {!isPaused && (
          <p
            data-pace={now.pace}
            className={cx('tabular text-sm', isLong ? 'font-medium text-warn' : 'text-muted')}
          >
            {paceText(now, t)}
          </p>
        )}
      </div>
    </div>
  );
}

/** How long it has been under way, and how long it may take from here, from what was seen before (E-05). */
function Times(props: { readonly operation: OperationView; readonly isPaused: boolean }): ReactNode {
  const { t } = useWords();
  const { operation, isPaused } = props;
  const left = leftOf(operation.steps, useNow());
  return (
    <p className="tabular flex flex-wrap gap-x-4 gap-y-1 text-sm text-muted">
      <span>
        {t('setup.run.elapsed')} <Duration since={operation.startedAt} />
      </span>
      {left !== undefined && !isPaused && (
        <span data-left={left.worstMs}>
          {left.usualMs < 1_000
            ? t('setup.run.left-late', { worst: durationText(left.worstMs, t) })
            : t('setup.run.left', {
                usual: durationText(left.usualMs, t),
                worst: durationText(left.worstMs, t),
              })}
        </span>
      )}
    </p>
  );
}
