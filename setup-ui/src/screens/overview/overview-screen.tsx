import type { StatusView } from 'host-service/contract/api/status.ts';
import type { ReactNode } from 'react';
import { useReleases, useStatus } from '../../api/queries.ts';
import { Button } from '../../parts/basic/button.tsx';
import { Card } from '../../parts/basic/card.tsx';
import { Skeleton } from '../../parts/basic/skeleton.tsx';
import { useNow } from '../../parts/facts/now.tsx';
import { ProblemNotice } from '../../parts/notice/problem-notice.tsx';
import { useWords } from '../../words/words.tsx';
import { AskDialogSlot } from './asking/ask-dialog-slot.tsx';
import { AskedNotice } from './asking/asked-notice.tsx';
import { ControlPlaneCard } from './control-plane/control-plane-card.tsx';
import { controlPlaneOf } from './control-plane/derive-control-plane.ts';
import { ControlsCard } from './controls/controls-card.tsx';
import { controlsOf, pinnedName } from './controls/derive-controls.ts';
import { heroOf } from './hero/derive-hero.ts';
import { HeroCard } from './hero/hero.tsx';
import { nowOf } from './now/derive-now.ts';
import { NowCard } from './now/now-card.tsx';
import { offerOf } from './offer/derive-offer.ts';
import { OfferCard } from './offer/offer-card.tsx';
import { tierGroupsOf } from './parts-health/derive-parts.ts';
import { PartsCard } from './parts-health/parts-card.tsx';
import { planOf } from './plan/derive-plan.ts';
import { problemRowsOf } from './problems/derive-problems.ts';
import { ProblemsCard } from './problems/problems-card.tsx';
import { ChannelCard } from './release/channel-card.tsx';
import { channelOf } from './release/derive-channel.ts';
import { runningOf } from './release/derive-release.ts';
import { ReleaseCard } from './release/release-card.tsx';
import { needsAnswers } from './settings/derive-fields.ts';
import { NetworkCard } from './settings/network-card.tsx';
import { SettingsCard } from './settings/settings-card.tsx';
import { showSettings, useAskContext, useProductName, useStanding } from './use-screen.ts';

/** The first page: a pure function of the status (design §9). */
export function OverviewScreen(): ReactNode {
  const { t } = useWords();
  const status = useStatus();
  return (
    <div className="space-y-4">
      <h1 className="sr-only">{t('overview.title')}</h1>
      {status.data !== undefined ? (
        <Overview view={status.data} />
      ) : status.problem !== undefined ? (
        <Card title={t('overview.error.title')}>
          <ProblemNotice
            problem={status.problem.body}
            requestId={status.problem.requestId}
            action={<Button onClick={status.retry}>{t('common.retry')}</Button>}
          />
        </Card>
      ) : (
        <Placeholder />
      )}
    </div>
  );
}

/** As high as what will stand there, so that nothing jumps (E-26). */
function Placeholder(): ReactNode {
  return (
    <>
      <Card className="min-h-44">
        <Skeleton lines={3} />
      </Card>
      <div className="grid gap-4 md:grid-cols-2">
        <Card className="min-h-72">
          <Skeleton lines={6} />
        </Card>
        <Card className="min-h-72">
          <Skeleton lines={6} />
        </Card>
      </div>
    </>
  );
}

function Overview(props: { readonly view: StatusView }): ReactNode {
  const { view } = props;
  const nowMs = useNow();
  const releases = useReleases().data?.releases ?? [];
  const standing = useStanding();
  const seen = heroOf(view, useProductName(), releases);
  const hero = standing.isOffline ? { ...seen, tone: 'plain' as const } : seen;
  const { asking, context } = useAskContext(view, standing, showSettings);
  if (context === undefined) return null;
  const now = nowOf(view, nowMs);
  const isAsked = needsAnswers(view);
  const { pin } = view.intent;
  const plane = controlPlaneOf(view);
  const controlPlane = plane !== undefined && (
    <ControlPlaneCard key="control-plane" facts={plane} context={context} />
  );
  const settings = <SettingsCard key="settings" view={view} standing={standing} />;
  // One list with keys: what is typed into the settings stays when they move up or down.
  return [
    <HeroCard key="hero" hero={hero} phase={view.status?.phase ?? 'unknown'} context={context} />,
    <AskedNotice key="asked" asking={asking} />,
    <ProblemsCard key="problems" rows={problemRowsOf(view, releases)} context={context} />,
    plane?.isLoud === true && controlPlane,
    isAsked && settings,
    now !== undefined && <NowCard key="now" now={now} context={context} />,
    <OfferCard
      key="offer"
      offer={offerOf(view)}
      plan={planOf(now === undefined ? view.status?.plan : undefined)}
      isPrimary={hero.action === undefined}
      context={context}
    />,
    <div key="facts" className="grid gap-4 md:grid-cols-2 [&>*]:min-w-0">
      <ReleaseCard facts={runningOf(view, releases)} />
      <ChannelCard
        facts={channelOf(view, nowMs)}
        pinned={pin === undefined ? undefined : pinnedName(pin, releases)}
        context={context}
      />
    </div>,
    view.status !== undefined && <PartsCard key="parts" groups={tierGroupsOf(view.status)} />,
    <ControlsCard key="controls" controls={controlsOf(view, releases, standing)} context={context} />,
    plane?.isLoud === false && controlPlane,
    !isAsked && settings,
    <NetworkCard key="network" />,
    <AskDialogSlot key="dialog" asking={asking} view={view} releases={releases} standing={standing} />,
  ];
}
