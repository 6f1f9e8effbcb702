import { QueryCache, QueryClient, MutationCache } from '@tanstack/react-query';
import type { SessionView } from 'host-service/contract/api/session.ts';
import type { LiveEvent, StatusView } from 'host-service/contract/api/status.ts';
import { createWatched, type Api, type Watched } from './api-context.tsx';
import { createBuildWatch, type BuildWatch, type ReloadMemory } from './build-watch.ts';
import { createCall } from './call.ts';
import { freshnessOf, type Freshness } from './freshness.ts';
import { applyOperationEvent, applySnapshot } from './live/live-cache.ts';
import { createLiveStream, type LiveStream } from './live/live-stream.ts';
import { pageProblemOf } from './page-problem.ts';
import { againMs } from './queries.ts';
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

/** Asks who is there now. That somebody was, and did not sign out here, is kept for the sign-in page to say. */
function askSession(client: QueryClient): void {
  const known = client.getQueryData<SessionView>(KEYS.session);
  if (known?.user !== undefined) client.setQueryData(KEYS.signedOut, true);
  void client.invalidateQueries({ queryKey: KEYS.session });
}

function createClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: (error) => noteSession(error) }),
    mutationCache: new MutationCache({ onError: (error) => noteSession(error) }),
    defaultOptions: {
      queries: {
        // The box may be away for a while: soon again at first, then until it hears (B-56).
        retry: (count, error) => count < 2 && pageProblemOf(error).body.code === 'client.disconnected',
        retryDelay: (count) => Math.min(3_000, 300 * 2 ** count),
        refetchInterval: ({ state }) => againMs(state.error),
        networkMode: 'always',
        refetchOnReconnect: 'always',
        staleTime: 1_000,
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
  const noteSession = (error: unknown): void => {
    if (SIGNED_OUT.has(pageProblemOf(error).body.code)) askSession(client);
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

const every = (action: () => void, ms: number): (() => void) => {
  const timer = setInterval(action, ms);
  return () => clearInterval(timer);
};
const delay = (action: () => void, ms: number): (() => void) => {
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
};

interface Signs {
  readonly freshness: Watched<Freshness>;
  /** The box has just shown that it lives. */
  readonly note: () => void;
}

/** Follows the signs of life, each second and when the browser's network comes or goes. */
function createSigns(): Signs {
  const startedMs = Date.now();
  let lastSignMs: number | undefined;
  const freshness = createWatched<Freshness>({ kind: 'live' }, isSameFreshness);
  const look = (): void =>
    freshness.set(freshnessOf({ lastSignMs, startedMs, isBrowserOnline: navigator.onLine }, Date.now()));
  every(look, 1_000);
  window.addEventListener('online', look);
  window.addEventListener('offline', look);
  const note = (): void => {
    lastSignMs = Date.now();
    look();
  };
  return { freshness, note };
}

/** Takes events into the cache and remembers where the stream stands. */
function createEventTaker(client: QueryClient, builds: BuildWatch) {
  // `none`: the server is asked for a whole snapshot instead of what came since.
  let cursor: string | undefined;
  let aheadMs = 0;
  return {
    aheadMs: (): number => aheadMs,
    // Events are asked for from where the cache stands; an empty cache begins with a snapshot.
    cursor: (): string | undefined => {
      const cached = client.getQueryData<StatusView>(KEYS.status);
      return cached === undefined || cursor === 'none' ? undefined : (cursor ?? cached.cursor);
    },
    beginAnew: (): void => {
      cursor = 'none';
      void client.invalidateQueries({ queryKey: KEYS.status });
    },
    take: (event: LiveEvent): void => {
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
        askSession(client);
      }
    },
  };
}

/** Everything of the page that outlives a screen, wired to this browser. */
export function createRuntime(): Runtime {
  const client = createClient();
  const isStreaming = createWatched(false);
  const { freshness, note } = createSigns();
  const builds = createBuildWatch({
    memory: reloadMemory,
    isSafe: watchPerson(window, Date.now),
    reload: () => location.reload(),
    every,
  });
  window.addEventListener('vite:preloadError', () => builds.lost());
  const taker = createEventTaker(client, builds);
  const stream = createLiveStream({
    open: (address) => new EventSource(address),
    cursor: taker.cursor,
    onOpen: isStreaming.set,
    onUnreadable: taker.beginAnew,
    onEvent: (event) => {
      note();
      taker.take(event);
    },
    random: Math.random,
    delay,
  });
  const call = createCall((input, init) => fetch(input, init), { onAnswer: note, onBuild: builds.see });
  return { api: { call, freshness, isStreaming }, client, stream, aheadMs: taker.aheadMs };
}
