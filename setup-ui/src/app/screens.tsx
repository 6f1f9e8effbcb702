import { lazy, Suspense, type ReactNode } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { useStatus } from '../api/queries.ts';
import { Skeleton } from '../parts/basic/skeleton.tsx';
import { isSetUp } from '../screens/setup/model/is-set-up.ts';
import { WholeWords } from '../words/whole-words.tsx';
import { NotFound } from './not-found.tsx';

const Overview = lazy(async () => ({
  default: (await import('../screens/overview/overview-screen.tsx')).OverviewScreen,
}));
const Setup = lazy(async () => ({
  default: (await import('../screens/setup/setup-screen.tsx')).SetupScreen,
}));
const Network = lazy(async () => ({
  default: (await import('../screens/network/network-screen.tsx')).NetworkScreen,
}));
const Releases = lazy(async () => ({
  default: (await import('../screens/releases/releases-screen.tsx')).ReleasesScreen,
}));
const History = lazy(async () => ({
  default: (await import('../screens/history/history-screen.tsx')).HistoryScreen,
}));
const Operation = lazy(async () => ({
  default: (await import('../screens/history/operation-screen.tsx')).OperationScreen,
}));

const Sessions = lazy(async () => ({
  default: (await import('../screens/session/list/sessions-screen.tsx')).SessionsScreen,
}));

/** The first page: the wizard as long as nothing has ever worked here, else the overview. */
function Home(): ReactNode {
  const status = useStatus().data;
  return status === undefined || isSetUp(status) ? <Overview /> : <Redirect to="/setup" replace />;
}

/** Screens of somebody who is signed in. Each comes when it is needed, beside the question for the status: who claims or signs in waits for none. */
export function Screens(): ReactNode {
  return (
    <Suspense fallback={<Skeleton lines={6} />}>
      <Switch>
        <Route path="/">
          <Home />
        </Route>
        <Route path="/overview">
          <Overview />
        </Route>
        <Route path="/setup/:step?">
          {({ step }) => (
            <WholeWords fallback={<Skeleton lines={6} />}>
              <Setup word={step} />
            </WholeWords>
          )}
        </Route>
        <Route path="/network">
          <WholeWords fallback={<Skeleton lines={6} />}>
            <Network />
          </WholeWords>
        </Route>
        <Route path="/sessions">
          <WholeWords fallback={<Skeleton lines={6} />}>
            <Sessions />
          </WholeWords>
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
