import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { OperationDetail, OperationsView } from 'host-service/contract/api/operations.ts';
import type { ReleasesView } from 'host-service/contract/api/releases.ts';
import type { StatusView } from 'host-service/contract/api/status.ts';
import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { Router } from 'wouter';
import { ApiProvider, createWatched, type Api } from '../../../api/api-context.tsx';
import type { Freshness } from '../../../api/freshness.ts';
import { KEYS } from '../../../api/query-keys.ts';
import { ClockProvider, stoppedClock } from '../../../parts/facts/now.tsx';
import { loadAllWords, WordsProvider, type Words } from '../../../words/words.tsx';
import { NOW_MS } from './views.ts';

export const WORDS: Readonly<Record<'en' | 'de', Words>> = {
  en: await loadAllWords('en'),
  de: await loadAllWords('de'),
};

export interface Known {
  readonly status?: StatusView;
  readonly releases?: ReleasesView;
  readonly operations?: OperationsView;
  readonly operation?: OperationDetail;
  readonly role?: 'admin' | 'viewer';
  readonly freshness?: Freshness;
  readonly locale?: 'en' | 'de';
}

/** A screen as text, with what the page knows at that moment. Nothing is fetched. */
export function markupOf(screen: ReactNode, known: Known = {}): string {
  const client = new QueryClient({ defaultOptions: { queries: { enabled: false, retry: false } } });
  client.setQueryData(KEYS.session, {
    claimed: true,
    user: 'admin',
    role: known.role ?? 'admin',
    branding: { name: 'AlgaPSA', vendor: 'Nine Minds' },
    build: 'b1',
  });
  if (known.status !== undefined) client.setQueryData(KEYS.status, known.status);
  if (known.releases !== undefined) client.setQueryData(KEYS.releases, known.releases);
  if (known.operations !== undefined) client.setQueryData(KEYS.operations, known.operations);
  if (known.operation !== undefined)
    client.setQueryData(KEYS.operation(known.operation.name), known.operation);
  const api: Api = {
    call: () => Promise.reject(new Error('nothing is fetched here')),
    freshness: createWatched<Freshness>(known.freshness ?? { kind: 'live' }),
    isStreaming: createWatched(true),
  };
  const markup = renderToStaticMarkup(
    <QueryClientProvider client={client}>
      <ApiProvider api={api}>
        <WordsProvider words={WORDS[known.locale ?? 'en']} choose={() => undefined}>
          <ClockProvider clock={stoppedClock(NOW_MS)}>
            <Router ssrPath="/">{screen}</Router>
          </ClockProvider>
        </WordsProvider>
      </ApiProvider>
    </QueryClientProvider>,
  );
  client.clear();
  return markup;
}

/** What a person reads: without marks, and without what stands in closed technical details. */
export function readableOf(markup: string): string {
  let text = markup;
  for (let before = ''; before !== text;) {
    before = text;
    text = text.replace(/<details[^>]*>(?:(?!<details)[\s\S])*?<\/details>/g, ' ');
  }
  return text
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&#x27;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');
}
