import type { OperationView } from 'host-service/contract/api/operations.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useOperation } from '../../../api/queries.ts';
import { Card } from '../../../parts/basic/card.tsx';
import { Disclosure } from '../../../parts/basic/disclosure.tsx';
import { Icon } from '../../../parts/basic/icon.tsx';
import { useWords } from '../../../words/words.tsx';
import { EventList } from '../../history/event-list.tsx';
import type { AskContext } from '../../overview/asking/ask-button.tsx';
import type { Now } from '../../overview/now/derive-now.ts';
import { StepList } from '../../overview/now/step-list.tsx';
import { tierGroupsOf } from '../../overview/parts-health/derive-parts.ts';
import { PartsCard } from '../../overview/parts-health/parts-card.tsx';
import type { StepProps } from '../step-props.ts';
import { Current } from './current.tsx';
import { newestOf } from './derive-run.ts';
import { downloadsOf } from './downloads/derive-downloads.ts';
import { DownloadsCard } from './downloads/downloads-card.tsx';
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
  const downloads = downloadsOf(status.status?.pulls);
  return (
    <>
      <Current now={now} operation={operation} context={context} />
      <UnplugBadge unplug={unplugOf(operation, status.status?.tiers ?? {})} />
      <p className="flex gap-2 text-sm text-muted">
        <Icon name="info" className="mt-0.5" />
        <span className="min-w-0">{t('setup.run.leave')}</span>
      </p>
      {downloads !== undefined && <DownloadsCard downloads={downloads} isPaused={now.paused !== undefined} />}
      <Card title={t('overview.steps.label')}>
        <StepList steps={now.steps} isPaused={now.paused !== undefined} />
      </Card>
      {status.status !== undefined && <PartsCard groups={tierGroupsOf(status.status)} />}
      <Events name={operation.name} />
    </>
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
