import { useEffect, type ReactNode } from 'react';
import { Link, useSearch } from 'wouter';
import { useNetwork } from '../../api/network.ts';
import { Icon } from '../../parts/basic/icon.tsx';
import { useWords } from '../../words/words.tsx';
import { Loaded } from '../overview/model/loaded.tsx';
import { useStanding } from '../overview/use-screen.ts';
import { anchorOf, originOf } from './model/address.ts';
import { NetworkFormView } from './network-form.tsx';
import { showAnchor } from './show-anchor.ts';

/** How this box goes to other hosts: proxy, authorities, name and time servers, mirrors, credentials. */
export function NetworkScreen(): ReactNode {
  const { t } = useWords();
  const network = useNetwork();
  const standing = useStanding();
  const origin = originOf(useSearch());
  return (
    <div className="space-y-5">
      <div className="space-y-1.5">
        <Link href={origin} className="inline-flex min-h-7 items-center gap-1.5 text-sm">
          <Icon name="arrow" className="rotate-180" />
          {t(origin.startsWith('/setup') ? 'network.back.setup' : 'network.back')}
        </Link>
        <h1 tabIndex={-1} className="text-2xl font-semibold wrap-break-word">
          {t('network.title')}
        </h1>
        <p className="max-w-prose text-muted">{t('network.intro')}</p>
      </div>
      {!standing.isAdmin && (
        <p className="flex gap-2 rounded-md border border-line bg-sunken p-3 text-sm">
          <Icon name="eye" className="mt-0.5 text-muted" />
          <span className="min-w-0">{t('setup.viewer')}</span>
        </p>
      )}
      <Loaded answer={network} errorTitle={t('network.error')}>
        {(view) => (
          <>
            <FocusOnAnchor />
            <NetworkFormView view={view} standing={standing} />
          </>
        )}
      </Loaded>
    </div>
  );
}

/** A check leads to what mends it: the address names the place, and the focus goes into its first field. */
function FocusOnAnchor(): null {
  useEffect(() => {
    showAnchor(decodeURIComponent(location.hash.slice(1)), anchorOf('hosts'));
  }, []);
  return null;
}
