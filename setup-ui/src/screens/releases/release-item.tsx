import type { ReactNode } from 'react';
import { Card, Section } from '../../parts/basic/card.tsx';
import { Disclosure } from '../../parts/basic/disclosure.tsx';
import { Icon, type IconName } from '../../parts/basic/icon.tsx';
import { Bytes } from '../../parts/facts/bytes.tsx';
import { DigestText } from '../../parts/facts/digest-text.tsx';
import { Time } from '../../parts/facts/time.tsx';
import { ProblemNotice } from '../../parts/notice/problem-notice.tsx';
import { useWords } from '../../words/words.tsx';
import { AskButton, type AskContext } from '../overview/asking/ask-button.tsx';
import { FactsList } from '../overview/model/facts-list.tsx';
import { ServerText } from '../overview/model/said.tsx';
import { AllRules, RuleWords } from '../overview/offer/rule-list.tsx';
import { Notes, Signature } from '../overview/release/release-card.tsx';
import type { ReleaseMark, ReleaseRow } from './derive-releases.ts';

const MARKS: Readonly<Record<ReleaseMark, { readonly icon: IconName; readonly look: string }>> = {
  runs: { icon: 'check', look: 'border-good-line bg-good-soft text-good' },
  'under-way': { icon: 'spinner', look: 'border-info-line bg-info-soft text-info' },
  offered: { icon: 'arrow', look: 'border-info-line bg-info-soft text-info' },
  failed: { icon: 'cross', look: 'border-bad-line bg-bad-soft text-bad' },
  'set-aside': { icon: 'dash', look: 'border-line bg-sunken text-muted' },
  pinned: { icon: 'lock', look: 'border-warn-line bg-warn-soft text-warn' },
  'last-good': { icon: 'shield', look: 'border-good-line bg-good-soft text-good' },
  proved: { icon: 'check', look: 'border-line bg-sunken text-muted' },
  baked: { icon: 'info', look: 'border-line bg-sunken text-muted' },
  imported: { icon: 'down', look: 'border-line bg-sunken text-muted' },
};

/** One known release: what it is here, by whom it is signed, why it is taken or not, and what can be asked for. */
export function ReleaseItem(props: {
  readonly row: ReleaseRow;
  readonly context: AskContext | undefined;
}): ReactNode {
  const { t } = useWords();
  const { row, context } = props;
  const { release, marks, asks, noWayBack } = row;
  const { goBack, quarantine } = release;
  return (
    <Card
      title={release.version}
      aside={
        <span className="flex flex-wrap gap-1.5">
          {marks.map((mark) => (
            <Mark key={mark} mark={mark} />
          ))}
        </span>
      }
    >
      <div className="space-y-3" data-release={release.version}>
        {quarantine !== undefined && (
          <ProblemNotice
            problem={{ since: quarantine.at, ...quarantine.reason }}
            action={<span>{t('releases.attempts', { n: quarantine.attempts })}</span>}
          />
        )}
        <Facts row={row} />
        <Why row={row} />
        {noWayBack !== undefined && (
          <div className="text-sm">
            <p>{t(noWayBack)}</p>
            {goBack.reason !== undefined && (
              <Disclosure>
                <ServerText>{goBack.reason}</ServerText>
              </Disclosure>
            )}
          </div>
        )}
        {release.notes !== undefined && release.notes !== '' && (
          <Notes title={t('releases.notes')} text={release.notes} />
        )}
        {context !== undefined && asks.length > 0 && (
          <div className="flex flex-wrap items-start gap-2">
            {asks.map((ask) => (
              <AskButton
                key={ask.kind}
                ask={ask}
                context={context}
                kind={ask.kind === 'approve' ? 'primary' : 'secondary'}
              />
            ))}
          </div>
        )}
      </div>
    </Card>
  );
}

function Mark(props: { readonly mark: ReleaseMark }): ReactNode {
  const { t } = useWords();
  const { icon, look } = MARKS[props.mark];
  return (
    <span
      data-mark={props.mark}
      className={`inline-flex items-center gap-1.5 rounded-full border px-2 py-0.5 text-xs font-medium ${look}`}
    >
      <Icon name={icon} className="size-3.5" />
      {t(`releases.mark.${props.mark}`)}
    </span>
  );
}

function Facts(props: { readonly row: ReleaseRow }): ReactNode {
  const { t } = useWords();
  const { release } = props.row;
  const timeOf = (name: string, at: string | undefined) =>
    at === undefined ? undefined : { name, value: <Time at={at} /> };
  return (
    <FactsList
      facts={[
        timeOf(t('releases.released'), release.released),
        timeOf(t('releases.admitted'), release.admittedAt),
        timeOf(t('releases.confirmed'), release.confirmedAt),
        {
          name: t('overview.running.signature'),
          value: (
            <Signature
              facts={{ isSigned: release.signed, keyIds: release.keyIds, admittedAt: release.admittedAt }}
            />
          ),
        },
        { name: t('overview.running.size'), value: <Bytes value={release.size} /> },
        { name: t('overview.running.digest'), value: <DigestText digest={release.digest} /> },
        release.isRunning
          ? undefined
          : {
              name: t('releases.way-back'),
              value: t(release.isReversible ? 'releases.reversible' : 'releases.one-way'),
            },
      ]}
    />
  );
}

function Why(props: { readonly row: ReleaseRow }): ReactNode {
  const { t } = useWords();
  const { judged } = props.row;
  if (judged === undefined) return <p className="text-sm text-muted">{t('releases.not-judged')}</p>;
  return (
    <Section title={t('releases.why')}>
      <div className="space-y-2 text-sm">
        {judged.outcome !== 'waits' && <p>{t(`releases.outcome.${judged.outcome}`)}</p>}
        {judged.outcome !== 'runs' && judged.decisive.length > 0 && (
          <ul className="space-y-2">
            {judged.decisive.map((rule) => (
              <li key={rule.rule} data-rule={rule.rule}>
                <RuleWords row={rule} />
              </li>
            ))}
          </ul>
        )}
        <AllRules judged={judged} />
      </div>
    </Section>
  );
}
