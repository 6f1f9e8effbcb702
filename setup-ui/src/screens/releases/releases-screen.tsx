import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { useReleases, useStatus } from '../../api/queries.ts';
import { EmptyState } from '../../parts/basic/empty-state.tsx';
import { useWords } from '../../words/words.tsx';
import { AskDialogSlot } from '../overview/asking/ask-dialog-slot.tsx';
import { AskedNotice } from '../overview/asking/asked-notice.tsx';
import { Loaded } from '../overview/model/loaded.tsx';
import { useAskContext, useStanding } from '../overview/use-screen.ts';
import { releaseRowsOf } from './derive-releases.ts';
import { ReleaseItem } from './release-item.tsx';

/** All releases that the box knows, newest first, each with the reasons for and against. */
export function ReleasesScreen(): ReactNode {
  const { t } = useWords();
  const [, go] = useLocation();
  const releases = useReleases();
  const view = useStatus().data;
  const standing = useStanding();
  const { asking, context } = useAskContext(view, standing, () => go('/'));
  return (
    <div className="space-y-4">
      <div>
        <h1 className="text-xl font-semibold">{t('releases.title')}</h1>
        <p className="text-sm text-muted">{t('releases.intro')}</p>
      </div>
      <AskedNotice asking={asking} />
      <Loaded answer={releases} errorTitle={t('releases.error.title')}>
        {(data) =>
          data.releases.length === 0 ? (
            <EmptyState title={t('releases.empty.title')}>{t('releases.empty.text')}</EmptyState>
          ) : (
            <ul className="space-y-4">
              {releaseRowsOf(data.releases, view).map((row) => (
                <li key={row.release.digest}>
                  <ReleaseItem row={row} context={context} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {view !== undefined && (
        <AskDialogSlot
          asking={asking}
          view={view}
          releases={releases.data?.releases ?? []}
          standing={standing}
        />
      )}
    </div>
  );
}
