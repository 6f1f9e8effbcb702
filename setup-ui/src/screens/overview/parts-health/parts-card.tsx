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
        <div className="space-y-5">
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
  const isTroubled = tier === 'background' && state === 'failed';
  return (
    <Section
      title={t(`states.tier.${tier}`)}
      aside={
        <span className="flex items-center gap-2 text-xs text-muted">
          {t('overview.parts.ready', { ready, total: parts.length })}
          <StateBadge state={`states.component.${state}`} />
        </span>
      }
    >
      {isTroubled && <p className="mb-1 text-sm text-muted">{t('overview.parts.background')}</p>}
      <ul className="divide-y divide-line border-y border-line">
        {parts.map((part) => (
          <Part key={part.name} part={part} />
        ))}
      </ul>
    </Section>
  );
}

function Part(props: { readonly part: PartRow }): ReactNode {
  const { find } = useWords();
  const { title, state, code } = props.part;
  const fault = code === undefined ? undefined : find(`problems.${code}.title`);
  return (
    <li className="py-2 text-sm" data-part={props.part.name}>
      <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
        <span className="min-w-0 font-medium wrap-anywhere">{title}</span>
        {state !== 'ready' && <StateBadge state={`states.component.${state}`} />}
      </div>
      {fault !== undefined && <p className="wrap-break-word">{fault}</p>}
      <Technical part={props.part} />
    </li>
  );
}

function Technical(props: { readonly part: PartRow }): ReactNode {
  const { t } = useWords();
  const { detail, place, digests, pods } = props.part.technical;
  return (
    <Disclosure className="mt-0.5">
      <div className="space-y-1 text-xs">
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
      </div>
    </Disclosure>
  );
}
