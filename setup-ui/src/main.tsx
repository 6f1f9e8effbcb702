import './app/before.ts';
import './app/style.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiProvider } from './api/api-context.tsx';
import { createRuntime } from './api/runtime.ts';
import { App } from './app/app.tsx';
import { Root } from './app/root.tsx';
import { ClockProvider, pageClock } from './parts/facts/now.tsx';
import { takeFragmentCode } from './screens/claim/fragment-code.ts';
import { localeOf, storedLocale } from './words/locale.ts';
import { loadWords } from './words/words.tsx';

/** Draws the page as soon as its first words are here. */
async function start(place: HTMLElement): Promise<void> {
  // At once, before anything is asked or drawn: a code has no business in the address bar.
  const claimCode = takeFragmentCode(location, history);
  const words = await loadWords(localeOf(storedLocale(), navigator.languages, __GALLERY__));
  const runtime = createRuntime();
  // Ages are counted by the clock of the box: a box without network time may be hours off.
  const clock = { ...pageClock, now: () => Date.now() + runtime.aheadMs() };
  createRoot(place).render(
    <StrictMode>
      <Root firstWords={words}>
        <ClockProvider clock={clock}>
          <QueryClientProvider client={runtime.client}>
            <ApiProvider api={runtime.api}>
              <App stream={runtime.stream} claimCode={claimCode} />
            </ApiProvider>
          </QueryClientProvider>
        </ClockProvider>
      </Root>
    </StrictMode>,
  );
}

const place = document.getElementById('page');
if (place !== null) void start(place);
