import type { SessionView } from 'host-service/contract/api/session.ts';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { Skeleton } from '../parts/basic/skeleton.tsx';
import { WholeWords } from '../words/whole-words.tsx';

const Claim = lazy(async () => ({
  default: (await import('../screens/claim/claim-screen.tsx')).ClaimScreen,
}));
const Login = lazy(async () => ({
  default: (await import('../screens/login/login-screen.tsx')).LoginScreen,
}));

/** Before the sign-in. The address stays what it was, so that one arrives where one wanted to go (E-12). */
export function Entry(props: {
  readonly session: SessionView;
  readonly claimCode: string | undefined;
}): ReactNode {
  const [isClaimedMeanwhile, setClaimed] = useState(false);
  return (
    <Suspense fallback={<Skeleton lines={6} />}>
      <WholeWords fallback={<Skeleton lines={6} />}>
        {props.session.claimed || isClaimedMeanwhile ? (
          <Login />
        ) : (
          <Claim
            firstCode={props.claimCode}
            session={props.session}
            onAlreadyClaimed={() => setClaimed(true)}
          />
        )}
      </WholeWords>
    </Suspense>
  );
}
