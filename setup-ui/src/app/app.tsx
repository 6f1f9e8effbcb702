import { lazy, Suspense, useEffect, type ReactNode } from 'react';
import { useLocation, useRoute } from 'wouter';
import { useSession } from '../api/queries.ts';
import type { LiveStream } from '../api/live/live-stream.ts';
import { Button } from '../parts/basic/button.tsx';
import { Skeleton } from '../parts/basic/skeleton.tsx';
import { ProblemNotice } from '../parts/notice/problem-notice.tsx';
import { useWords } from '../words/words.tsx';
import { Entry } from './entry.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { Screens } from './screens.tsx';
import { Shell } from './shell.tsx';

const Gallery = __GALLERY__
  ? lazy(async () => ({ default: (await import('../gallery/gallery.tsx')).Gallery }))
  : undefined;
const FaultPanel =
  import.meta.env.MODE === 'demo'
    ? lazy(async () => ({ default: (await import('../demo/fault-panel.tsx')).FaultPanel }))
    : undefined;

interface PageProps {
  readonly stream: LiveStream;
  /** Claim code of the address that was opened. */
  readonly claimCode: string | undefined;
}

/** The page; in builds that have it, also the gallery, which needs no box. */
export function App(props: PageProps): ReactNode {
  const [isGallery] = useRoute('/states/*?');
  if (Gallery === undefined || !isGallery) return <Page {...props} />;
  return (
    <Suspense>
      <Gallery />
    </Suspense>
  );
}

/** Who is there decides between claim, sign-in and the screens. */
function Page(props: PageProps): ReactNode {
  const isSignedIn = useSession().data?.user !== undefined;
  const { stream } = props;
  useEffect(() => {
    if (!isSignedIn) return undefined;
    stream.start();
    return () => stream.stop();
  }, [isSignedIn, stream]);
  return (
    <>
      <Shell>
        <Content claimCode={props.claimCode} />
      </Shell>
      {FaultPanel !== undefined && (
        <Suspense>
          <FaultPanel />
        </Suspense>
      )}
    </>
  );
}

/** What stands in the frame. */
export function Content(props: { readonly claimCode?: string | undefined }): ReactNode {
  const { t } = useWords();
  const session = useSession();
  const [location] = useLocation();
  if (session.data === undefined) {
    if (session.problem === undefined) return <Skeleton lines={6} />;
    return (
      <ProblemNotice
        problem={session.problem.body}
        requestId={session.problem.requestId}
        action={
          <Button icon="refresh" onClick={session.retry}>
            {t('common.retry')}
          </Button>
        }
      />
    );
  }
  if (session.data.user === undefined) return <Entry session={session.data} claimCode={props.claimCode} />;
  return (
    <ErrorBoundary resetBy={location}>
      <Screens />
    </ErrorBoundary>
  );
}
