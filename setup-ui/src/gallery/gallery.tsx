import './before-zod.ts';
import type { ReactNode } from 'react';
import { Link, Route, Router, Switch } from 'wouter';
import { Card } from '../parts/basic/card.tsx';
import { EmptyState } from '../parts/basic/empty-state.tsx';
import { FixtureScreen } from './fixture-screen.tsx';
import { STATES } from './states/all.ts';

/** Every state of the page by name, for review and tests (E-28). In English only: it is not part of the product. */
export function Gallery(): ReactNode {
  return (
    <Switch>
      <Route path="/states">
        <main className="mx-auto max-w-3xl p-4">
          <Card title={`${STATES.length} states`}>
            <ul className="grid gap-1 sm:grid-cols-2">
              {STATES.map((state) => (
                <li key={state.name}>
                  <Link href={`/states/${state.name}${state.at ?? ''}`}>{state.title}</Link>
                </li>
              ))}
            </ul>
          </Card>
        </main>
      </Route>
      <Route path="/states/:name/*?">
        {(params) => {
          const input = STATES.find((state) => state.name === params.name);
          if (input === undefined) return <EmptyState title="There is no such state" />;
          return (
            <Router key={input.name} base={`/states/${input.name}`}>
              <FixtureScreen input={input} />
            </Router>
          );
        }}
      </Route>
    </Switch>
  );
}
