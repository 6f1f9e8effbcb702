import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Card } from '../../../parts/basic/card.tsx';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { Icon, type IconName } from '../../../parts/basic/icon.tsx';
import { DigestText } from '../../../parts/facts/digest-text.tsx';
import { LiveText } from '../../../parts/facts/live-text.tsx';
import { useNow } from '../../../parts/facts/now.tsx';
import { durationText, Time } from '../../../parts/facts/time.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useProblemWords } from '../../../words/problem-words.ts';
import { useWords } from '../../../words/words.tsx';
import { AskButton, type AskContext } from '../asking/ask-button.tsx';
import { FactsList } from '../model/facts-list.tsx';
import { Said, SaidList, ServerText } from '../model/said.tsx';
import type { ControlPlaneFacts, FailedRow, RollKind } from './derive-control-plane.ts';

const LOOKS: Readonly<Record<RollKind, { readonly icon: IconName; readonly colour: string }>> = {
  plain: { icon: 'info', colour: 'text-muted' },
  current: { icon: 'check', colour: 'text-good' },
  unknown: { icon: 'info', colour: 'text-muted' },
  rolling: { icon: 'spinner', colour: 'text-info' },
  probation: { icon: 'spinner', colour: 'text-info' },
  held: { icon: 'pause', colour: 'text-muted' },
  queued: { icon: 'clock', colour: 'text-muted' },
  waits: { icon: 'clock', colour: 'text-warn' },
  failed: { icon: 'alert', colour: 'text-warn' },
  'given-up': { icon: 'cross', colour: 'text-bad' },
};

/** The control plane's own update: one line when all is well, else what happens, what it means for this page, and what can be done. */
export function ControlPlaneCard(props: {
  readonly facts: ControlPlaneFacts;
  readonly context: AskContext;
}): ReactNode {
  const { t } = useWords();
  const { facts, context } = props;
  const { icon, colour } = LOOKS[facts.kind];
  const [first, ...more] = facts.sentences;
  const headline = first === undefined ? '' : t(first.key, first.values);
  const action = facts.ask === undefined ? undefined : <AskButton ask={facts.ask} context={context} />;
  return (
    <Card
      title={t('overview.cp.title')}
      aside={facts.isLoud && <span className="text-sm text-muted">{t('overview.cp.is')}</span>}
      id="control-plane"
    >
      <div className="space-y-3" data-roll={facts.kind}>
        <div className="flex gap-2 text-sm">
          <Icon name={icon} className={`mt-0.5 ${colour}`} />
          <div className="min-w-0 space-y-1">
            <p
              aria-hidden={facts.isLoud}
              className={facts.isLoud ? 'font-medium wrap-break-word' : undefined}
            >
              {headline}
            </p>
            {facts.isLoud && <LiveText isHidden text={headline} />}
            {facts.since !== undefined && <Age since={facts.since} />}
            <SaidList of={more} />
          </div>
        </div>
        {facts.problem === undefined ? action : <ProblemNotice problem={facts.problem} action={action} />}
        {facts.operation !== undefined && (
          <Link
            href={`/history/${facts.operation}`}
            className="inline-flex min-h-9 items-center text-sm underline"
          >
            {t('overview.now.details')}
          </Link>
        )}
        <Technical facts={facts} />
      </div>
    </Card>
  );
}

/** How long it has gone on. */
function Age(props: { readonly since: string }): ReactNode {
  const { t } = useWords();
  const ageMs = Math.max(0, useNow() - Date.parse(props.since));
  return (
    <p data-age className="tabular text-muted">
      {t('overview.pace.unknown', { age: durationText(ageMs, t) })}
    </p>
  );
}

function Technical(props: { readonly facts: ControlPlaneFacts }): ReactNode {
  const { t } = useWords();
  const { build, leader, digest, wantedDigest, failed, serverText } = props.facts;
  const digestOf = (name: string, value: string | undefined) =>
    value === undefined ? undefined : { name, value: <DigestText digest={value} /> };
  return (
    <Disclosure>
      <div className="space-y-3">
        <FactsList
          facts={[
            { name: t('overview.cp.build'), value: <code>{build}</code> },
            digestOf(t('overview.running.digest'), digest),
            digestOf(t('overview.cp.wanted'), wantedDigest),
            { name: t('overview.cp.leader'), value: <code>{leader}</code> },
          ]}
        />
        {serverText !== undefined && (
          <p className="text-sm">
            {t('overview.now.server')}: <ServerText>{serverText}</ServerText>
          </p>
        )}
        {failed.length > 0 && <FailedList failed={failed} />}
      </div>
    </Disclosure>
  );
}

/** Builds that failed here, with the reason and who put the one before back. */
function FailedList(props: { readonly failed: readonly FailedRow[] }): ReactNode {
  const { t } = useWords();
  const wordsOf = useProblemWords();
  return (
    <div className="space-y-1 text-sm">
      <p className="font-medium">{t('overview.cp.failed-list')}</p>
      <ul className="list-disc space-y-1 pl-5">
        {props.failed.map(({ digest, version, at, attempts, problem, by }) => (
          <li key={digest} className="wrap-break-word">
            {version} · <Time at={at} /> · {t('overview.cp.attempts', { n: attempts })} ·{' '}
            {wordsOf(problem.code).title} {t('overview.cp.put-back')} <Said of={by} />.
          </li>
        ))}
      </ul>
    </div>
  );
}
