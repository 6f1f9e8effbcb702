import type { SessionView } from 'host-service/contract/api/session.ts';
import { lazy, Suspense, type ReactNode } from 'react';
import { Link, useRoute } from 'wouter';
import { useFreshness } from '../api/api-context.tsx';
import { useStatus } from '../api/queries.ts';
import { cx } from '../parts/basic/class-names.ts';
import { Icon } from '../parts/basic/icon.tsx';
import { StateBadge } from '../parts/basic/state-badge.tsx';
import { LiveText } from '../parts/facts/live-text.tsx';
import { isSetUp } from '../screens/setup/model/is-set-up.ts';
import { useWords } from '../words/words.tsx';

const AccountMenu = lazy(async () => ({ default: (await import('./account-menu.tsx')).AccountMenu }));

/** The logo is shown as an image only: an SVG in the page could bring markup (product.yaml is data). */
export const logoAddress = (svg: string): string => `data:image/svg+xml,${encodeURIComponent(svg)}`;

function HeaderState(): ReactNode {
  const { t } = useWords();
  const view = useStatus().data;
  const isLive = useFreshness().kind === 'live' && view?.cluster.isConnected !== false;
  if (view === undefined) return null;
  const phase = `states.phase.${view.status?.phase ?? 'unknown'}` as const;
  return (
    <>
      <StateBadge state={phase} isOld={!isLive} />
      <LiveText isHidden text={t(phase)} />
    </>
  );
}

function NavLink(props: {
  readonly href: string;
  readonly pattern: string;
  readonly children: string;
}): ReactNode {
  const [isHere] = useRoute(props.pattern);
  return (
    <Link
      href={props.href}
      aria-current={isHere ? 'page' : undefined}
      className={cx(
        'inline-flex min-h-10 items-center border-b-2 px-2 text-sm font-medium no-underline sm:px-3',
        isHere ? 'border-accent-text text-ink' : 'border-transparent text-muted hover:text-ink',
      )}
    >
      {props.children}
    </Link>
  );
}

/** The wizard is the first page until something works here; the overview can be gone to all the same. */
function HomeLinks(): ReactNode {
  const { t } = useWords();
  const view = useStatus().data;
  const [isOverview] = useRoute('/overview');
  const isNew = view !== undefined && !isSetUp(view);
  return (
    <>
      {isNew && (
        <NavLink href="/setup" pattern="/setup/*?">
          {t('shell.nav.setup')}
        </NavLink>
      )}
      <NavLink
        href={isNew || isOverview ? '/overview' : '/'}
        pattern={isNew || isOverview ? '/overview' : '/'}
      >
        {t('shell.nav.overview')}
      </NavLink>
    </>
  );
}

/** Vendor, product, state in words, ways to go, who is signed in. */
export function Header(props: {
  readonly session: SessionView | undefined;
  readonly isPlain: boolean;
}): ReactNode {
  const { t } = useWords();
  const { session } = props;
  const isFull = session?.user !== undefined && !props.isPlain;
  return (
    <header className="border-b border-line bg-surface">
      <div className="mx-auto flex max-w-5xl flex-wrap items-center gap-x-3 gap-y-1 px-3 pt-2.5 pb-2 sm:px-4">
        <Link href="/" className="flex min-h-8 min-w-0 items-center gap-2.5 text-ink no-underline">
          {session?.branding.logo !== undefined && (
            <img
              src={logoAddress(session.branding.logo)}
              alt=""
              width="28"
              height="28"
              className="size-7 shrink-0"
            />
          )}
          <span className="min-w-0 truncate font-semibold">{session?.branding.name ?? 'Appliance'}</span>
        </Link>
        {isFull && <HeaderState />}
        <span className="flex-1" />
        {isFull && (
          <Suspense fallback={<Icon name="person" className="m-2.5" />}>
            <AccountMenu user={session.user ?? ''} role={session.role ?? 'viewer'} />
          </Suspense>
        )}
      </div>
      {isFull && (
        <nav aria-label={t('shell.nav')} className="mx-auto -mb-px flex max-w-5xl flex-wrap px-1">
          <HomeLinks />
          <NavLink href="/releases" pattern="/releases">
            {t('shell.nav.releases')}
          </NavLink>
          <NavLink href="/history" pattern="/history/*?">
            {t('shell.nav.history')}
          </NavLink>
        </nav>
      )}
    </header>
  );
}
