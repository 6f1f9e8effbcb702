import type { ReactNode } from 'react';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { Icon } from '../../../parts/basic/icon.tsx';
import { Bytes } from '../../../parts/facts/bytes.tsx';
import { DigestText } from '../../../parts/facts/digest-text.tsx';
import { durationText } from '../../../parts/facts/time.tsx';
import { useWords } from '../../../words/words.tsx';
import { FactsList } from '../model/facts-list.tsx';
import { Said, ServerText } from '../model/said.tsx';
import type { PlanFacts } from './derive-plan.ts';
import { DiskBarView } from './disk-bar.tsx';

/** A plan before the first byte: steps, bytes, time, disk, hosts, the way back; objects under technical details (S5). */
export function PlanView(props: {
  readonly plan: PlanFacts;
  /** Bytes, time and hosts are told elsewhere on the page. */
  readonly isBrief?: boolean;
}): ReactNode {
  const { t } = useWords();
  const { plan, isBrief = false } = props;
  return (
    <div className="space-y-3 text-sm">
      <WayBack plan={plan} />
      <FactsList
        facts={[
          { name: t('overview.plan.steps'), value: <PlanSteps plan={plan} /> },
          isBrief
            ? undefined
            : {
                name: t('overview.plan.pull'),
                value: <PullSum plan={plan} />,
              },
          plan.disk === undefined
            ? undefined
            : { name: t('overview.plan.disk'), value: <DiskBarView disk={plan.disk} /> },
          plan.time === undefined || isBrief
            ? undefined
            : {
                name: t('overview.plan.time'),
                value: t('overview.plan.time-range', {
                  usual: durationText(plan.time.usualMs, t),
                  worst: durationText(plan.time.worstMs, t),
                }),
              },
          isBrief
            ? undefined
            : {
                name: t('overview.plan.hosts'),
                value: plan.hosts.length === 0 ? t('overview.plan.hosts-none') : plan.hosts.join(', '),
              },
        ]}
      />
      <Pulls plan={plan} />
      <Objects plan={plan} />
    </div>
  );
}

/** What has to come over the wire, and what has not. */
function PullSum(props: { readonly plan: PlanFacts }): ReactNode {
  const { t } = useWords();
  const { pullBytes, presentBytes } = props.plan;
  return (
    <>
      {pullBytes === 0 ? t('overview.plan.pull-none') : <Bytes value={pullBytes} />}
      {presentBytes > 0 && (
        <span className="text-muted">
          {' '}
          ({t('overview.plan.present')}: <Bytes value={presentBytes} />)
        </span>
      )}
    </>
  );
}

function PlanSteps(props: { readonly plan: PlanFacts }): ReactNode {
  const { t } = useWords();
  return (
    <ol className="list-decimal space-y-0.5 pl-5">
      {props.plan.steps.map((step, index) => (
        <li key={`${index} ${step.kind}`} className={step.isDone ? 'text-muted' : undefined}>
          <Said of={step.title} />
          {step.isDone && ` (${t('overview.plan.done')})`}
        </li>
      ))}
    </ol>
  );
}

function WayBack(props: { readonly plan: PlanFacts }): ReactNode {
  const { t } = useWords();
  const { oneWay, from } = props.plan;
  if (oneWay !== undefined) {
    return (
      <div className="flex gap-2 rounded-md border border-bad-line bg-bad-soft p-3">
        <Icon name="alert" className="mt-0.5 text-bad" />
        <p className="min-w-0 font-medium wrap-break-word">
          <Said of={oneWay.words} />
        </p>
      </div>
    );
  }
  return (
    <p className="flex gap-2">
      <Icon name={from === undefined ? 'info' : 'back'} className="mt-0.5 text-muted" />
      <span className="min-w-0">
        {t(from === undefined ? 'overview.plan.back-first' : 'overview.plan.back-yes')}
      </span>
    </p>
  );
}

function Pulls(props: { readonly plan: PlanFacts }): ReactNode {
  const { t } = useWords();
  const { pulls } = props.plan;
  if (pulls.length === 0) return null;
  const outstanding = pulls.filter(({ present }) => present !== true);
  return (
    <Disclosure title={t('overview.plan.pull-list', { n: outstanding.length })}>
      <ul className="divide-y divide-line">
        {pulls.map(({ what, digest, bytes, present }) => (
          <li key={digest} className="flex flex-wrap items-center justify-between gap-x-3 py-1.5">
            <span className="min-w-0 wrap-anywhere" lang="en">
              {what}
            </span>
            <span className="flex flex-wrap items-center gap-x-3">
              {present === true && (
                <span data-present className="text-muted">
                  {t('overview.plan.present')}
                </span>
              )}
              <Bytes value={bytes} />
              <DigestText digest={digest} />
            </span>
          </li>
        ))}
      </ul>
    </Disclosure>
  );
}

function Objects(props: { readonly plan: PlanFacts }): ReactNode {
  const { t } = useWords();
  const { objects, objectCount, oneWay } = props.plan;
  if (objectCount === 0 && oneWay === undefined) return null;
  return (
    <Disclosure title={t('overview.plan.objects', { n: objectCount })}>
      <div className="space-y-2 text-xs">
        {oneWay?.serverText.map((text) => (
          <p key={text}>
            <ServerText>{text}</ServerText>
          </p>
        ))}
        {(['creates', 'changes', 'removes'] as const)
          .filter((kind) => objects[kind].length > 0)
          .map((kind) => (
            <div key={kind}>
              <p className="font-medium">{t(`overview.plan.${kind}`)}</p>
              <ServerText isCode>{objects[kind].join('\n')}</ServerText>
            </div>
          ))}
      </div>
    </Disclosure>
  );
}
