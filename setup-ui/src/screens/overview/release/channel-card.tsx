import type { ReactNode } from 'react';
import { Card } from '../../../parts/basic/card.tsx';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { Icon, type IconName } from '../../../parts/basic/icon.tsx';
import type { Tone } from '../../../parts/basic/state-look.ts';
import { Time } from '../../../parts/facts/time.tsx';
import { ProblemNotice } from '../../../parts/notice/problem-notice.tsx';
import { useWords } from '../../../words/words.tsx';
import { AskButton, type AskContext } from '../asking/ask-button.tsx';
import { FactsList } from '../model/facts-list.tsx';
import { Said } from '../model/said.tsx';
import type { ChannelFacts } from './derive-channel.ts';

const ICONS: Readonly<Record<Tone, IconName>> = {
  good: 'check',
  info: 'info',
  warn: 'alert',
  bad: 'alert',
  plain: 'clock',
};
const COLOURS: Readonly<Record<Tone, string>> = {
  good: 'text-good',
  info: 'text-info',
  warn: 'text-warn',
  bad: 'text-bad',
  plain: 'text-muted',
};

/** The channel and how fresh its word is. */
export function ChannelCard(props: {
  readonly facts: ChannelFacts;
  /** The pin in words, when a release is chosen by name. */
  readonly pinned: string | undefined;
  readonly context: AskContext;
}): ReactNode {
  const { t } = useWords();
  const { facts, pinned } = props;
  return (
    <Card title={`${t('overview.channel.title')}: ${facts.title}`}>
      <div className="space-y-3">
        {facts.description !== undefined && (
          <p className="text-sm text-muted wrap-anywhere">{facts.description}</p>
        )}
        <p className="flex gap-2 text-sm">
          <Icon name={ICONS[facts.tone]} className={`mt-0.5 ${COLOURS[facts.tone]}`} />
          <span className="min-w-0 wrap-break-word">
            {facts.isSwitching ? t('overview.channel.switching') : <Said of={facts.freshness} />}
          </span>
        </p>
        {pinned !== undefined && (
          <p className="flex gap-2 text-sm">
            <Icon name="lock" className="mt-0.5 text-warn" />
            <span className="min-w-0">{t('overview.channel.pinned', { release: pinned })}</span>
          </p>
        )}
        {facts.problem !== undefined && <ProblemNotice problem={facts.problem} />}
        <ChannelTimes facts={facts} />
        <AskButton ask={{ kind: 'check-now' }} context={props.context} />
        <Technical facts={facts} />
      </div>
    </Card>
  );
}

function ChannelTimes(props: { readonly facts: ChannelFacts }): ReactNode {
  const { t } = useWords();
  const { confirmedAt, validUntil, nextCheckAt, servedBy } = props.facts;
  const timeOf = (name: string, at: string | undefined) =>
    at === undefined ? undefined : { name, value: <Time at={at} /> };
  return (
    <FactsList
      facts={[
        timeOf(t('overview.channel.confirmed'), confirmedAt),
        timeOf(t('overview.channel.valid'), validUntil),
        timeOf(t('overview.channel.next'), nextCheckAt),
        servedBy === undefined ? undefined : { name: t('overview.channel.served'), value: servedBy },
      ]}
    />
  );
}

function Technical(props: { readonly facts: ChannelFacts }): ReactNode {
  const { t } = useWords();
  const { tag, sequence, requests } = props.facts;
  if (tag === undefined) return null;
  return (
    <Disclosure>
      <FactsList
        facts={[
          { name: t('overview.channel.tag'), value: <code>{tag}</code> },
          sequence === undefined
            ? undefined
            : { name: t('overview.channel.sequence'), value: <span className="tabular">{sequence}</span> },
          requests === undefined
            ? undefined
            : { name: t('overview.channel.requests'), value: <span className="tabular">{requests}</span> },
        ]}
      />
    </Disclosure>
  );
}
