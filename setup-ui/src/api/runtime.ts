import { QueryCache, QueryClient, MutationCache } from '@tanstack/react-query';
import type { LiveEvent, StatusView } from 'host-service/contract/api/status.ts';
import { createWatched, type Api } from './api-context.tsx';
import { createBuildWatch, type ReloadMemory } from './build-watch.ts';
import { createCall } from './call.ts';
import { freshnessOf, type Freshness } from './freshness.ts';
import { applyOperationEvent, applySnapshot } from './live/live-cache.ts';
import { createLiveStream, type LiveStream } from './live/live-stream.ts';
import { pageProblemOf } from './page-problem.ts';
import { KEYS } from './query-keys.ts';
import { watchPerson } from './safe-moment.ts';

export interface Runtime {
  readonly api: Api;
  readonly client: QueryClient;
  /** Begins and ends the live stream; safe to call twice. */
  readonly stream: LiveStream;
  /** Milliseconds that the clock of the box is ahead of this browser's. */
  readonly aheadMs: () => number;
}

/** Codes after which the session is asked for again. */
const SIGNED_OUT = new Set(['session.required', 'session.not-claimed']);

function createClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: (error) => noteSession(error) }),
    mutationCache: new MutationCache({ onError: (error) => noteSession(error) }),
    defaultOptions: {
      queries: {
        // The box may be away for a while; hooks that must know ask again by themselves.
        retry: (count, error) => count < 2 && pageProblemOf(error).body.code === 'client.disconnected',
        retryDelay: (count) => Math.min(3_000, 300 * 2 ** count),
        networkMode: 'always',
        refetchOnReconnect: 'always',
        staleTime: 1_000,
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
  const noteSession = (error: unknown): void => {
    if (SIGNED_OUT.has(pageProblemOf(error).body.code))
      void client.invalidateQueries({ queryKey: KEYS.session });
  };
  return client;
}

/** Without storage the page would not know that it has loaded itself again already; so it does not. */
const reloadMemory: ReloadMemory = {
  has: (build) => {
    try {
      return sessionStorage.getItem(`appliance-reload:${build}`) !== null;
    } catch {
      return true;
    }
  },
  add: (build) => {
    try {
      sessionStorage.setItem(`appliance-reload:${build}`, '1');
      return true;
    } catch {
      return false;
    }
  },
};

const isSameFreshness = (a: Freshness, b: Freshness): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Everything of the page that outlives a screen, wired to this browser. */
export function createRuntime(): Runtime {
  const client = createClient();
  const startedMs = Date.now();
  let lastSignMs: number | undefined;
  let aheadMs = 0;
  const isStreaming = createWatched(false);
  const freshness = createWatched<Freshness>({ kind: 'live' }, isSameFreshness);
  const builds = createBuildWatch({
    memory: reloadMemory,
    isSafe: watchPerson(window, Date.now),
    reload: () => location.reload(),
    every: (action, ms) => {
      const timer = setInterval(action, ms);
      return () => clearInterval(timer);
    },
  });
  const look = (): void =>
    freshness.set(freshnessOf({ lastSignMs, startedMs, isBrowserOnline: navigator.onLine }, Date.now()));
  const sign = (): void => {
    lastSignMs = Date.now();
    look();
  };
  setInterval(look, 1_000);
  window.addEventListener('online', look);
  window.addEventListener('offline', look);
  window.addEventListener('vite:preloadError', () => builds.lost());

  // `none`: the server is asked for a whole snapshot instead of what came since.
  let cursor: string | undefined;
  const stream = createLiveStream({
    open: (address) => new EventSource(address),
    // Events are asked for from where the cache stands; an empty cache begins with a snapshot.
    cursor: () => {
      const cached = client.getQueryData<StatusView>(KEYS.status);
      return cached === undefined || cursor === 'none' ? undefined : (cursor ?? cached.cursor);
    },
    onOpen: isStreaming.set,
    onUnreadable: () => {
      cursor = 'none';
      void client.invalidateQueries({ queryKey: KEYS.status });
    },
    onEvent: (event: LiveEvent) => {
      sign();
      if (event.id !== undefined) cursor = event.id;
      if (event.name === 'snapshot') {
        builds.see(event.data.build);
        applySnapshot(client, event.data);
      } else if (event.name === 'operation') {
        applyOperationEvent(client, event.data.operation, event.data.event);
      } else if (event.name === 'beat') {
        builds.see(event.data.build);
        aheadMs = Date.parse(event.data.at) - Date.now();
      } else if (event.data.reason === 'signed-out') {
        void client.invalidateQueries({ queryKey: KEYS.session });
      }
    },
    random: Math.random,
    delay: (action, ms) => {
      const timer = setTimeout(action, ms);
      return () => clearTimeout(timer);
    },
  });
  const call = createCall((input, init) => fetch(input, init), { onAnswer: sign, onBuild: builds.see });
  return { api: { call, freshness, isStreaming }, client, stream, aheadMs: () => aheadMs };
}
