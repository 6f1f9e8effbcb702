import type { StatusView } from 'host-service/contract/api/status.ts';
import type { ReactNode } from 'react';
import { useFreshness } from '../api/api-context.tsx';
import type { Freshness } from '../api/freshness.ts';
import { useStatus } from '../api/queries.ts';
import { absoluteTime } from '../parts/facts/format.ts';
import { durationText } from '../parts/facts/time.tsx';
import { Ribbon } from '../parts/notice/ribbon.tsx';
import { useWords, type Words } from '../words/words.tsx';

export interface RibbonText {
  readonly tone: 'warn' | 'bad';
  readonly text: string;
}

/** What to say about how old the page's data is; nothing when all is fresh. The connection to the box comes before that to its platform. */
export function ribbonOf(
  freshness: Freshness,
  cluster: StatusView['cluster'] | undefined,
  words: Pick<Words, 't' | 'tag'>,
): RibbonText | undefined {
  const { t, tag } = words;
  if (freshness.kind === 'offline') {
    const { sinceMs } = freshness;
    return {
      tone: 'bad',
      text:
        sinceMs === undefined
          ? t('parts.ribbon.offlineUnknown')
          : t('parts.ribbon.offline', { age: durationText(sinceMs, t) }),
    };
  }
  if (freshness.kind === 'stale')
    return { tone: 'warn', text: t('parts.ribbon.stale', { age: durationText(freshness.sinceMs, t) }) };
  if (cluster?.isConnected === false)
    return {
      tone: 'warn',
      text: t('parts.ribbon.cluster', { time: absoluteTime(Date.parse(cluster.since), tag) }),
    };
  return undefined;
}

/** Says how old what is shown may be (E-09). */
export function PageRibbon(props: { readonly hasStatus: boolean }): ReactNode {
  return props.hasStatus ? <StatusRibbon /> : <RibbonFor cluster={undefined} />;
}

function StatusRibbon(): ReactNode {
  return <RibbonFor cluster={useStatus().data?.cluster} />;
}

function RibbonFor(props: { readonly cluster: StatusView['cluster'] | undefined }): ReactNode {
  const words = useWords();
  const ribbon = ribbonOf(useFreshness(), props.cluster, words);
  return ribbon === undefined ? null : <Ribbon {...ribbon} />;
}
