import type { ReactNode } from 'react';
import { Card } from '../../../parts/basic/card.tsx';
import { Icon } from '../../../parts/basic/icon.tsx';
import { CopyButton } from '../../../parts/facts/copy-button.tsx';
import { bytesText } from '../../../parts/facts/format.ts';
import { durationText } from '../../../parts/facts/time.tsx';
import { useWords } from '../../../words/words.tsx';
import type { PlanFacts } from '../../overview/plan/derive-plan.ts';

/** The three figures that people ask for first. */
export function Figures(props: { readonly plan: PlanFacts }): ReactNode {
  const { t, tag } = useWords();
  const { plan } = props;
  return (
    <dl className="grid gap-px overflow-hidden rounded-lg border border-line bg-line sm:grid-cols-3">
      <Figure name={t('setup.plan.release')} value={plan.to ?? ''}>
        {plan.from === undefined ? t('setup.plan.first') : ''}
      </Figure>
      <Figure name={t('setup.plan.download')} value={bytesText(plan.pullBytes, tag)}>
        {plan.presentBytes > 0 ? t('setup.plan.present', { bytes: bytesText(plan.presentBytes, tag) }) : ''}
      </Figure>
      {plan.time !== undefined && (
        <Figure name={t('setup.plan.time')} value={durationText(plan.time.usualMs, t)}>
          {t('setup.plan.time.worst', { worst: durationText(plan.time.worstMs, t) })}
        </Figure>
      )}
    </dl>
  );
}

function Figure(props: {
  readonly name: string;
  readonly value: string;
  readonly children: string;
}): ReactNode {
  return (
    <div className="min-w-0 bg-surface p-4">
      <dt className="text-sm text-muted">{props.name}</dt>
      <dd className="tabular text-xl font-semibold wrap-anywhere">{props.value}</dd>
      {props.children !== '' && <dd className="text-sm text-muted">{props.children}</dd>}
    </div>
  );
}

/** Who will be contacted, to be allowed in a firewall before anything begins. */
export function Hosts(props: { readonly hosts: readonly string[] }): ReactNode {
  const { t } = useWords();
  return (
    <Card
      title={t('setup.plan.hosts')}
      aside={
        props.hosts.length > 0 && (
          <CopyButton
            text={props.hosts.join('\n')}
            label={t('setup.plan.hosts.copy')}
            what={t('setup.plan.hosts.what')}
          />
        )
      }
    >
      <p className="mb-2 text-sm text-muted">
        {t(props.hosts.length === 0 ? 'setup.plan.hosts.none' : 'setup.plan.hosts.text')}
      </p>
      <ul className="flex flex-wrap gap-2 empty:hidden">
        {props.hosts.map((host) => (
          <li key={host} className="rounded-md bg-sunken px-2 py-1 font-mono text-sm wrap-anywhere">
            {host}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Until when everything can be taken back, and what holds from then on. */
export function PointOfNoReturn(props: { readonly isOneWay: boolean }): ReactNode {
  const { t } = useWords();
  return (
    <div className="flex gap-3 rounded-lg border border-line bg-surface p-4">
      <Icon name="hand" className="mt-0.5 size-5 text-accent-text" />
      <div className="min-w-0 space-y-1">
        <p className="font-medium wrap-break-word">{t('setup.plan.return')}</p>
        <p className="text-sm text-muted wrap-break-word">
          {t(props.isOneWay ? 'setup.plan.return.one-way' : 'setup.plan.return.after')}
        </p>
      </div>
    </div>
  );
}
