import { QueryClientProvider } from '@tanstack/react-query';
import { useMemo, type ReactNode } from 'react';
import { ApiProvider } from '../api/api-context.tsx';
import { Content } from '../app/app.tsx';
import { Shell } from '../app/shell.tsx';
import { ClockProvider, stoppedClock } from '../parts/facts/now.tsx';
import { fixtureApi, fixtureClient } from './fixture-api.ts';
import { galleryStateOf, type StateInput } from './gallery-state.ts';
import { GALLERY_NOW } from './states/base.ts';

const clock = stoppedClock(GALLERY_NOW);

/** The real page over a box that stands still. */
export function FixtureScreen(props: { readonly input: StateInput }): ReactNode {
  const { api, client } = useMemo(() => {
    const state = galleryStateOf(props.input);
    return { api: fixtureApi(state), client: fixtureClient(state) };
  }, [props.input]);
  return (
    <ClockProvider clock={clock}>
      <QueryClientProvider client={client}>
        <ApiProvider api={api}>
          <Shell>
            <Content />
          </Shell>
        </ApiProvider>
      </QueryClientProvider>
    </ClockProvider>
  );
}
