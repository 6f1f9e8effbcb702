import type { ReactNode } from 'react';
import { Card, Section } from '../../../parts/basic/card.tsx';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { StateBadge } from '../../../parts/basic/state-badge.tsx';
import { DigestText } from '../../../parts/facts/digest-text.tsx';
import { useWords } from '../../../words/words.tsx';
import { ServerText } from '../model/said.tsx';
import type { PartRow, TierGroup } from './derive-parts.ts';

/** The parts of the application by tier, in plain words (B-75, B-81). */
export function PartsCard(props: { readonly groups: readonly TierGroup[] }): ReactNode {
  const { t } = useWords();
  return (
    <Card title={t('overview.parts.title')}>
      {props.groups.length === 0 ? (
        <p className="text-sm text-muted">{t('overview.parts.none')}</p>
      ) : (
        <div className="divide-y divide-line">
          {props.groups.map((group) => (
            <Tier key={group.tier} group={group} />
          ))}
        </div>
      )}
    </Card>
  );
}

function Tier(props: { readonly group: TierGroup }): ReactNode {
  const { t } = useWords();
  const { tier, state, ready, parts } = props.group;
  return (
    <Section
      className="py-3 first:pt-0 last:pb-0"
      title={t(`states.tier.${tier}`)}
      aside={
        <span className="flex items-center gap-2 text-xs text-muted">
          {t('overview.parts.ready', { ready, total: parts.length })}
          <StateBadge state={`states.component.${state}`} />
        </span>
      }
    >
      {tier === 'background' && state === 'failed' && (
        <p className="mb-1 text-sm text-muted">{t('overview.parts.background')}</p>
      )}
      <ul className="space-y-1 text-sm">
        {parts.map((part) => (
          <Part key={part.name} part={part} />
        ))}
      </ul>
      <Disclosure className="mt-1">
        <ul className="space-y-3">
          {parts.map((part) => (
            <Technical key={part.name} part={part} />
          ))}
        </ul>
      </Disclosure>
    </Section>
  );
}

function Part(props: { readonly part: PartRow }): ReactNode {
  const { find } = useWords();
  const { title, state, code, name } = props.part;
  const fault = code === undefined ? undefined : find(`problems.${code}.title`);
  return (
    <li data-part={name} data-part-state={state}>
      <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
        <span className="min-w-0 wrap-anywhere">{title}</span>
        {state !== 'ready' && <StateBadge state={`states.component.${state}`} />}
      </div>
      {fault !== undefined && <p className="text-muted wrap-break-word">{fault}</p>}
    </li>
  );
}

function Technical(props: { readonly part: PartRow }): ReactNode {
  const { t } = useWords();
  const { title, technical } = props.part;
  const { detail, place, digests, pods } = technical;
  return (
    <li className="space-y-0.5 text-xs">
      <p className="font-medium wrap-anywhere">{title}</p>
      <p>
        <ServerText>{place}</ServerText>
      </p>
      {detail !== '' && (
        <p>
          <ServerText>{detail}</ServerText>
        </p>
      )}
      {digests.map(([key, digest]) => (
        <p key={key} className="flex flex-wrap items-center gap-x-2">
          <code className="wrap-anywhere">{key}</code> <DigestText digest={digest} />
        </p>
      ))}
      {pods.length > 0 && (
        <p>
          {t('overview.parts.pods')}: <ServerText>{pods.join(', ')}</ServerText>
        </p>
      )}
    </li>
  );
}
