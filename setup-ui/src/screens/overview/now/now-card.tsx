import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Card } from '../../../parts/basic/card.tsx';
import { cx } from '../../../parts/basic/class-names.ts';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { ProgressBar } from '../../../parts/facts/progress-bar.tsx';
import { LiveText } from '../../../parts/facts/live-text.tsx';
import { durationText, Time } from '../../../parts/facts/time.tsx';
import { useWords, type Words } from '../../../words/words.tsx';
import { AskButton, type AskContext } from '../asking/ask-button.tsx';
import { FactsList } from '../model/facts-list.tsx';
import { Said, ServerText } from '../model/said.tsx';
import { whoOf } from './derive-who.ts';
import type { Now } from './derive-now.ts';
import { Interruptions } from './interruptions.tsx';
import { StepList } from './step-list.tsx';

/** What the box does at this moment: the wait, its age against the usual, the steps, who asked for it (S6). */
export function NowCard(props: { readonly now: Now; readonly context: AskContext }): ReactNode {
  const { t } = useWords();
  const { now } = props;
  const wait = t(now.sentence.key, now.sentence.values);
  const title = t(now.title.key, now.title.values);
  return (
    <Card title={t('overview.now.title')} aside={<span className="text-sm text-muted">{title}</span>}>
      <div className="space-y-4">
        <div>
          <p className="text-lg font-medium wrap-break-word" aria-hidden="true">
            {wait}
          </p>
          <LiveText isHidden text={t('overview.now.said', { title, wait })} />
          {now.paused === undefined && <Pace now={now} />}
        </div>
        <ProgressBar
          done={now.done}
          total={now.total}
          label={t('overview.now.progress', { done: now.done, total: now.total })}
        />
        <Interruptions now={now} />
        <StepList steps={now.steps} isPaused={now.paused !== undefined} />
        <Origin now={now} />
        <p className="text-sm text-muted">{t('overview.now.leave')}</p>
        <div className="flex flex-wrap items-start gap-2">
          {now.pause !== undefined && <AskButton ask={now.pause} context={props.context} />}
          {now.cancel !== undefined && <AskButton ask={now.cancel} context={props.context} />}
          <Link href={`/history/${now.name}`} className="inline-flex min-h-9 items-center text-sm underline">
            {t('overview.now.details')}
          </Link>
        </div>
        {now.serverText !== undefined && (
          <Disclosure>
            <p className="text-sm">
              {t('overview.now.server')}: <ServerText>{now.serverText}</ServerText>
            </p>
          </Disclosure>
        )}
      </div>
    </Card>
  );
}

function Pace(props: { readonly now: Now }): ReactNode {
  const { t } = useWords();
  const { pace } = props.now;
  return (
    <p
      data-pace={pace}
      className={cx(
        'tabular text-sm',
        pace === 'late' || pace === 'long' ? 'font-medium text-warn' : 'text-muted',
      )}
    >
      {paceText(props.now, t)}
    </p>
  );
}

/** How long the wait lasts against what is usual, in words (E-05). */
export function paceText({ pace, ageMs, usualMs, worstMs }: Now, t: Words['t']): string {
  if (ageMs === undefined) return '';
  const values = {
    age: durationText(ageMs, t),
    usual: durationText(usualMs ?? 0, t),
    worst: durationText(worstMs ?? 0, t),
  };
  if (pace === 'late' || pace === 'unknown') return t(`overview.pace.${pace}`, values);
  return t(worstMs === undefined ? `overview.pace.${pace}-only` : `overview.pace.${pace}`, values);
}

function Origin(props: { readonly now: Now }): ReactNode {
  const { t } = useWords();
  const { actor, startedAt, causeOperation } = props.now;
  return (
    <FactsList
      facts={[
        { name: t('overview.now.started'), value: <Time at={startedAt} /> },
        { name: t('overview.now.who'), value: <Said of={whoOf(actor)} /> },
        actor.reason === undefined || actor.reason === ''
          ? undefined
          : { name: t('overview.now.why'), value: actor.reason },
        causeOperation === undefined
          ? undefined
          : {
              name: t('overview.now.cause'),
              value: (
                <Link href={`/history/${causeOperation}`} className="underline">
                  {t('overview.now.cause-link')}
                </Link>
              ),
            },
      ]}
    />
  );
}
