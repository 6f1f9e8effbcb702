import { useEffect, type ReactNode } from 'react';
import { useSession } from '../api/queries.ts';
import type { LiveStream } from '../api/live/live-stream.ts';
import { Skeleton } from '../parts/basic/skeleton.tsx';
import { Screens } from './screens.tsx';
import { Shell } from './shell.tsx';

/** The page: who is there decides between claim, sign-in and the screens. */
export function App(props: { readonly stream: LiveStream }): ReactNode {
  const session = useSession();
  const isSignedIn = session.data?.user !== undefined;
  const { stream } = props;
  useEffect(() => {
    if (!isSignedIn) return undefined;
    stream.start();
    return () => stream.stop();
  }, [isSignedIn, stream]);
  return (
    <Shell>
      {isSignedIn ? <Screens /> : <Skeleton />}
    </Shell>
  );
}
