import { useEffect, useRef, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { useFreshness } from '../api/api-context.tsx';
import { useSession, useStatus } from '../api/queries.ts';
import { useWords } from '../words/words.tsx';
import { Footer } from './footer.tsx';
import { Header } from './header.tsx';
import { useAccent, useTab, useTheme } from './look/use-look.ts';
import { PageRibbon } from './page-ribbon.tsx';

/** Puts the focus on the content after a change of page, as a browser does; not at the first one. */
function useFocusOnChange(location: string): (element: HTMLElement | null) => void {
  const main = useRef<HTMLElement>(null);
  const before = useRef(location);
  useEffect(() => {
    if (before.current === location) return;
    before.current = location;
    // A step of the setup has a heading of its own that says where one is now.
    const heading = main.current?.querySelector<HTMLElement>('h1[tabindex="-1"]');
    (heading ?? main.current)?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [location]);
  return (element) => {
    main.current = element;
  };
}

/** Title, sign and colours of what is behind the sign-in: the state of the box. */
function StateInTab(props: { readonly product: string; readonly accent: string | undefined }): null {
  const { t } = useWords();
  const view = useStatus().data;
  const phase = view?.status?.phase ?? 'unknown';
  const isLive = useFreshness().kind === 'live';
  useTab({
    word: view === undefined ? undefined : t(`states.phase.${phase}`),
    // An old state promises nothing.
    state: isLive ? `phase.${phase}` : 'unknown',
    product: props.product,
    accent: props.accent,
  });
  return null;
}

/** Frame of every screen: who made it, how it is, where one can go, whether what is shown is fresh. */
export function Shell(props: {
  readonly children: ReactNode;
  /** Screens of their own, outside the box's navigation: claim, sign-in. */
  readonly isPlain?: boolean;
}): ReactNode {
  const { t } = useWords();
  const [location] = useLocation();
  const main = useFocusOnChange(location);
  const [theme, chooseTheme, shade] = useTheme();
  const session = useSession().data;
  const isSignedIn = session?.user !== undefined;
  useAccent(session?.branding, shade);
  const product = session?.branding.name ?? 'Appliance';
  return (
    <div className="flex min-h-dvh flex-col bg-canvas text-ink">
      <a className="skip-link" href="#content">
        {t('shell.skip')}
      </a>
      {isSignedIn && <StateInTab product={product} accent={session.branding.accent} />}
      {!isSignedIn && <PlainTab product={product} accent={session?.branding.accent} />}
      <Header session={session} isPlain={props.isPlain ?? false} />
      <PageRibbon hasStatus={isSignedIn} />
      <main
        id="content"
        ref={main}
        tabIndex={-1}
        className="mx-auto w-full max-w-5xl flex-1 px-3 py-4 sm:px-4 sm:py-6"
      >
        {props.children}
      </main>
      <Footer theme={theme} onTheme={chooseTheme} />
    </div>
  );
}

function PlainTab(props: { readonly product: string; readonly accent: string | undefined }): null {
  useTab({ word: undefined, state: 'unknown', product: props.product, accent: props.accent });
  return null;
}
