import { lazy, Suspense, type ReactNode } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { Skeleton } from '../parts/basic/skeleton.tsx';
import { OverviewScreen } from '../screens/overview/overview-screen.tsx';
import { WholeWords } from '../words/whole-words.tsx';
import { NotFound } from './not-found.tsx';

const Releases = lazy(async () => ({
  default: (await import('../screens/releases/releases-screen.tsx')).ReleasesScreen,
}));
const History = lazy(async () => ({
  default: (await import('../screens/history/history-screen.tsx')).HistoryScreen,
}));
const Operation = lazy(async () => ({
  default: (await import('../screens/history/operation-screen.tsx')).OperationScreen,
}));

/** Screens of somebody who is signed in. The overview comes with the page, the others when they are needed. */
export function Screens(): ReactNode {
  return (
    <Suspense fallback={<Skeleton lines={6} />}>
      <Switch>
        <Route path="/">
          <OverviewScreen />
        </Route>
        <Route path="/releases">
          <WholeWords fallback={<Skeleton lines={6} />}>
            <Releases />
          </WholeWords>
        </Route>
        <Route path="/history">
          <WholeWords fallback={<Skeleton lines={6} />}>
            <History />
          </WholeWords>
        </Route>
        <Route path="/history/:name">
          {(params) => (
            <WholeWords fallback={<Skeleton lines={6} />}>
              <Operation key={params.name} name={params.name} />
            </WholeWords>
          )}
        </Route>
        <Route path="/claim">
          <Redirect to="/" replace />
        </Route>
        <Route path="/login">
          <Redirect to="/" replace />
        </Route>
        <Route>
          <NotFound />
        </Route>
      </Switch>
    </Suspense>
  );
}
